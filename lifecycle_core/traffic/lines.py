"""Bytes → lines, in constant memory: gunzipped where they are gzipped, and bounded before anything is parsed."""

import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from lifecycle_core.traffic.refusals import Refusal

MAX_LINE_BYTES: Final = 8 * 2**20
"""How long a record may be: over four times what a conversation's messages may hold in plain text."""
MAX_EXPANSION: Final = 400
"""By how much a gzip file may grow; logs of conversations grow 5 to 40 times."""
FREE_EXPANSION: Final = 256 * 2**20
"""What any gzip file may grow to."""

_CHUNK: Final = 2**18
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"

_MOST: Final = f"{MAX_LINE_BYTES >> 20} MiB"
_TOO_LONG: Final = Refusal(None, f"over {_MOST} long", f"a line may hold {_MOST}; cut or drop its messages")
_CUT: Final = Refusal(None, "cut off", "the gzip file ends in the middle; fetch it again, what stands before is kept")
_DAMAGED: Final = Refusal(None, "damaged", "the gzip data cannot be read from here on; fetch the file again, what stands before is kept")
_BOMB: Final = Refusal(None, "suspect", f"the gzip file grows over {MAX_EXPANSION} times; gunzip it yourself if that is meant")


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: its number from 1, its bytes, and why it cannot be used, if it cannot."""

    number: int
    content: bytes
    refusal: Refusal | None = None


class BrokenStreamError(Exception):
    """Raised inside this room only, where the bytes end before they should."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.sentence)


def lines(pieces: Iterable[bytes]) -> Iterator[Line]:
    r"""Every line of `pieces` that is not blank; one that is too long or cut off comes with its refusal.

    >>> [(line.number, line.content) for line in lines([b'{"id": 1}\n\n{"i', b'd": 2}'])]
    [(1, b'{"id": 1}'), (3, b'{"id": 2}')]
    """
    number, rest, skipping = 0, b"", False
    broken = None
    try:
        for chunk in pieces:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                number += 1
                if not skipping and line and not line.isspace():
                    yield _bounded(number, line)
                skipping = False
            if skipping or len(rest) > MAX_LINE_BYTES:
                if not skipping:
                    yield _bounded(number + 1, rest)
                rest, skipping = b"", True
    except BrokenStreamError as error:
        broken = error.refusal
    if broken is not None:
        yield Line(number + 1, rest, broken)
    elif rest and not rest.isspace() and not skipping:
        yield _bounded(number + 1, rest)


def _bounded(number: int, line: bytes) -> Line:
    return Line(number, line) if len(line) <= MAX_LINE_BYTES else Line(number, line[:_CHUNK], _TOO_LONG)


def content(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of `stream` in pieces, gunzipped where they begin as gzip does, without a byte order mark.

    Raises BrokenStreamError where a gzip file is cut off, damaged or grows out of bounds.
    """
    first = stream.read(_CHUNK)
    raw = _pieces(first, stream)
    if first.startswith(_GZIP):
        raw = _gunzip(raw)
    yield next(raw, b"").removeprefix(_BOM)
    yield from raw


def _pieces(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    while first:
        yield first
        first = stream.read(_CHUNK)


def _gunzip(raw: Iterator[bytes]) -> Iterator[bytes]:
    """What one gzip member after the other holds, a bounded piece at a time."""
    member, fed, grown = zlib.decompressobj(wbits=31), 0, 0
    for piece in raw:
        fed += len(piece)
        left = piece
        while left:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            before = member.copy()
            try:
                held = member.decompress(left, _CHUNK)
            except zlib.error:
                yield from _saved(before, left)
                raise BrokenStreamError(_DAMAGED) from None
            grown += len(held)
            if grown > max(FREE_EXPANSION, MAX_EXPANSION * fed):
                raise BrokenStreamError(_BOMB)
            if held:
                yield held
            left = member.unused_data.lstrip(b"\x00") if member.eof else member.unconsumed_tail
    if not member.eof:
        yield member.flush()
        raise BrokenStreamError(_CUT)


def _saved(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """What a member holds up to its first fault, which lies in `data`."""
    with suppress(zlib.error):
        for place in range(len(data)):
            yield member.decompress(data[place : place + 1])
