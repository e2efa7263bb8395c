"""Files that a world without manners sends: how many good rows of each must come through, and how many refusals tell of the rest."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

GOOD: Final = 3
"""How many good rows stand around what is bad."""
_DEEP: Final = 5000
_BOMB_BYTES: Final = 300 * 2**20
_LONG_BYTES: Final = 9 * 2**20


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file: `content` makes its bytes; `kept` conversations and `refused` records must be made of them; None = one or more."""

    name: str
    content: Callable[[], bytes]
    kept: int = GOOD
    refused: int | None = 1


def row(number: int, **given: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """A good row, but for what is `given`."""
    told = {"id": f"c{number}", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z", "booked": True, **given}
    return json.dumps(told).encode()


def _among(*bad: bytes, end: bytes = b"\n") -> Callable[[], bytes]:
    """Lines that are bad, behind the first of the good ones."""
    first, *others = (row(number) for number in range(GOOD))
    return lambda: end.join([first, *bad, *others]) + end


def _raw(text: str) -> bytes:
    """A good row with `text` in place of its last brace."""
    return row(9)[:-1] + text.encode()


_VALUES: Final[dict[str, dict[str, Any]]] = {
    "an id that is empty": {"id": ""},
    "an id of 300 characters": {"id": "x" * 300},
    "an id with a line break": {"id": "a\nb"},
    "an id with a null character": {"id": "a\x00b"},
    "an id that turns the writing round": {"id": "txt.\u202eexe"},
    "an id that is an object": {"id": {"$ne": 1}},
    "a variant that is null": {"variant": None},
    "a variant that is a list": {"variant": ["baseline"]},
    "an end that is missing": {"ended_at": None},
    "an end that is a day": {"ended_at": "2025-10-07"},
    "an end without a zone": {"ended_at": "2025-10-07T11:00:00"},
    "an end in words": {"ended_at": "yesterday"},
    "an end on 31 February": {"ended_at": "2025-02-31T00:00:00Z"},
    "an end in the year 0": {"ended_at": "0000-01-01T00:00:00Z"},
    "an end in 1970": {"ended_at": "1970-01-01T00:00:00Z"},
    "an end in 2100": {"ended_at": "2100-01-01T00:00:00Z"},
    "an end in 9999 with a zone before UTC": {"ended_at": "9999-12-31T23:59:59-12:00"},
    "an end in microseconds": {"ended_at": 1759834800000000},
    "an end in seconds since this morning": {"ended_at": 39600},
    "a start after the end": {"started_at": "2025-10-07T12:00:00Z"},
    "a start a year before the end": {"started_at": "2024-10-07T12:00:00Z"},
    "booked in words": {"booked": "yes"},
    "booked by half": {"booked": 0.5},
    "booked twice": {"booked": 2},
    "a cost below zero": {"cost_usd": -0.01},
    "a cost as text": {"cost_usd": "0.02"},
    "a cost in cents": {"cost_usd": 240.0, "total_tokens": 1200},
    "a cost past all bounds": {"cost_usd": 1e300},
    "tokens of 2 to the 70": {"input_tokens": 2**70},
    "tokens by half": {"input_tokens": 10.5},
    "tokens below zero": {"output_tokens": -1},
    "more tokens read than there were": {"total_tokens": 5, "input_tokens": 900, "output_tokens": 1},
    "response times that are no list": {"response_times_s": 1.5},
    "a response time below zero": {"response_times_s": [-1.0]},
    "response times in milliseconds": {"started_at": "2025-10-07T10:59:00Z", "response_times_s": [1900.0, 2100.0]},
    "a message without a role": {"messages": [{"content": "hi"}]},
    "messages that are text": {"messages": "hello"},
    "a message that is a number": {"messages": [7]},
    "messages of two million characters": {"messages": [{"role": "user", "content": "x" * 2_000_000}]},
    "segments that are a list": {"segments": ["web"]},
    "a segment that is an object": {"segments": {"channel": {"a": 1}}},
    "an error without a message": {"errors": [{"tool": "search"}]},
    "a version of zero": {"version": 0},
    "a version as text": {"version": "one"},
    "a cost's source of its own": {"cost_source": "guessed"},
}
"""A value that no conversation can have, in one row among good ones."""


def _lines() -> Iterator[Hostile]:
    yield Hostile("an empty line, spaces and tabs", _among(b"", b"  \t "), refused=0)
    yield Hostile("a line that is cut", _among(row(9)[:-7]))
    yield Hostile("the last line is cut", lambda: _among()()[:-9], kept=GOOD - 1)
    yield Hostile("no line break at the end", lambda: _among()()[:-1], refused=0)
    yield Hostile("lines end in CR LF", _among(end=b"\r\n"), refused=0)
    yield Hostile("a byte order mark", lambda: b"\xef\xbb\xbf" + _among()(), refused=0)
    yield Hostile("UTF-16", lambda: _among()().decode().encode("utf-16"), kept=0, refused=None)
    yield Hostile("bytes that are not UTF-8", _among(b'{"id": "\xff\xfe", "variant": "a"}'))
    yield Hostile("a lone surrogate", _among(_raw(', "goal": "\\ud800"}')))
    yield Hostile("null bytes", _among(b"\x00" * 64))
    yield Hostile("NaN", _among(_raw(', "cost_usd": NaN}')))
    yield Hostile("Infinity", _among(_raw(', "cost_usd": Infinity}')))
    yield Hostile("a number past a float's range", _among(_raw(', "cost_usd": 1e999}')))
    yield Hostile("a whole number of 5,000 digits", _among(_raw(f', "input_tokens": {"9" * 5000}}}')))
    yield Hostile("objects 5,000 deep", _among(b'{"a":' * _DEEP + b"1" + b"}" * _DEEP))
    yield Hostile("lists 5,000 deep", _among(b'{"id":' + b"[" * _DEEP + b"]" * _DEEP + b"}"))
    yield Hostile(
        "a key twice, the last one counts", lambda: _among()().replace(b'"booked": true', b'"booked": false, "booked": true'), refused=0
    )
    yield Hostile("single quotes", _among(b"{'id': 'c9'}"))
    yield Hostile("a comment", _among(b"// exported today"))
    yield Hostile("a trailing comma", _among(_raw(",}")))
    yield Hostile("a list among objects", _among(b"[1, 2]"))
    yield Hostile("a text among objects", _among(b'"hello"'))
    yield Hostile("null among objects", _among(b"null"))
    yield Hostile("two objects on a line", _among(row(8) + row(9)))
    yield Hostile("a page of HTML among the lines", _among(b"<html><body>502 Bad Gateway</body></html>"))
    yield Hostile("a line of CSV", _among(b"id,variant,ended_at"))
    yield Hostile("a row of another format", _among(b'{"resourceSpans": []}'))
    yield Hostile("a row of no field", _among(b"{}"))
    yield Hostile("a line of nine megabytes", _among(b'{"id": "' + b"x" * _LONG_BYTES + b'"}'))


def _files() -> Iterator[Hostile]:
    packed = gzip.compress(_among()() * 400)
    yield Hostile("gzip that is cut", lambda: packed[:-4], kept=GOOD, refused=1)
    yield Hostile("gzip with a damaged middle", lambda: packed[:20] + b"\xff" * 8 + packed[28:], kept=0)
    yield Hostile("gzip by its name alone", _among(), refused=0)
    yield Hostile("two gzip members", lambda: gzip.compress(row(0) + b"\n") + gzip.compress(row(1) + b"\n" + row(2) + b"\n"), refused=0)
    yield Hostile("gzip with zeros behind", lambda: gzip.compress(_among()()) + b"\x00" * 512, refused=0)
    yield Hostile("a gzip bomb behind an endless line of spaces", _bomb, refused=2)
    yield Hostile("zlib without gzip's head", lambda: zlib.compress(_among()()), kept=0, refused=None)
    yield Hostile("a PNG", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), kept=0, refused=None)
    yield Hostile("an array", lambda: b"[" + b",".join(row(number) for number in range(GOOD)) + b"]", refused=0)
    yield Hostile("an array that is cut", lambda: b"[" + b",".join(row(number) for number in range(GOOD + 1))[:-5], refused=1)
    yield Hostile("an array with a number", lambda: b"[7," + b",".join(row(number) for number in range(GOOD)) + b"]", refused=1)
    yield Hostile("one object over many lines", lambda: json.dumps(json.loads(row(0)), indent=2).encode(), kept=1, refused=0)
    yield Hostile("one object over many lines, cut", lambda: json.dumps(json.loads(row(0)), indent=2).encode()[:-3], kept=0, refused=5)


def _bomb() -> bytes:
    return gzip.compress(_among()() + b" " * _BOMB_BYTES, compresslevel=9)


FILES: Final = (
    *(Hostile(name, _among(row(9, **given))) for name, given in _VALUES.items()),
    *_lines(),
    *_files(),
)
"""Every hostile file."""
