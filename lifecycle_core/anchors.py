"""Anchors: now and then a line says how long the audit log is and what its last hash is, and is kept where the log's writer cannot edit it.

1. A chain of hashes alone betrays who changes a row and not who makes all hashes anew, nor who cuts its end off; an anchor betrays both,
   for all rows up to the one that it names.
2. Each anchor has the hash of the one before it, so none is taken out or put in between.
3. With a key each anchor is signed by HMAC-SHA256: who can write both database and anchors, and has not the key, forges none. With a key
   an unsigned anchor is a forged one.
4. What a file of anchors cannot show is that its own last lines, or all of it, were taken away: keep it out of reach, or print it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from lifecycle_core.chain import GENESIS, Change
from lifecycle_core.errors import InvalidInputError

MOST_LINE_CHARACTERS: Final = 1000
HASH: Final = re.compile(r"[0-9a-f]{0,64}")
_TOLD_CHARACTERS: Final = 50


class Signatures(StrEnum):
    """What is known of the signatures of a file of anchors."""

    NONE = "none"
    NOT_CHECKED = "not_checked"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """How long the audit log was, and its last hash.

    at : UTC, when it was made; rows : how many the log had; id : the number of its last row, 0 where it had none; head : that row's hash.
    previous : the digest of the anchor before it, empty for a first one; signature : HMAC-SHA256 of all that.
    """

    at: datetime
    rows: int
    id: int
    head: str
    previous: str = GENESIS
    signature: str | None = None

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line; raises InvalidInputError for one that is not exactly as an anchor is written."""
        try:
            said = json.loads(line[:MOST_LINE_CHARACTERS])
            found = cls(**{**said, "at": datetime.fromisoformat(said["at"])})
            meant = found.line == line and found._typed
        except (TypeError, ValueError, KeyError, RecursionError, AttributeError):
            meant = False
        if not meant:
            message = f"{line[:_TOLD_CHARACTERS]!r} is no anchor of an audit log"
            raise InvalidInputError(message, field="anchors")
        return found

    @property
    def line(self) -> str:
        """It as it is written, without the end of the line.

        >>> Anchor(at=datetime(2025, 10, 7, tzinfo=UTC), rows=2, id=2, head="ab").line
        '{"at":"2025-10-07T00:00:00+00:00","rows":2,"id":2,"head":"ab","previous":""}'
        """
        signed = {} if self.signature is None else {"signature": self.signature}
        return json.dumps({**self._said, **signed}, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """What the next anchor says of it."""
        return hashlib.sha256(self.line.encode()).hexdigest()

    def signed(self, key: bytes | None) -> Self:
        """It with its signature; without a key as it is."""
        return self if key is None else replace(self, signature=self._signature(key))

    def is_signed_by(self, key: bytes) -> bool:
        """Whether this key has signed it."""
        return self.signature is not None and hmac.compare_digest(self.signature.encode(), self._signature(key).encode())

    @property
    def _typed(self) -> bool:
        """Whether its values are of the kinds that they must be."""
        counts = all(type(it) is int and it >= 0 for it in (self.rows, self.id))
        return counts and all(isinstance(it, str) and HASH.fullmatch(it) for it in (self.head, self.previous, self.signature or GENESIS))

    @property
    def _said(self) -> dict[str, object]:
        at = self.at.astimezone(UTC).isoformat()
        return {"at": at, "rows": self.rows, "id": self.id, "head": self.head, "previous": self.previous}

    def _signature(self, key: bytes) -> str:
        return hmac.new(key, json.dumps(self._said, separators=(",", ":")).encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one file by their lines, and a sentence for each thing that is wrong with the file itself."""

    by_line: tuple[tuple[int, Anchor], ...] = ()
    problems: tuple[str, ...] = ()
    signatures: Signatures = Signatures.NONE

    @property
    def last(self) -> Anchor | None:
        """The newest; None where there is none."""
        return self.by_line[-1][1] if self.by_line else None


def read(lines: Iterable[str], key: bytes | None, *, pieces: bool = False) -> Anchors:
    """Read the lines of a file of anchors, and check that they follow each other and, where there is a key, that it signed them.

    pieces : they were printed here and there, so that some may be missing.
    """
    found: list[tuple[int, Anchor]] = []
    problems: list[str] = []
    previous: str | None = None if pieces else GENESIS
    forged = False
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n")
        if pieces and not line.strip():
            continue
        try:
            it = Anchor.parse(line)
        except InvalidInputError as error:
            problems.append(f"line {number} of the anchors was damaged: {error}")
            previous = None
            continue
        if previous is not None and it.previous != previous:
            problems.append(f"{_named(number, it)} does not follow the one before it: an anchor was changed, taken out or put in")
        if key is not None and not it.is_signed_by(key):
            forged = True
            why = "is not signed" if it.signature is None else "has a signature that this key did not make"
            problems.append(f"{_named(number, it)} {why}, and LIFECYCLE_AUDIT_KEY is set: it was forged, or made under another key")
        previous = None if pieces else it.digest
        found.append((number, it))
    signed = any(it.signature is not None for _, it in found)
    unkeyed = Signatures.NOT_CHECKED if signed else Signatures.NONE
    keyed = Signatures.BAD if forged else Signatures.GOOD if found else Signatures.NONE
    return Anchors(tuple(found), tuple(problems), unkeyed if key is None else keyed)


class Follower:
    """Goes along the audit log row by row, and tells what does not follow, and what is not as an anchor says.

    whole : the rows begin with the log's first; otherwise the first is taken as it is, and nothing is counted.
    rows, head : what has gone by; vouched_rows, vouched_id : of those, what the newest anchor that agrees holds.
    """

    def __init__(self, anchors: Sequence[tuple[int, Anchor]] = (), *, whole: bool = True) -> None:
        self._whole = whole
        self._due: dict[int, list[tuple[int, Anchor]]] = {}
        for line, it in anchors:
            if it.rows or it.id:
                self._due.setdefault(it.id, []).append((line, it))
        self._first: int | None = None
        self.rows, self.last, self.head = 0, 0, GENESIS
        self.vouched_rows, self.vouched_id = 0, 0

    def follow(self, it: Change, damaged: Sequence[str] = ()) -> Iterator[str]:
        """Go on by one row; damaged : what could not be read of it."""
        yield from damaged
        begins = self._first is None and not self._whole
        if self._first is None:
            self._first = it.number
        if it.previous_hash != self.head and not begins:
            yield f"audit row {it.number} does not follow the row before it: one is missing or was put in"
        elif not damaged and not it.whole:
            yield f"audit row {it.number} ({it.subject}) was changed after it was written"
        self.rows, self.last, self.head = self.rows + 1, it.number, it.hash
        for line, anchor in self._due.pop(it.number, ()):
            if anchor.head != it.hash:
                after = f"after row {self.vouched_id}" if self.vouched_id else "from its first row on"
                yield (
                    f"audit row {it.number} is another one than {_named(line, anchor)} holds: "
                    f"the log was rewritten somewhere {after}, up to that row"
                )
            elif self._whole and anchor.rows != self.rows:
                yield f"{_named(line, anchor)} counts {anchor.rows} rows up to audit row {it.number}; there are {self.rows}"
            else:
                self.vouched_rows, self.vouched_id = self.rows, it.number

    def end(self) -> Iterator[str]:
        """Say that there are no more rows."""
        for number in sorted(self._due):
            for line, anchor in self._due[number]:
                if number > self.last:
                    yield f"{_named(line, anchor)} holds audit row {number}, and the log ends at row {self.last}: it was cut short"
                elif self._whole or number >= (self._first or 0):
                    yield f"{_named(line, anchor)} holds audit row {number}, which is not in the log"


def _named(line: int, it: Anchor) -> str:
    return f"anchor {line} of {it.at:%Y-%m-%dT%H:%M:%SZ}"
