"""A backfill: many files, taken in by several workers, each file by one of them at a time.

1. A file is pending until it is done or failed.
2. Who takes it in has claimed it for `LEASE`, and claims it again with every batch. A worker that dies lets it go by the end of that time,
   and who claims it next goes on where it was cut off.
3. A file whose workers die `MOST_ATTEMPTS` times has failed: it is what kills them. One that cannot be read has failed at once.
4. A run of a backfill ends when no file is pending; one that finds all of them claimed waits, for a claim may run out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

LEASE: Final = timedelta(minutes=1)
MOST_ATTEMPTS: Final = 5
MOST_RUNS: Final = 64
MOST_FILES: Final = 100_000


class FileState(StrEnum):
    """Where a file stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCounts:
    """What a file came to: its records, how many of them were conversations, and how many were refused."""

    records: int
    conversations: int
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillFile:
    """One file of a backfill, by its number in it.

    attempts : how often it was claimed; claimed_by, claimed_until : the run that takes it in now.
    counts : of a file that is done; error : why it failed.
    """

    backfill_id: str
    number: int
    path: str
    state: FileState = FileState.PENDING
    attempts: int = 0
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    finished_at: datetime | None = None
    counts: FileCounts | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Files that are taken in together, and how.

    form : the format of all of them, as `lifecycle ingest --format` has it; mapping : the options of `Mapping.parse`.
    runs : how many flow runs work on it at a time. cancelled_at : when it was given up; what was taken in stays.
    """

    id: str
    begun_at: datetime
    begun_by: str
    form: str
    mapping: Mapping[str, Any] = field(default_factory=dict)
    runs: int
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A backfill and all its files, in their order."""

    backfill: Backfill
    files: tuple[BackfillFile, ...]

    def count(self, state: FileState) -> int:
        """How many files stand there."""
        return sum(it.state is state for it in self.files)

    @property
    def counts(self) -> FileCounts:
        """The sums over the files that are done."""
        counted = [it.counts for it in self.files if it.counts is not None]
        return FileCounts(
            records=sum(it.records for it in counted),
            conversations=sum(it.conversations for it in counted),
            quarantined=sum(it.quarantined for it in counted),
        )

    @property
    def over(self) -> bool:
        """Whether nothing of it is left to be done."""
        return self.backfill.cancelled_at is not None or not self.count(FileState.PENDING)

    def at_work(self, at: datetime) -> frozenset[str]:
        """The runs that have claimed a file now."""
        held = (it for it in self.files if it.claimed_until is not None and it.claimed_until > at)
        return frozenset(it.claimed_by for it in held if it.claimed_by is not None)
