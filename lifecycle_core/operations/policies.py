"""The policy of a variant: what counts as drift for it, and what is done about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from types import MappingProxyType
from typing import Final

from lifecycle_core.alerts.signals import ALL_SIGNALS
from lifecycle_core.drift.windows import DAY
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import ALL_METRICS, Engine, Mode, Policy, PolicyChange
from lifecycle_core.provenance import Provenance, expect_reason
from lifecycle_core.retraining.options import MAX_REPLAYS, MAX_SAMPLES
from lifecycle_core.retraining.search import fewest_rollouts
from lifecycle_core.store import answers, policies, variants
from lifecycle_core.store.database import Database, Transaction

WHOLE: Final = (1, 10**12)
SHARE: Final = (0.0, 10.0)
"""Of a relative change: ten times as much is more than any threshold means."""
RANGES: Final = MappingProxyType(
    {
        "booking_rate_threshold": (0.0, 0.999),
        "action_distribution_threshold": (0.0, 1.0),
        "replays": (1, MAX_REPLAYS),
        "max_samples": (1, MAX_SAMPLES),
        "min_shadow_samples": (1, MAX_SAMPLES),
        "confidence_level": (0.5, 0.9999),
        "min_evaluation_score": (0.0, 1.0),
        "evidence_level": (1.0, 1e9),
        "futility_level": (1.0, 1e9),
        "false_alarms_per_quarter": (0.001, 100.0),
        "reference_days": (1, 3650),
        "cooldown_days": (0, 3650),
        "read_conversations": (0, 1000),
        "search_rollouts": (0, 100_000),
        "budget_calls": (0, 10**12),
        "budget_tokens": (0, 10**15),
        "budget_usd": (0.0, 1e9),
        "min_booking_rate": (0.0, 1.0),
        "max_escalation_rate": (0.0, 1.0),
        "max_cost_usd": (0.0, 1e6),
        "max_drifts_per_week": (0, 10**6),
        "min_retraining_success": (0.0, 1.0),
        "max_rollbacks_per_month": (0, 10**6),
        "quiet_checks": (1, 10**4),
        "renew_hours": (1, 24 * 365),
    }
)
"""What a number may be, where it is neither a whole one of `WHOLE` nor a share of `SHARE`."""
UNREACHABLE: Final = MappingProxyType(
    {
        "booking_rate_threshold": "a rate cannot fall by all of itself or more",
        "action_distribution_threshold": "two mixes of actions cannot differ by more than 1",
    }
)
"""Why more than the most could never be passed, so that the metric would never drift."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A variant's policy before a change, and after it."""

    before: Policy
    policy: Policy


def policy(database: Database, variant: str) -> Policy:
    """The variant's policy; the default where none was set. Raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        return policies.of(tx, variant)


def own(database: Database) -> dict[str, Policy]:
    """Variant -> its policy, of the variants that have one of their own, by name."""
    with database.read() as tx:
        return dict(sorted(policies.all(tx).items()))


def set_policy(database: Database, act: Provenance, variant: str, policy: Policy) -> Policy:
    """Give the variant this policy; the next check goes by it, an open session by the one that it began with.

    Raises UnknownVariantError, and InvalidInputError for a policy that cannot be meant.
    """
    return change_policy(database, act, variant, lambda _: policy, ("set_policy", policy)).policy


def change_policy(database: Database, act: Provenance, variant: str, change: Callable[[Policy], Policy], request: object) -> Changed:
    """Give the variant what `change` makes of its policy, and keep who changed which settings and why.

    request : what the change is, as plain values, by which a repeat under the same idempotency key is known.
    Raises UnknownVariantError, and InvalidInputError for a policy that cannot be meant.
    """
    expect_reason(act.why)
    with database.write(act, "set_policy") as tx:
        return answers.once(tx, act, ("policy", variant, request, act.why), Changed, lambda: _change(tx, act, variant, change))


def _change(tx: Transaction, act: Provenance, variant: str, change: Callable[[Policy], Policy]) -> Changed:
    variants.lock(tx, variant)
    before = policies.of(tx, variant)
    after = change(before)
    expect_meant(after)
    policies.keep(tx, act, variant, after)
    return Changed(before, after)


def history(database: Database, variant: str, limit: int, before_id: int | None = None) -> list[PolicyChange]:
    """The newest changes of a variant's policy, newest first; those under `before_id` where it is given. Raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        return policies.history(tx, variant, limit, before_id)


