"""The words of a check: what is compared, with what, and what is said of it."""

from enum import StrEnum


class Metric(StrEnum):
    """The five metrics, by the names that `drifts` lists."""

    BOOKING_RATE = "booking_rate"
    ESCALATION_RATE = "escalation_rate"
    COST = "cost"
    RESPONSE_TIME = "response_time"
    ACTION_DISTRIBUTION = "action_distribution"


class Comparison(StrEnum):
    """What the scan compares: the five metrics, and the tails of cost and response time, each of which may alarm by itself."""

    BOOKING_RATE = "booking_rate"
    ESCALATION_RATE = "escalation_rate"
    COST = "cost"
    COST_TAIL = "cost_tail"
    RESPONSE_TIME = "response_time"
    RESPONSE_TIME_TAIL = "response_time_tail"
    ACTION_DISTRIBUTION = "action_distribution"

    @property
    def metric(self) -> Metric:
        """The metric under which it is told."""
        return Metric(self.value.removesuffix("_tail"))

    @property
    def is_tail(self) -> bool:
        """Whether it compares the share of extreme conversations."""
        return self.value.endswith("_tail")


class Against(StrEnum):
    """What a window is compared with.

    OWN : the same version's weeks before it. PREVIOUS_VERSION : the last weeks of the version before, for the first 28 days.
    FROZEN : the healthy weeks before an alarm's onset, while the alarm lasts.
    """

    OWN = "own"
    PREVIOUS_VERSION = "previous_version"
    FROZEN = "frozen"


class Status(StrEnum):
    """What is known of a metric. Only `DRIFT` is an alarm."""

    STABLE = "stable"
    SUSPECTED = "suspected"
    DRIFT = "drift"
    INSUFFICIENT_DATA = "insufficient_data"


class Severity(StrEnum):
    """How far past its threshold a change lies, from below 1.25 times to twice and more."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 2 for high."""
        return list(Severity).index(self)


class RecommendedAction(StrEnum):
    """What a report advises, as the plan's daily routine has it."""

    MONITOR = "monitor"
    INVESTIGATE = "investigate"
    RETRAIN = "retrain"
