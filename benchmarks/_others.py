"""What else writes to the database of a variant that is retrained, so that lives which are killed pass every transaction that there is.

Each of `OTHERS` is a handful of operations that belong together. What a killed life has begun, a later one leaves as it stands: each
has names of its own, by its life's number.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks._sessions import later, served
from lifecycle_core.access import RANDOM_BYTES, Role, Secret
from lifecycle_core.alerts.delivery import Outcome
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import (
    alerting,
    alerts,
    audit,
    backfills,
    cases,
    drift,
    keys,
    leases,
    policies,
    retention,
    secrets,
    traffic,
    versions,
)
from lifecycle_core.operations.policies import policy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.backfill import FileCounts
from lifecycle_core.traffic.reading import Batch
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected
from lifecycle_core.traffic.retention import Kept
from lifecycle_core.traffic.summary import TakenBatch

ANOTHER: Final = "another"
MEANT: Final = "meant"
"""A variant with a change that somebody says is meant."""
HOURS: Final = 200
ILL_HOURS: Final = 48
"""So long it has served, and so long it books nothing; one conversation an hour."""
DAYS: Final = {Kept.MESSAGES: 7, Kept.CONVERSATIONS: 60}
OLD_DAYS: Final = 100

Other = Callable[[Database, Provenance, int], None]
"""Does something by what its life's number says."""


def ready_for_others(database: Database, act: Provenance) -> None:
    """Give the database what the others need to be there: old traffic, and a variant that drifted two days ago."""
    old = [replace(it, id=f"old {it.id}", ended_at=it.ended_at - timedelta(days=OLD_DAYS)) for it in served(act, 10)]
    traffic.ingest(database, act, old)
    versions.register(database, act, variant=MEANT, system_prompt="You book.")
    hours = range(1, HOURS)
    came = [
        Conversation(id=f"m{it}", variant=MEANT, version=1, ended_at=act.at - timedelta(hours=it), booked=it > ILL_HOURS and it % 10 > 0)
        for it in hours
    ]
    traffic.ingest(database, act, came)
    drift.check_and_record(database, act, MEANT, act.at)


def _traffic(database: Database, act: Provenance, life: int) -> None:
    came = [replace(it, id=f"{life}/{it.id}") for it in served(act, 5)]
    refused = [Rejected(f"{life}.jsonl", line, Refusal(None, "nonsense", "it must be an object"), "nonsense") for line in (1, 2, 3)]
    traffic.ingest(database, act, came[:2], refused)
    taken = TakenBatch(conversations=1, spans={}, untold={}, unused={})
    traffic.take(database, act, Batch(source=f"{life}.jsonl", conversations=came[2:3]), f"digest {life}", taken)
    traffic.retry(database, act, {refused[0].content_hash: came[3]})
    traffic.drop_quarantined(database, act, f"{life}.jsonl")


def _drift(database: Database, act: Provenance, _life: int) -> None:
    drift.sweep_and_record(database, act, act.at)
    drift.check_and_record(database, act, "baseline", later(act, hours=1).at)
    drift.known(database, act, 1, "new prices")


def _versions(database: Database, act: Provenance, life: int) -> None:
    for prompt in ("You book.", f"You book well. {life}"):
        made = versions.register(database, act, variant=ANOTHER, system_prompt=prompt)
        versions.activate(database, act, ANOTHER, made.version)
    versions.tag(database, act, ANOTHER, 1, f"tag{life}", "a trial")
    versions.untag(database, act, ANOTHER, 1, f"tag{life}")
    versions.roll_back(database, act, ANOTHER)


def _alerts(database: Database, act: Provenance, life: int) -> None:
    alerts.test(database, act, str(life))
    for it in alerts.take(database, act, ["nobody"]):
        alerts.settle(database, act, it, Outcome(error="410", gone=True) if life % 2 else Outcome())
    alerts.resend(database, act)
    held = alerts.silence(database, act, None, (), timedelta(hours=1), "moving house")
    if held.id is not None:
        alerts.lift(database, act, held.id)
    alerting.judge_watch(database, later(act, days=2 if life % 2 else 0), 3600.0)


def _backfills(database: Database, act: Provenance, life: int) -> None:
    name = backfills.begin(database, replace(act, request_id=str(life)), ["a", "b"], "auto", {}, 1).id
    for counts in (None, FileCounts(records=3, conversations=2, quarantined=1)):
        claimed = backfills.claim(database, act, name, f"worker {life}")
        if claimed is not None and backfills.renew(database, later(act, seconds=30), claimed):
            _ = backfills.finish(database, act, claimed, counts) if counts else backfills.fail(database, act, claimed, "it is no file")
    backfills.retry(database, act, name)
    backfills.cancel(database, act, name)


def _cases(database: Database, act: Provenance, life: int) -> None:
    name = f"case{life}"
    cases.add(database, act, "baseline", [WrittenCase(name=name, goal="A deep clean.")], masker=Masker(bytes(32)))
    cases.remove(database, act, "baseline", [name])
    cases.restore(database, act, "baseline", [name])


def _keys(database: Database, act: Provenance, life: int) -> None:
    secret = Secret.made(life.to_bytes(RANDOM_BYTES, "little"))
    keys.note_use(database, act, keys.create(database, act, f"key {life}", roles=[Role.READ], secret=secret))
    keys.revoke(database, act, f"key {life}")
    secrets.of_purpose(database, act, f"purpose {life}", bytes(32))
    now = policy(database, MEANT)
    policies.set_policy(database, act, MEANT, replace(now, retraining=replace(now.retraining, cooldown_days=life % 20 + 1)))
    leases.take(database, act, f"work {life}", str(life))
    leases.take(database, later(act, days=-1), f"old work {life}", str(life))
    leases.release(database, act, f"work {life}", str(life))
    leases.sweep(database, act)
    if database.dialect == "sqlite":  # whose folder is the life's own
        audit.anchor(database, replace(act, idempotency_key=str(life)), Path(database.name).parent / "anchors", None)


def _retention(database: Database, act: Provenance, life: int) -> None:
    for _ in retention.maintain(database, later(act, hours=life), DAYS):
        pass


OTHERS: Final[Sequence[Other]] = (_traffic, _versions, _drift, _alerts, _backfills, _cases, _keys, _retention)
