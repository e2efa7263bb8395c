"""A record that was read and could not be accepted."""

import hashlib
from dataclasses import dataclass
from typing import Final

KEPT_CHARACTERS: Final = 10_000
"""How much of a refused record is kept; enough to find it in its source."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One refused record, and why.

    source : where it was read; line : its line there, from 1.
    reason : a sentence without the record's own words where it can do without, so that equal reasons can be counted.
    field : the field at fault; None where the record as a whole is.
    content : the record as it was read, cut at `KEPT_CHARACTERS`. Hostile data.
    """

    source: str
    line: int
    reason: str
    field: str | None
    content: str

    @property
    def content_hash(self) -> str:
        """What makes the same record, read again, the same: SHA-256 over its source, line and content, in hexadecimal."""
        return hashlib.sha256(f"{self.source}\n{self.line}\n{self.content}".encode("utf-8", "surrogatepass")).hexdigest()
