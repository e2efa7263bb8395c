"""Backfills: begun, worked on by any number of runs, looked at, given up and tried anew."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from lifecycle_core.errors import InvalidInputError, UnknownBackfillError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit, backfills
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.traffic.backfill import MOST_FILES, MOST_RUNS, Backfill, BackfillFile, FileCounts, FileState, Progress
from lifecycle_core.traffic.mapping import Mapping as FieldMapping


def begin(  # noqa: PLR0917 - what is taken in, and how
    database: Database, act: Provenance, paths: Sequence[str], form: str, mapping: Mapping[str, Any], runs: int
) -> Backfill:
    """Keep that these files are to be taken in, in this order, by so many runs at a time.

    Raises InvalidInputError for a mapping that cannot be meant, and for too many or no files.
    """
    FieldMapping.parse(**mapping)
    if not 1 <= len(paths) <= MOST_FILES:
        message = f"{len(paths):,} files are to be taken in; give 1 to {MOST_FILES:,}"
        raise InvalidInputError(message, field="path")
    if not 1 <= runs <= MOST_RUNS:
        message = f"{runs:,} runs are asked for; give 1 to {MOST_RUNS}"
        raise InvalidInputError(message, field="runs")
    name = f"bf_{hashlib.sha256(repr((act.request_id, act.by, act.at, paths)).encode()).hexdigest()[:12]}"
    it = Backfill(id=name, begun_at=act.at, begun_by=act.by, form=form, mapping=dict(mapping), runs=runs)
    with database.write(act, "begin_backfill") as tx:
        backfills.add(tx, it, paths)
        audit.note(tx, f"backfills:{name}", {}, {"files": len(paths), "form": form, "runs": runs})
    return it


def claim(database: Database, act: Provenance, name: str, worker: str) -> BackfillFile | None:
    """Claim the next file for `worker`; None where nothing is free now. Raises UnknownBackfillError."""
    with database.read() as tx:
        if _expect(tx, name).cancelled_at is not None:
            return None
    with database.write(act, "claim_file") as tx:
        return backfills.claim(tx, name, worker, act.at)


def renew(database: Database, act: Provenance, claimed: BackfillFile) -> bool:
    """Hold on to a file: -> whether it is still this worker's, of a backfill that is not cancelled."""
    with database.write(act, "renew_claim") as tx:
        return backfills.renew(tx, claimed, act.at) and _expect(tx, claimed.backfill_id).cancelled_at is None


def finish(database: Database, act: Provenance, claimed: BackfillFile, counts: FileCounts) -> bool:
    """Keep that a file is done: -> whether it was still this worker's."""
    with database.write(act, "finish_file") as tx:
        return backfills.settle(tx, claimed, act.at, counts=counts)


def fail(database: Database, act: Provenance, claimed: BackfillFile, error: str) -> bool:
    """Keep why a file cannot be taken in: -> whether it was still this worker's."""
    with database.write(act, "fail_file") as tx:
        return backfills.settle(tx, claimed, act.at, error=error)


def get(database: Database, name: str) -> Backfill:
    """What was begun; raises UnknownBackfillError."""
    with database.read() as tx:
        return _expect(tx, name)


def over(database: Database, name: str) -> bool:
    """Whether nothing of it is left to be done; raises UnknownBackfillError."""
    with database.read() as tx:
        return _expect(tx, name).cancelled_at is not None or not backfills.pending(tx, name)


def progress(database: Database, name: str) -> Progress:
    """How far it has come; raises UnknownBackfillError."""
    with database.read() as tx:
        return backfills.progress(tx, _expect(tx, name))


def newest(database: Database, limit: int) -> list[Progress]:
    """The backfills that began last, and how far each has come."""
    with database.read() as tx:
        return [backfills.progress(tx, it) for it in backfills.newest(tx, limit)]


def unfinished(database: Database) -> list[Progress]:
    """Those that have something left to do, the oldest first."""
    with database.read() as tx:
        return [backfills.progress(tx, it) for it in backfills.unfinished(tx)]


def cancel(database: Database, act: Provenance, name: str) -> Progress:
    """Give a backfill up: what was taken in stays, the rest is left. One that is over stays as it is. Raises UnknownBackfillError."""
    with database.write(act, "cancel_backfill") as tx:
        now = backfills.progress(tx, _expect(tx, name))
        if not now.over:
            backfills.cancel(tx, name, act.at)
            audit.note(tx, f"backfills:{name}", {"pending": now.count(FileState.PENDING)}, {"pending": 0})
        return backfills.progress(tx, _expect(tx, name))


def retry(database: Database, act: Provenance, name: str) -> int:
    """Let what failed be tried anew, and one that was cancelled go on: -> how many files had failed. Raises UnknownBackfillError."""
    with database.write(act, "retry_backfill") as tx:
        now = backfills.progress(tx, _expect(tx, name))
        tried = backfills.reopen(tx, name)
        if tried or now.backfill.cancelled_at is not None:
            audit.note(tx, f"backfills:{name}", {"failed": tried}, {"failed": 0})
        return tried


def _expect(tx: Transaction, name: str) -> Backfill:
    found = backfills.get(tx, name)
    if found is None:
        message = f"no backfill is called {name[:100]!r}; `lifecycle backfill list` shows them"
        raise UnknownBackfillError(message, field="backfill")
    return found
