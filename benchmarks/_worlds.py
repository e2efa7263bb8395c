"""Databases as pages find them: every state that a variant may be in, made once and copied."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks._sessions import PROMPT, in_shadow_test, later, proved
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, promotion, shadow, traffic, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Answer
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import MILD, Behaviour
from lifecycle_core.store.database import Database

DAYS = 21
WORSE = Behaviour(booking=0.45, escalation=0.12, latency_s=3.5, mix=(0.35, 0.35, 0.2, 0.1))
BROKEN = Behaviour(crashes=0.35)


def acting(hours_ago: float = 0.0, why: str = "") -> Provenance:
    """Who makes the worlds, and when."""
    return Provenance("key:ada", (datetime.now(UTC) - timedelta(hours=hours_ago)).replace(microsecond=0), why)


def served(database: Database, variant: str, *, per_day: float = 60, bad_hours: int = 0, worse: Behaviour = WORSE) -> None:
    """Put three weeks of simulated traffic there, and the version that serves it; it drifts in its last hours."""
    act = acting()
    versions.register(
        database, acting(DAYS * 24), variant=variant, system_prompt=PROMPT, metadata={"createdBy": "ada", "changes": ["first"]}
    )
    versions.activate(database, acting(DAYS * 24), variant, 1)
    generator, found = np.random.default_rng(7), list[Conversation]()
    for ago, hours, drifted in ((DAYS * 24, DAYS * 24 - bad_hours, None), (bad_hours, bad_hours, worse)):
        start = act.at - timedelta(hours=ago)
        if hours:
            found += conversations(
                MILD, generator, variant=variant, version=1, start=start, hours=hours, per_day=per_day, drift=drifted, messages=False
            )
    traffic.ingest(database, act, found)


def mid_shadow(database: Database) -> str:
    """A retraining in its shadow test, some samples in."""
    it = in_shadow_test(database, acting(30), "mid-shadow").session_id
    shadow.record_samples(database, acting(20), it, proved(later(acting(30), hours=-20), 45))
    return it


def awaiting(database: Database, variant: str = "awaiting") -> str:
    """A retraining that waits for a person."""
    it = in_shadow_test(database, acting(30), variant, manual_review=True).session_id
    shadow.record_samples(database, acting(20), it, proved(later(acting(30), hours=-20)))
    shadow.keep_verdict(database, acting(19), it)
    return it


def promoted(database: Database, variant: str = "promoted") -> str:
    """A retraining whose candidate a person promoted."""
    it = awaiting(database, variant)
    promotion.record_decision(database, acting(18), it, Answer.PROMOTE, "read all pairs", None)
    promotion.promote_or_roll_back(database, acting(18), it)
    return it


def rolled_back(database: Database) -> str:
    """The same, taken back by hand after."""
    it = promoted(database, "rolled-back")
    versions.roll_back(database, Provenance("key:bo", acting(4).at, "complaints by phone"), "rolled-back")
    return it


def watched(database: Database) -> None:
    """The hour's look at every variant, and the checks that it asks for."""
    act = acting()
    for name in drift.sweep_and_record(database, act, act.at).speaking:
        drift.check_and_record(database, act, name, act.at)


def one(database: Database) -> None:
    """One healthy variant."""
    served(database, "baseline")
    watched(database)


def everything(database: Database) -> None:
    """Every state at once."""
    served(database, "baseline")
    served(database, "drifting", bad_hours=40)
    served(database, "quiet", per_day=3)
    for make in (mid_shadow, awaiting, promoted, rolled_back):
        make(database)
    watched(database)


def many(database: Database) -> None:
    """Five hundred variants."""
    act = acting()
    found = conversations(
        MILD, np.random.default_rng(7), variant="v", version=1, start=act.at - timedelta(days=14), hours=14 * 24, per_day=6, messages=False
    )
    every = list(found)
    for number in range(500):
        name = f"variant-{number:03}"
        traffic.ingest(database, act, [replace(it, id=f"{name}{it.id}", variant=name) for it in every])
    watched(database)


def incident(database: Database) -> None:
    """A provider that fails in a third of conversations."""
    served(database, "baseline", per_day=240, bad_hours=12, worse=BROKEN)
    watched(database)


def made(folder: Path, schema: Path, fill: Callable[[Database], object]) -> Path:
    """A data folder with a database that `fill` fills."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(schema, folder / "lifecycle.db")
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    fill(database)
    database.close()
    return folder
