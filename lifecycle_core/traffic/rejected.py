"""A record that was read and could not be accepted."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lifecycle_core.traffic.refusals import Refusal

KEPT_CHARACTERS: Final = 10_000
"""How much of a refused record is kept; enough to find it in its source."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused record, and why.

    source : where it was read; line : its line there, from 1.
    content : the record as it was read, cut at `KEPT_CHARACTERS`. Hostile data.
    """

    source: str
    line: int
    refusal: Refusal
    content: str

    @property
    def content_hash(self) -> str:
        """What makes the same record, read again, the same: SHA-256 over its source, line and content, in hexadecimal."""
        told = f"{self.source}\n{self.line}\n{self.content}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused record as it is kept: `reason` is the whole sentence; content_hash : its name."""

    source: str
    line: int
    reason: str
    field: str | None
    content: str
    received_at: datetime
    content_hash: str

    @property
    def whole(self) -> bool:
        """Whether all of it is kept; a longer one stands whole in its source alone."""
        return len(self.content) < KEPT_CHARACTERS


def source_name(path: str) -> str:
    r"""The file at `path`, as text that any database and JSON keep: bytes that are not UTF-8 are written out.

    >>> source_name("logs/caf\udce9.jsonl")
    'logs/caf\\xe9.jsonl'
    """
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def cut(content: bytes) -> str:
    r"""`content` as text that any database keeps, no longer than is kept.

    >>> cut(b'\xff\x00{')
    '�\\x00{'
    """
    return content[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace").replace("\x00", "\\x00")[:KEPT_CHARACTERS]