def meanings(policy: Policy) -> tuple[str, ...]:
    """What a setting comes to where that is easily mistaken: a sentence each.

    >>> meanings(Policy(booking_rate_threshold=0.0))
    ('bookingRateThreshold is 0: any change at all passes it, and evidence alone decides',)
    """
    rest = "evidence alone decides" if policy.mode is Mode.EVIDENCE else "in threshold mode each is a drift"
    zero = (it.name for it in fields(policy) if it.name.endswith("_threshold") and getattr(policy, it.name) == 0)
    told = [f"{camel(name)} is 0: any change at all passes it, and {rest}" for name in zero]
    if not policy.retraining.retrain_on:
        told.append("retraining.retrainOn names no metric: no drift begins a retraining")
    return tuple(told)


def expect_meant(policy: Policy) -> None:
    """Raise InvalidInputError for a policy with a number out of its range, or with limits that cross.

    >>> expect_meant(Policy())
    """
    _expect_in_range("", policy)
    for low, least, high, most in (
        ("shadow.minShadowSamples", policy.shadow.min_shadow_samples, "shadow.maxSamples", policy.shadow.max_samples),
        (
            "retraining.minTrainingExamples",
            policy.retraining.min_training_examples,
            "retraining.maxTrainingExamples",
            policy.retraining.max_training_examples,
        ),
    ):
        if least > most:
            message = f"{low} is {least:,} and {high} is {most:,}; the first may not be more than the second"
            raise InvalidInputError(message, field=low)
    hours = DAY * policy.reference_days
    if policy.recent_hours >= hours:
        told = f"recentHours is {policy.recent_hours:,} and referenceDays {policy.reference_days:,}"
        message = f"{told}, which leaves nothing to compare with; give fewer than {hours:,} hours, or more days"
        raise InvalidInputError(message, field="recentHours")
    needed = fewest_rollouts(policy.retraining.evaluation_cases)
    if policy.retraining.engine is Engine.GEPA and policy.retraining.search_rollouts < needed:
        told = f"retraining.searchRollouts is {policy.retraining.search_rollouts:,}, and a search over evaluationCases"
        message = f"{told} ({policy.retraining.evaluation_cases:,}) needs {needed:,}; allow more, or take fewer cases or the engine builtin"
        raise InvalidInputError(message, field="retraining.searchRollouts")
    unwatched = sorted(set(policy.alerts.watch_only) - set(ALL_SIGNALS))
    if unwatched:
        message = f"alerts.watchOnly names {', '.join(unwatched)}; the signals are {', '.join(ALL_SIGNALS)}"
        raise InvalidInputError(message, field="alerts.watchOnly")
    unknown = sorted(set(policy.retraining.retrain_on) - set(ALL_METRICS))
    if unknown:
        message = f"retraining.retrainOn names {', '.join(unknown)}; the metrics are {', '.join(ALL_METRICS)}"
        raise InvalidInputError(message, field="retraining.retrainOn")


def camel(name: str) -> str:
    """A field's name as policies are written.

    >>> camel("cooldown_days")
    'cooldownDays'
    """
    first, *others = name.split("_")
    return first + "".join(it.capitalize() for it in others)


def _expect_in_range(path: str, part: object) -> None:
    for it in fields(part) if is_dataclass(part) else ():
        value = getattr(part, it.name)
        name = f"{path}{camel(it.name)}"
        if is_dataclass(value):
            _expect_in_range(f"{name}.", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            least, most = RANGES.get(it.name, WHOLE if isinstance(value, int) else SHARE)
            if not (math.isfinite(value) and least <= value <= most):
                because = f"; {UNREACHABLE[it.name]}" if value > most and it.name in UNREACHABLE else ""
                message = f"{name} is {value}; give a number from {least:,} to {most:,}{because}"
                raise InvalidInputError(message, field=name)
