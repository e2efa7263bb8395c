"""The metrics and their tails, as one table."""

from types import MappingProxyType
from typing import Final

from lifecycle_core.drift.measure import Measure
from lifecycle_core.drift.measures import Cost, Latency, Mix, Rate
from lifecycle_core.drift.tails import TAIL_THRESHOLD, Tail
from lifecycle_core.drift.vocabulary import Comparison, Metric
from lifecycle_core.policy import Policy

MEASURES: Final = MappingProxyType[Comparison, Measure](
    {
        Comparison.BOOKING_RATE: Rate("booked", "booked_n", -1),
        Comparison.ESCALATION_RATE: Rate("escalated", "escalated_n", +1),
        Comparison.COST: Cost(),
        Comparison.COST_TAIL: Tail("cost"),
        Comparison.RESPONSE_TIME: Latency(),
        Comparison.RESPONSE_TIME_TAIL: Tail("latency"),
        Comparison.ACTION_DISTRIBUTION: Mix(),
    }
)
"""How each comparison is made."""


def threshold_of(it: Comparison | Metric, policy: Policy) -> float:
    """The change that a comparison must show before it can be a drift.

    >>> threshold_of(Metric.ESCALATION_RATE, Policy()), threshold_of(Comparison.COST_TAIL, Policy())
    (0.15, 1.0)
    """
    return {
        Comparison.BOOKING_RATE: policy.booking_rate_threshold,
        Comparison.ESCALATION_RATE: policy.escalation_rate_threshold,
        Comparison.COST: policy.cost_increase_threshold,
        Comparison.COST_TAIL: TAIL_THRESHOLD,
        Comparison.RESPONSE_TIME: policy.response_time_threshold,
        Comparison.RESPONSE_TIME_TAIL: TAIL_THRESHOLD,
        Comparison.ACTION_DISTRIBUTION: policy.action_distribution_threshold,
    }[Comparison(it)]
