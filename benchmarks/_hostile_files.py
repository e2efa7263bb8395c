"""Files that mean harm or were harmed on their way, each beside good records that must come in all the same."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

NOON: Final = "2025-10-07T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file: so many conversations of it are kept, and so many records refused; None = it is refused as a whole, with a sentence."""

    name: str
    content: bytes
    kept: int | None
    refused: int = 0


def files() -> list[Hostile]:
    """All but the bomb, the same each time."""
    return [*_records(), *_bytes(), *_zipped(), *_arrays(), *_formats()]


def bomb() -> Hostile:
    """Half a gigabyte of empty lines in half a megabyte; it takes seconds to make, and to unpack."""
    return Hostile("a bomb", gzip.compress(_lines(_good(1)) + b"\n" * 2**29, mtime=0), 1, 1)


def _good(number: int, **told: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return {"id": f"good-{number}", "variant": "v", "ended_at": NOON, "booked": True, **told}


def _lines(*rows: object) -> bytes:
    return b"".join((it if isinstance(it, bytes) else json.dumps(it).encode()) + b"\n" for it in rows)


def _between(name: str, row: object, *, kept: int = 2, refused: int = 1) -> Hostile:
    """One record between two good ones."""
    return Hostile(name, _lines(_good(1), row, _good(2)), kept, refused)


def _records() -> Iterator[Hostile]:
    bad = _good(9)
    for name, told in (
        ("a time in 1970", {"ended_at": "1970-01-01T00:00:00Z"}),
        ("a time in 2100", {"ended_at": "2100-01-01T00:00:00Z"}),
        ("a time in the year 10000", {"ended_at": "10000-01-01T00:00:00Z"}),
        ("seconds since 1970, as a text", {"ended_at": "1759838400"}),
        ("a time without a zone", {"ended_at": "2025-10-07T12:00:00"}),
        ("the 31st of February", {"ended_at": "2025-02-31T12:00:00Z"}),
        ("a start after the end", {"started_at": "2025-10-08T12:00:00Z"}),
        ("a negative cost", {"cost_usd": -1}),
        ("a cost in words", {"cost_usd": "twelve"}),
        ("a cost of a billion", {"cost_usd": 1e300}),
        ("a huge whole number", {"input_tokens": 10**40}),
        ("tokens below 0", {"output_tokens": -1}),
        ("half a token", {"input_tokens": 0.5}),
        ("booked as a word", {"booked": "yes"}),
        ("booked as 2", {"booked": 2}),
        ("a version of 0", {"version": 0}),
        ("a version of 2^80", {"version": 2**80}),
        ("an id of nothing", {"id": ""}),
        ("an id of 100,000 characters", {"id": "x" * 100_000}),
        ("an id with a NUL", {"id": "a\x00b"}),
        ("an id with a terminal's escape", {"id": "a\x1b[2Jb"}),
        ("a variant with a line break", {"variant": "a\nb"}),
        ("half a surrogate", {"goal": "\ud800"}),
        ("a negative response time", {"response_times_s": [-1]}),
        ("response times as a text", {"response_times_s": "fast"}),
        ("actions as an object", {"actions": {"a": 1}}),
        ("messages as a number", {"messages": 7}),
        ("a message without a role", {"messages": [{"content": "Hi"}]}),
        ("messages of two million characters", {"messages": [{"role": "user", "content": "x" * 2_100_000}]}),
        ("labels that are lists", {"segments": {"a": [1]}}),
        ("an error without a message", {"errors": [{"tool": "book"}]}),
    ):
        yield _between(name, bad | told)
    yield _between(
        "another cost under the same key", b'{"id": "a", "variant": "v", "ended_at": "2025-10-07T12:00:00Z", "cost_usd": 1, "cost_usd": -1}'
    )
    yield _between("a formula for a spreadsheet", bad | {"goal": "=cmd|' /C calc'!A0"}, kept=3, refused=0)
    yield _between("markup as a goal", bad | {"goal": "<script>alert(1)</script>"}, kept=3, refused=0)
    yield _between("a database's words as an id", bad | {"id": "'; DROP TABLE conversations; --"}, kept=3, refused=0)
    yield _between("a field nobody knows", bad | {"__proto__": {"a": 1}}, kept=3, refused=0)


def _bytes() -> Iterator[Hostile]:
    good = _lines(_good(1)), _lines(_good(2))
    for name, line in (
        ("NaN", b'{"id": "a", "cost_usd": NaN}'),
        ("Infinity", b'{"id": "a", "cost_usd": Infinity}'),
        ("a line cut in the middle", b'{"id": "a", "vari'),
        ("a line of words", b"Traceback (most recent call last):"),
        ("a line of HTML", b"<html><body>502 Bad Gateway</body></html>"),
        ("a number for a record", b"42"),
        ("null for a record", b"null"),
        ("a text for a record", b'"hello"'),
        ("an array for a record", b"[1, 2]"),
        ("single quotes", b"{'id': 'a'}"),
        ("a comma too many", b'{"id": "a",}'),
        ("a comment", b'{"id": "a"} // done'),
        ("two records on a line", b'{"id": "a"}{"id": "b"}'),
        ("bytes that are no UTF-8", b'{"id": "\xff\xfe", "variant": "v"}'),
        ("Latin-1", '{"id": "Müller", "variant": "v"}'.encode("latin-1")),
        ("nesting 100,000 deep", b'{"id": "a", "goal": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("a number of 100,000 digits", b'{"id": "a", "cost_usd": ' + b"9" * 100_000 + b"}"),
        ("a line of 9 MiB", b'{"id": "' + b"x" * (9 * 2**20) + b'"}'),
        ("NUL bytes", b"\x00" * 64),
    ):
        yield Hostile(name, good[0] + line + b"\n" + good[1], 2, 1)
    yield Hostile("a byte order mark", b"\xef\xbb\xbf" + b"".join(good), 2)
    yield Hostile("CRLF", b"".join(good).replace(b"\n", b"\r\n"), 2)
    yield Hostile("blank lines", b"\n\n  \n" + good[0] + b"\n \t\n" + good[1], 2)
    yield Hostile("no line break in the end", b"".join(good).rstrip(), 2)
    yield Hostile("UTF-16", b"".join(good).decode().encode("utf-16"), None)
    yield Hostile("nothing at all", b"", None)
    yield Hostile("nothing but blanks", b" \n\n \n", None)
    yield Hostile("a CSV", b"id,variant,ended_at\n1,v,2025-10-07\n", None)
    yield Hostile("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), None)
    yield Hostile("records of another kind", _lines({"prompt": "a"}, {"prompt": "b"}), None)


def _zipped() -> Iterator[Hostile]:
    body = _lines(*(_good(number) for number in range(50)))
    whole = gzip.compress(body, mtime=0)
    yield Hostile("a gzip in two members", gzip.compress(body[: body.index(b"\n") + 1], mtime=0) + whole, 51)
    yield Hostile("a gzip cut off", whole[: len(whole) - 12], 49, 1)
    yield Hostile("a gzip with a wrong checksum", whole[:-8] + b"\x00" * 4 + whole[-4:], 50, 1)
    yield Hostile("a gzip damaged at once", whole[:10] + b"\xff" * 40, 0, 1)
    yield Hostile("the first bytes of a gzip alone", b"\x1f\x8b", 0, 1)
    yield Hostile("a zlib stream", zlib.compress(body), None)
    yield Hostile("a gzip in a gzip", gzip.compress(whole, mtime=0), None)


def _arrays() -> Iterator[Hostile]:
    two = json.dumps([_good(1), _good(2)]).encode()
    yield Hostile("an array", two, 2)
    yield Hostile("an array cut off", two[:-20], 1, 1)
    yield Hostile("an array with a number in it", json.dumps([_good(1), 7, _good(2)]).encode(), 2, 1)
    yield Hostile("an empty array", b"[]", None)
    yield Hostile("an object over several lines", json.dumps(_good(1), indent=1).encode(), 1)
    yield Hostile("an object over several lines, cut off", json.dumps(_good(1), indent=1).encode()[:-20], None)


def _formats() -> Iterator[Hostile]:
    span = {"traceId": "t", "spanId": "s", "startTimeUnixNano": "x", "endTimeUnixNano": str(10**40), "attributes": 7}
    yield Hostile("spans that are none", json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span, 3, None]}]}, "?"]}).encode(), None)
    yield Hostile(
        "observations that are none", json.dumps({"trace": {"id": None}, "observations": [1, None, {"type": "GENERATION"}]}).encode(), None
    )
    yield Hostile("runs that are none", json.dumps({"post": [1, {"id": "a", "start_time": "never"}], "patch": None}).encode(), None)
    yield Hostile("simulations that are none", json.dumps({"info": {"agent_info": None}, "tasks": "?", "simulations": [3]}).encode(), None)
    loop = [
        {
            "traceId": "t",
            "spanId": name,
            "parentSpanId": parent,
            "startTimeUnixNano": "1759838400000000000",
            "endTimeUnixNano": "1759838401000000000",
            "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}}],
        }
        for name, parent in (("a", "b"), ("b", "a"))
    ]
    yield Hostile("spans that are each other's parents", json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": loop}]}]}).encode(), None)
    call = {
        "id": "c",
        "traceId": "t",
        "type": "GENERATION",
        "startTime": NOON,
        "endTime": NOON,
        "metadata": "{",
        "input": "[" * 50_000,
        "output": [[[]]],
    }
    trace = {"trace": {"id": "t", "scores": "?"}, "observations": [call]}
    yield Hostile("a trace with broken metadata and deep input", json.dumps(trace).encode(), None)
