"""Lines → records: JSON objects with the line that each stood on."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from pydantic_core import from_json, to_json

from lifecycle_core.traffic.lines import BrokenStreamError, Line, content, lines
from lifecycle_core.traffic.refusals import Refusal, shown

MAX_ARRAY_BYTES: Final = 64 * 2**20
"""How large a JSON array, or one object over several lines, may be: it is read whole, JSON lines are not."""

_ONE_OBJECT: Final = "a line must hold one whole JSON object"
_CUT_ARRAY: Final = Refusal(None, "cut off", "the JSON array ends in the middle; fetch the file again, what stands before is kept")


_MOST: Final = f"{MAX_ARRAY_BYTES >> 20} MiB"
_LONG_ARRAY: Final = Refusal(None, f"in one piece over {_MOST} long", "write one record a line; lines may be any number", of_source=True)


class Record:
    """One JSON object, or why there is none: the line it stood on (in an array: its place), and its bytes, which are parsed when asked for.

    >>> Record(1, b'{"id": "c1"}').values
    {'id': 'c1'}
    """

    __slots__ = ("_values", "content", "line")
    line: int
    content: bytes

    def __init__(self, line: int, content: bytes, values: dict[str, Any] | Refusal | None = None) -> None:
        self.line, self.content, self._values = line, content, values

    @property
    def untouched(self) -> bool:
        """Whether its bytes were not parsed yet."""
        return self._values is None

    @property
    def values(self) -> dict[str, Any] | Refusal:
        """The object, or why there is none."""
        if self._values is None:
            self._values = _parsed(self.content)
        return self._values


def records(stream: BinaryIO) -> Iterator[Record]:
    r"""The records of `stream`: JSON lines, one JSON array, or one object over several lines; gzipped or not.

    >>> from io import BytesIO
    >>> [(it.line, it.values) for it in records(BytesIO(b'{"id": "c1"}\n{"id": "c2"}\n'))]
    [(1, {'id': 'c1'}), (2, {'id': 'c2'})]
    """
    pieces = content(stream)
    try:
        first = next((piece for piece in pieces if not piece.isspace()), b"")
    except BrokenStreamError as error:
        yield Record(1, b"", error.refusal)
        return
    whole = chain([first], pieces)
    if first.lstrip().startswith(b"["):
        yield from _of_array(whole)
    elif first.lstrip().startswith(b"{") and _goes_on(first):
        yield from _of_object(whole)
    else:
        yield from map(of_line, lines(whole))


def _goes_on(first: bytes) -> bool:
    """Whether the first line only begins an object, and the next one begins no other."""
    line, _, rest = first.lstrip().partition(b"\n")
    if not rest.strip() or rest.lstrip().startswith(b"{"):
        return False
    try:
        from_json(line, allow_inf_nan=False)
    except ValueError as error:
        return str(error).startswith("EOF")
    return False


def _of_object(pieces: Iterator[bytes]) -> Iterator[Record]:
    """The one object; where it is none, or too long, whatever its lines are."""
    held: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size > MAX_ARRAY_BYTES:
                yield Record(1, held[0][:80], _LONG_ARRAY)
                return
    except BrokenStreamError as error:
        yield Record(1, b"".join(held)[:80], error.refusal)
        return
    text = b"".join(held)
    yield of_line(Line(1, text))


def of_line(line: Line) -> Record:
    """The record of one line."""
    return Record(line.number, line.content, line.refusal)


def _parsed(text: bytes) -> dict[str, Any] | Refusal:
    try:
        values = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        return _no_json(text, str(error))
    return values if isinstance(values, dict) else Refusal(None, shown(values), _ONE_OBJECT, of_source=True)


def _no_json(text: bytes, error: str) -> Refusal:
    if error.startswith("EOF"):
        return Refusal(None, "cut in the middle", _ONE_OBJECT, of_source=True)
    place = error.rpartition(" column ")[2]
    said = error.partition(" at line ")[0]
    return Refusal(None, f"no JSON at character {place} ({said}): {shown(text[:80].decode(errors='replace'))}", _ONE_OBJECT, of_source=True)


def _of_array(pieces: Iterator[bytes]) -> Iterator[Record]:
    held, refusal = bytearray(), None
    try:
        for piece in pieces:
            held += piece
            if len(held) > MAX_ARRAY_BYTES:
                yield Record(1, bytes(held[:80]), _LONG_ARRAY)
                return
    except BrokenStreamError as error:
        refusal = error.refusal
    elements, fault = _elements(bytes(held))
    for place, element in enumerate(elements, start=1):
        yield of_line(Line(place, to_json(element)))
    broken = refusal or fault
    if broken:
        yield Record(len(elements) + 1, b"", broken)


def _elements(text: bytes) -> tuple[list[Any], Refusal | None]:
    """The elements of an array, and what is wrong with it; of one cut off those that are surely whole."""
    try:
        elements: list[Any] = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        fault = str(error)
    else:
        return elements, None
    if not fault.startswith("EOF"):
        return [], _no_json(text, fault)
    elements = from_json(text, allow_inf_nan=False, allow_partial=True)
    return elements[:-1], _CUT_ARRAY
