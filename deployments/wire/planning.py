"""A planned shadow test on the wire: what it rests on, and what tests would take and find."""

from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import Wire
from lifecycle_core.retraining.planning import Expected, Plan


class ShadowBasisWire(Wire):
    """What is known of the variant, each figure with where it comes from."""

    success_rate: str
    success_rate_value: float
    success_rate_from: str
    escalation_rate: str
    escalation_rate_value: float
    escalation_rate_from: str
    disagreement_rate: str
    disagreement_rate_value: float = Field(description="How often two replays of the active version on one scenario differ.")
    disagreement_rate_from: str
    replay_cost: str | None
    replay_cost_value: float | None = Field(description="US dollars; null where nothing tells it.")
    replay_cost_from: str
    goals_a_day: float = Field(description="That new conversations bring.")
    recorded_goals: int = Field(description="Of the last weeks, about so many that nobody learns from.")


class ExpectedTestWire(Wire):
    """What tests of candidates with one true effect come to."""

    replays: int = Field(description="Of each scenario by each version.")
    effect: str
    effect_value: float = Field(description="The true change of success, relative.")
    most_samples: int = Field(description="That can come before the test must end.")
    power: str
    power_value: float = Field(description="The share of tests that say promote, a person's yes taken for granted.")
    harm: str
    harm_value: float = Field(description="The share of tests stopped for harm.")
    samples: float = Field(description="That a test takes, on average.")
    samples_p90: float
    days: float | None = Field(description="On average; null where goals are recorded, which are there at once.")
    cost: str | None
    cost_value: float | None = Field(description="US dollars, on average.")
    most_cost_value: float | None = Field(description="Of a test that takes all samples.")

    @classmethod
    def of(cls, it: Expected) -> Self:
        """Shape it."""
        return cls(
            replays=it.replays,
            effect=f"{it.effect:+.2%}",
            effect_value=it.effect,
            most_samples=it.most_samples,
            power=f"{it.power:.2%}",
            power_value=it.power,
            harm=f"{it.harm:.2%}",
            harm_value=it.harm,
            samples=it.mean_samples,
            samples_p90=it.p90_samples,
            days=it.mean_days,
            cost=formats.dollars(it.mean_usd),
            cost_value=it.mean_usd,
            most_cost_value=it.most_usd,
        )


class ShadowPlanWire(Wire):
    """What a shadow test would take and find."""

    variant: str
    replays: int
    effect: str
    effect_value: float
    basis: ShadowBasisWire
    by_effect: list[ExpectedTestWire] = Field(description="At `replays`, the smallest effect first.")
    by_replays: list[ExpectedTestWire] = Field(description="At `effect`, the fewest replays first.")
    recommended_replays: int | None = Field(description="Of the cheapest test that finds the effect in four of five; null where none does.")
    smallest_found_value: float | None = Field(description="The smallest effect that `replays` find in four of five tests.")
    advice: list[str]
    tests: int = Field(description="Imagined for each figure.")

    @classmethod
    def of(cls, variant: str, it: Plan) -> Self:
        """Shape it."""
        known = it.basis
        return cls(
            variant=variant,
            replays=it.replays,
            effect=f"{it.effect:+.2%}",
            effect_value=it.effect,
            basis=ShadowBasisWire(
                success_rate=f"{known.success_rate:.2%}",
                success_rate_value=known.success_rate,
                success_rate_from=known.told_by["success_rate"],
                escalation_rate=f"{known.escalation_rate:.2%}",
                escalation_rate_value=known.escalation_rate,
                escalation_rate_from=known.told_by["escalation_rate"],
                disagreement_rate=f"{known.disagreement_rate:.2%}",
                disagreement_rate_value=known.disagreement_rate,
                disagreement_rate_from=known.told_by["disagreement_rate"],
                replay_cost=formats.dollars(known.replay_usd),
                replay_cost_value=known.replay_usd,
                replay_cost_from=known.told_by["replay_usd"],
                goals_a_day=known.goals_a_day,
                recorded_goals=known.recorded_goals,
            ),
            by_effect=[ExpectedTestWire.of(one) for one in it.by_effect],
            by_replays=[ExpectedTestWire.of(one) for one in it.by_replays],
            recommended_replays=it.recommended,
            smallest_found_value=it.smallest_found,
            advice=list(it.advice),
            tests=it.tests,
        )
