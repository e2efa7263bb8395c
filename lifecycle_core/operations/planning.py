"""A shadow test planned before it begins, by what the variant's traffic and its last test tell; nothing is changed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.errors import InvalidInputError, NothingActiveError
from lifecycle_core.operations.drawing import RECORDED_DAYS
from lifecycle_core.operations.shadow import analysis_of
from lifecycle_core.policy import ShadowSource
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.options import MAX_REPLAYS
from lifecycle_core.retraining.planning import ASSUMED_DISAGREEMENT, ASSUMED_SUCCESS, LEAST_EFFECT, MOST_EFFECT, Basis, Plan, plan
from lifecycle_core.retraining.session import Session
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.store import calls, conversations, policies, samples, served, sessions, variants, versions
from lifecycle_core.store.database import Database, Transaction

LIVE_DAYS: Final = 28
"""Over how many days live traffic is read."""
GOALS_OF_DAYS: Final = 7
FEWEST: Final = 20
"""Samples, or conversations, below which a figure of theirs is not taken."""
SHADOW_PURPOSES: Final = ("replay", "customer")
"""What the calls are for that a shadow test is served by."""

Told = tuple[float, str]
"""A figure, and where it comes from in words."""


def plan_shadow(
    database: Database,
    variant: str,
    at: datetime,
    generator: np.random.Generator,
    *,
    effect: float,
    replays: int | None = None,
    source: ShadowSource | None = None,
) -> Plan:
    """What a shadow test of `variant` would take and find as of `at`, by its policy.

    effect : what a candidate is taken to gain, relative, from -0.9 to 5; generator : the chance of the imagined tests.
    Raises UnknownVariantError, NothingActiveError, and InvalidInputError for an effect or replays out of range.
    """
    if not LEAST_EFFECT <= effect <= MOST_EFFECT:
        message = f"effect is {effect}; give a relative change from {LEAST_EFFECT} to {MOST_EFFECT:.0f}, such as 0.1 for +10%"
        raise InvalidInputError(message, field="effect")
    if replays is not None and not 1 <= replays <= MAX_REPLAYS:
        message = f"replays is {replays}; give a whole number from 1 to {MAX_REPLAYS}"
        raise InvalidInputError(message, field="replays")
    with database.read() as tx:
        variants.expect(tx, variant)
        active = versions.active(tx, variant)
        if active is None:
            message = f"{variant!r} has no active version to test against; register and activate its prompt"
            raise NothingActiveError(message)
        policy = policies.of(tx, variant)
        if source is not None:
            policy = replace(policy, shadow=replace(policy.shadow, source=source))
        basis = _basis(tx, variant, active.version, at)
    return plan(basis, policy, generator, effect=effect, replays=replays)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """What a source tells of a variant, and where each comes from; None = nothing."""

    success_rate: Told | None = None
    escalation_rate: Told | None = None
    disagreement_rate: Told | None = None
    replay_usd: Told | None = None


def _basis(tx: Transaction, variant: str, version: int, at: datetime) -> Basis:
    last = sessions.newest_tested(tx, variant)
    tested = _tested(tx, last, version, at) if last is not None else _Figures()
    live = _live(conversations.table(tx, variant, version, at - timedelta(days=LIVE_DAYS), at))
    success = tested.success_rate or live.success_rate or (ASSUMED_SUCCESS, "assumed")
    escalation = tested.escalation_rate or live.escalation_rate or (0.0, "assumed")
    disagreement = tested.disagreement_rate or (ASSUMED_DISAGREEMENT, "assumed; no shadow test of the variant has measured it")
    cost = tested.replay_usd or live.replay_usd or (None, "unknown")
    week = served.goals(tx, variant, version, Window(at - timedelta(days=GOALS_OF_DAYS), at))
    weeks = served.goals(tx, variant, version, Window(at - timedelta(days=RECORDED_DAYS), at))
    return Basis(
        success_rate=success[0],
        escalation_rate=escalation[0],
        disagreement_rate=disagreement[0],
        replay_usd=cost[0],
        goals_a_day=len(week) / GOALS_OF_DAYS,
        recorded_goals=sum(split_of(goal) is Split.HELD_OUT for _, goal in weeks),
        told_by={"success_rate": success[1], "escalation_rate": escalation[1], "disagreement_rate": disagreement[1], "replay_usd": cost[1]},
    )


def _live(table: RollupTable) -> _Figures:
    """What the active version's live traffic tells; its cost is without the calls of a simulated customer."""
    where = f"live traffic of {LIVE_DAYS} days"

    def mean(sums: str, count: str) -> Told | None:
        n = table.column(count)[~table.provider_fault].sum()
        return (float(table.column(sums)[~table.provider_fault].sum() / n), where) if n >= FEWEST else None

    cost = mean("cost_usd", "cost_n")
    return _Figures(
        success_rate=mean("booked", "booked_n"),
        escalation_rate=mean("escalated", "escalated_n"),
        replay_usd=cost and (cost[0], f"{where}, without the calls of a simulated customer"),
    )


def _tested(tx: Transaction, it: Session, version: int, at: datetime) -> _Figures:
    """What the variant's last shadow test measured, of the version that is active now where that took part."""
    found = it.shadow_analysis or analysis_of(tx, it, at)
    if found.n < FEWEST:
        return _Figures()
    where = f"shadow test of {it.session_id}"
    arm = {it.incumbent_version: found.incumbent, it.version: found.candidate}.get(version)
    served_by = [arm for one in samples.recorded(tx, it.session_id) for arm in (one.incumbent, one.candidate, one.again) if arm is not None]
    usd = calls.usd(tx, it.session_id, SHADOW_PURPOSES, it.shadow_started_at or at)
    return _Figures(
        success_rate=None if arm is None else (arm.success_rate, where),
        escalation_rate=None if arm is None else (arm.escalation_rate, where),
        disagreement_rate=None if found.disagreement_rate is None else (found.disagreement_rate, where),
        replay_usd=None if usd is None else (usd / sum(one.replays for one in served_by), where),
    )
