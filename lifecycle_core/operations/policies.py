"""The policy of a variant: what counts as drift for it, and what is done about it."""

import math
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Final

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import ALL_METRICS, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.options import MAX_REPLAYS, MAX_SAMPLES
from lifecycle_core.store import policies, variants
from lifecycle_core.store.database import Database

WHOLE: Final = (1, 10**12)
SHARE: Final = (0.0, 10.0)
"""Of a relative change: ten times as much is more than any threshold means."""
RANGES: Final = MappingProxyType(
    {
        "replays": (1, MAX_REPLAYS),
        "max_samples": (1, MAX_SAMPLES),
        "min_shadow_samples": (1, MAX_SAMPLES),
        "confidence_level": (0.5, 0.9999),
        "min_evaluation_score": (0.0, 1.0),
        "evidence_level": (1.0, 1e9),
        "futility_level": (1.0, 1e9),
        "false_alarms_per_quarter": (0.001, 100.0),
        "cooldown_days": (0, 3650),
        "budget_calls": (0, 10**12),
        "budget_tokens": (0, 10**15),
        "budget_usd": (0.0, 1e9),
    }
)
"""What a number may be, where it is neither a whole one of `WHOLE` nor a share of `SHARE`."""


def policy(database: Database, variant: str) -> Policy:
    """The variant's policy; the default where none was set. Raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        return policies.of(tx, variant)


def set_policy(database: Database, act: Provenance, variant: str, policy: Policy) -> Policy:
    """Give the variant this policy; an open session goes on by the one that it began with.

    Raises UnknownVariantError, and InvalidInputError for a policy that cannot be meant.
    """
    expect_meant(policy)
    with database.write(act, "set_policy") as tx:
        variants.lock(tx, variant)
        policies.keep(tx, variant, policy, act.at)
        return policy


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
                message = f"{name} is {value}; give a number from {least:,} to {most:,}"
                raise InvalidInputError(message, field=name)
