"""Variants that can be retrained: live traffic of the scripted agent, whose prompt has a gap, the same in every run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import policies, retraining, traffic, versions
from lifecycle_core.policy import DifferenceMode, EvidenceMode, Policy, RetrainingPolicy, ShadowPolicy, ShadowSource
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.agent import Agent
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Session
from lifecycle_core.simulation import customers, prompts
from lifecycle_core.simulation.visits import arrivals, serve
from lifecycle_core.store.database import Database
from tasks import secrets

HOURS = 48
MASKING_KEY = b"k" * 32
"""The same in every run of a test: what masks decides about splits and words, and by some keys so few conversations show nothing."""
START = datetime(2025, 9, 1, tzinfo=UTC)
DOUBTLESS = {
    "min_success_gain": 0.0,
    "max_cost_increase": 10.0,
    "review_cost_increase": 10.0,
    "review_simulator_gap": 1.0,
    "max_simulator_gap": 1.0,
}
QUICK = Policy(
    retraining=RetrainingPolicy(evaluation_cases=4, min_evaluation_score=0.3),
    shadow=ShadowPolicy(evidence=EvidenceMode.GATES, replays=2, difference_mode=DifferenceMode.ANY, max_difference_rate=1.0, **DOUBTLESS),
)
"""Few cases and bare gates that hardly refuse: what is tested is the run, and a dozen samples are no evidence."""


def key_kept(folder: Path) -> None:
    """Mask by the same key in every run of a test whose data folder this is."""
    (folder / secrets.FILE).write_bytes(MASKING_KEY)
    for kept in (secrets.masker, secrets._key):
        kept.cache_clear()


def visits(variant: str, until: datetime) -> list[Conversation]:
    """What customers who drifted met with in the two days up to `until`."""
    shift = until - START - timedelta(hours=HOURS)
    return [replace(it, started_at=it.started_at + shift, ended_at=it.ended_at + shift) for it in _visits(variant)]


@cache
def _visits(variant: str) -> list[Conversation]:
    agent = Agent(system_prompt=prompts.GAP, model="simulated")
    came = arrivals(customers.DRIFTED, np.random.default_rng(3), variant=variant, start=START, hours=HOURS, per_day=60)
    return [serve(it, agent, variant=variant, version=1) for it in came]


def ready(database: Database, variant: str) -> None:
    """Give the database a variant that may be retrained."""
    act = Provenance("test", datetime.now(UTC))
    traffic.ingest(database, act, visits(variant, act.at - timedelta(hours=1)))
    versions.register(database, act, variant=variant, system_prompt=prompts.GAP)
    versions.activate(database, act, variant, 1)
    policies.set_policy(database, act, variant, QUICK)


def begun(database: Database, variant: str, source: ShadowSource = ShadowSource.RECORDED, *, manual_review: bool = False) -> Session:
    """A session of a variant that is made ready, of few samples."""
    ready(database, variant)
    options = Options(shadow_source=source, max_samples=12, manual_review=manual_review, seed=1)
    return retraining.begin(database, Provenance("test", datetime.now(UTC)), variant, "k", options)
