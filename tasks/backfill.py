"""The tasks of a backfill: claim a file, take it in while the claim is held, and say what became of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from prefect import task

from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import backfills
from lifecycle_core.traffic.backfill import BackfillFile, FileCounts, FileState, Progress
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from lifecycle_core.traffic.rejected import source_name
from lifecycle_core.traffic.summary import Summary
from tasks import context, traffic
from tasks.steps import may_pass, passes

ACTOR: Final = "flow:backfill"
ASKS_EVERY_S: Final = 5.0
"""How often a run that finds all files claimed asks again: a claim may run out."""


def files_of(backfill_id: str, worker: str) -> Iterator[BackfillFile]:
    """The files that `worker` gets to take in, each claimed, until none of the backfill is pending."""
    while not backfills.over(context.database(), backfill_id):
        claimed = backfills.claim(context.database(), context.act_outside(ACTOR), backfill_id, worker)
        if claimed is None:
            time.sleep(ASKS_EVERY_S)
        else:
            yield claimed


@task(task_run_name="take in {claimed.path}", retries=3, retry_delay_seconds=[1, 5, 30], retry_condition_fn=passes, persist_result=False)
def take_in_file(claimed: BackfillFile) -> str:
    """Take a claimed file in: -> what became of it, in a sentence."""
    given = backfills.get(context.database(), claimed.backfill_id)
    summary, mapping = Summary(), Mapping.parse(**given.mapping)
    try:
        with Path(claimed.path).open("rb") as stream:
            reading = Reading(stream, source_name(claimed.path), mapping, given.form)
            reading.refuse_if_unusable(allow_empty=True)
            for _ in traffic.take_in(reading, summary, replace(context.act(ACTOR), request_id=claimed.backfill_id)):
                if not backfills.renew(context.database(), context.act_outside(ACTOR), claimed):
                    return f"{claimed.path}: another run takes it in by now, or nobody is to"
    except OSError as error:
        return _failed(claimed, f"{error.strerror}; workers must see it at this path, as a folder that they share")
    except LifecycleError as error:
        if may_pass(error):
            raise
        return _failed(claimed, str(error))
    counts = FileCounts(records=summary.records, conversations=summary.conversations, quarantined=summary.quarantined)
    backfills.finish(context.database(), context.act_outside(ACTOR), claimed, counts)
    return f"{claimed.path}: {counts.records:,} records, {counts.quarantined:,} refused"


def ending(found: Progress) -> str:
    """What a backfill came to, in a sentence without its full stop.

    >>> from datetime import UTC, datetime
    >>> from lifecycle_core.traffic.backfill import Backfill
    >>> ending(Progress(Backfill(id="bf_1", begun_at=datetime(2025, 10, 7, tzinfo=UTC), begun_by="ada", form="auto", runs=1), ()))
    '0 of 0 files are in, 0 conversations of 0 records; 0 could not be taken in'
    """
    done, failed, counts = found.count(FileState.DONE), found.count(FileState.FAILED), found.counts
    told = f"{done:,} of {len(found.files):,} files are in, {counts.conversations:,} conversations of {counts.records:,} records"
    return f"{told}; {failed:,} could not be taken in"


def progress(backfill_id: str) -> Progress:
    """How far it has come."""
    return backfills.progress(context.database(), backfill_id)


def _failed(claimed: BackfillFile, why: str) -> str:
    backfills.fail(context.database(), context.act_outside(ACTOR), claimed, why)
    return f"{claimed.path}: {why}"
