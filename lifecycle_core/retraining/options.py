"""What a start may ask for in place of the variant's policy."""

from dataclasses import dataclass, replace
from typing import Any, Final

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Engine, Policy, ShadowSource
from lifecycle_core.provenance import expect_reason

MAX_REPLAYS: Final = 20
MAX_SAMPLES: Final = 10_000
MAX_SEED: Final = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one session; None leaves the policy as it is.

    replays : int from 1 to 20, how often each arm serves each scenario.
    max_samples : int from 1 to 10,000; below the policy's `min_shadow_samples` it lowers that too.
    reason : str, why it was started; kept with the session.
    seed : int from 0, of everything that chance decides; None takes one from the session's id.

    Raises InvalidInputError for a number outside of its range, and for a reason that cannot be kept.

    >>> Options(replays=8).applied_to(Policy()).shadow.replays
    8
    """

    replays: int | None = None
    max_samples: int | None = None
    shadow_source: ShadowSource | None = None
    manual_review: bool | None = None
    engine: Engine | None = None
    reason: str = ""
    seed: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _check_range("replays", self.replays, 1, MAX_REPLAYS)
        _check_range("maxSamples", self.max_samples, 1, MAX_SAMPLES)
        _check_range("seed", self.seed, 0, MAX_SEED)
        expect_reason(self.reason)

    def applied_to(self, policy: Policy) -> Policy:
        """The policy that the session goes by."""
        shadow: dict[str, Any] = {"replays": self.replays, "max_samples": self.max_samples, "source": self.shadow_source}
        if self.max_samples is not None:
            shadow["min_shadow_samples"] = min(policy.shadow.min_shadow_samples, self.max_samples)
        retraining: dict[str, Any] = {"manual_review": self.manual_review, "engine": self.engine}
        return replace(
            policy,
            shadow=replace(policy.shadow, **_given(shadow)),
            retraining=replace(policy.retraining, **_given(retraining)),
        )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check_range(field: str, number: int | None, least: int, most: int) -> None:
    if number is not None and not least <= number <= most:
        message = f"{field} is {number}; give a whole number from {least:,} to {most:,}"
        raise InvalidInputError(message, field=field)
