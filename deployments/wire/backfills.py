"""Backfills as JSON."""

from collections.abc import Iterable
from typing import Any, Self

from deployments.wire.base import CopiedWire, Wire, Zulu
from lifecycle_core.traffic.backfill import FileState, Progress


class BackfillFileWire(CopiedWire):
    """One file; `error` says why it could not be taken in."""

    path: str
    state: str
    attempts: int
    finished_at: Zulu | None
    error: str | None


class BackfillWire(Wire):
    """A backfill and its files."""

    id: str
    begun_at: Zulu
    begun_by: str
    cancelled_at: Zulu | None
    format: str
    mapping: dict[str, Any]
    runs: int
    over: bool
    done: int
    pending: int
    failed: int
    records: int
    conversations: int
    quarantined: int
    files: list[BackfillFileWire]

    @classmethod
    def of(cls, it: Progress) -> Self:
        """Shape it."""
        begun, counts = it.backfill, it.counts
        return cls(
            id=begun.id,
            begun_at=begun.begun_at,
            begun_by=begun.begun_by,
            cancelled_at=begun.cancelled_at,
            format=begun.form,
            mapping={name: value for name, value in begun.mapping.items() if value},
            runs=begun.runs,
            over=it.over,
            done=it.count(FileState.DONE),
            pending=it.count(FileState.PENDING),
            failed=it.count(FileState.FAILED),
            records=counts.records,
            conversations=counts.conversations,
            quarantined=counts.quarantined,
            files=[BackfillFileWire.of(one) for one in it.files],
        )


class BackfillsWire(Wire):
    """Backfills, the newest first."""

    backfills: list[BackfillWire]

    @classmethod
    def of(cls, found: Iterable[Progress]) -> Self:
        """Shape them."""
        return cls(backfills=[BackfillWire.of(it) for it in found])
