"""Backfills and their files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import insert, update
from sqlmodel import col, select

from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, to_json, value
from lifecycle_core.store.tables import TABLES, BackfillFileRow, BackfillRow
from lifecycle_core.traffic.backfill import LEASE, MOST_ATTEMPTS, Backfill, BackfillFile, FileCounts, FileState, Progress

GIVEN_UP: Final = f"given up: {MOST_ATTEMPTS} workers that took it in died; take it in by `lifecycle ingest` to see why"
_FILES: Final = TABLES["backfill_files"]


def add(tx: Transaction, it: Backfill, paths: Sequence[str]) -> None:
    """Keep a backfill with its files."""
    tx.add(row(BackfillRow, it))
    tx.flush()
    files = [{"backfill_id": it.id, "number": number, "path": path} for number, path in enumerate(paths)]
    tx.connection().execute(insert(_FILES), [{**one, "state": FileState.PENDING, "attempts": 0} for one in files])


def get(tx: Transaction, name: str) -> Backfill | None:
    """One backfill; None where there is none of that id."""
    found = tx.get(BackfillRow, name)
    return None if found is None else value(Backfill, found)


def progress(tx: Transaction, it: Backfill) -> Progress:
    """All of its files."""
    chosen = select(BackfillFileRow).where(BackfillFileRow.backfill_id == it.id).order_by(col(BackfillFileRow.number))
    return Progress(it, tuple(value(BackfillFile, one) for one in tx.exec(chosen)))


def pending(tx: Transaction, name: str) -> bool:
    """Whether a file of it is left to be taken in."""
    chosen = select(BackfillFileRow.number).where(BackfillFileRow.backfill_id == name, BackfillFileRow.state == FileState.PENDING)
    return tx.exec(chosen.limit(1)).first() is not None


def newest(tx: Transaction, limit: int) -> list[Backfill]:
    """The backfills that began last."""
    chosen = select(BackfillRow).order_by(col(BackfillRow.begun_at).desc(), BackfillRow.id)
    return [value(Backfill, it) for it in tx.exec(chosen.limit(limit))]


def unfinished(tx: Transaction) -> list[Backfill]:
    """Those that are not cancelled and have files that are pending."""
    pending = select(BackfillFileRow.backfill_id).where(BackfillFileRow.state == FileState.PENDING)
    chosen = select(BackfillRow).where(col(BackfillRow.cancelled_at).is_(None), col(BackfillRow.id).in_(pending))
    return [value(Backfill, it) for it in tx.exec(chosen.order_by(col(BackfillRow.begun_at)))]


def claim(tx: Transaction, name: str, worker: str, at: datetime) -> BackfillFile | None:
    """Claim the first file that nobody takes in, for `LEASE`; what another worker claims at this moment is left to it.

    None where all that are pending are claimed, or none is.
    """
    it = BackfillFileRow
    free = col(it.claimed_until).is_(None) | (col(it.claimed_until) <= at)
    chosen = select(it).where(it.backfill_id == name, it.state == FileState.PENDING, free).order_by(col(it.number))
    for found in tx.exec(chosen.limit(MOST_ATTEMPTS).with_for_update(skip_locked=True)):
        if found.attempts < MOST_ATTEMPTS:
            found.claimed_by, found.claimed_until, found.attempts = worker, at + LEASE, found.attempts + 1
            tx.flush()
            return value(BackfillFile, found)
        found.state, found.finished_at, found.error = FileState.FAILED, at, GIVEN_UP
        found.claimed_by = found.claimed_until = None
    tx.flush()
    return None


def renew(tx: Transaction, claimed: BackfillFile, at: datetime) -> bool:
    """Claim it for another `LEASE`: -> whether it was still this worker's."""
    it = _mine(tx, claimed)
    if it is not None:
        it.claimed_until = at + LEASE
        tx.flush()
    return it is not None


def settle(tx: Transaction, claimed: BackfillFile, at: datetime, *, counts: FileCounts | None = None, error: str | None = None) -> bool:
    """Keep what the file came to: -> whether it was still this worker's."""
    it = _mine(tx, claimed)
    if it is not None:
        it.state = FileState.DONE if error is None else FileState.FAILED
        it.counts, it.error, it.finished_at = None if counts is None else to_json(counts), error, at
        it.claimed_by = it.claimed_until = None
        tx.flush()
    return it is not None


def cancel(tx: Transaction, name: str, at: datetime) -> None:
    """Give it up: nothing of it is claimed any more."""
    tx.execute(update(BackfillRow).where(col(BackfillRow.id) == name).values(cancelled_at=at))


def reopen(tx: Transaction, name: str) -> int:
    """Let what failed be tried anew, and what was cancelled go on: -> how many files had failed."""
    tx.execute(update(BackfillRow).where(col(BackfillRow.id) == name).values(cancelled_at=None))
    failed = update(BackfillFileRow).where(col(BackfillFileRow.backfill_id) == name, col(BackfillFileRow.state) == FileState.FAILED)
    cleared = {"state": FileState.PENDING, "attempts": 0, "error": None, "finished_at": None}
    return int(tx.connection().execute(failed.values(cleared)).rowcount)


def _mine(tx: Transaction, claimed: BackfillFile) -> BackfillFileRow | None:
    it = tx.get(BackfillFileRow, (claimed.backfill_id, claimed.number), with_for_update=True)
    ours = it is not None and it.state == FileState.PENDING and (it.claimed_by, it.attempts) == (claimed.claimed_by, claimed.attempts)
    return it if ours else None
