"""The five metrics, as one table: what each counts, which way it harms, and how two windows of it are compared."""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import Sums
from lifecycle_core.policy import Policy
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.categorical import clustered_g2, total_variation
from lifecycle_core.statistics.days import chi_squared_of_counts, chi_squared_of_means, chi_squared_of_mixes
from lifecycle_core.statistics.levels import normal_of_chi_squared
from lifecycle_core.statistics.means import mean_ratio_interval, welch
from lifecycle_core.statistics.proportions import ratio_interval, signed_root
from lifecycle_core.statistics.ranks import mann_whitney, median_ratio_interval, quantile

Truths = NDArray[np.bool_]
Effects = tuple[Array, Array]
"""The design effects of the recent and of the reference window."""
ROUNDING: Final = 1e-9
"""What a change may fall short of its threshold by, so that a drop of exactly 10% is one."""
FEWEST_EVENTS: Final = 5
"""Events in the recent window that pass any threshold where the reference has none and a change has no number."""


class Compared(NamedTuple):
    """A figure in two windows: (...,) float each; NaN where unknown or undefined. `change` is relative, for the mix total variation."""

    recent: Array
    reference: Array
    change: Array

    @classmethod
    def of(cls, recent: Array, reference: Array) -> "Compared":
        """The two with their relative change."""
        return cls(recent, reference, divide(recent - reference, reference))


class Measure(Protocol):
    """What the scan asks of a metric. Axes lead as in `Sums`; z is positive towards harm."""

    def n(self, sums: Sums) -> Array:
        """The conversations that know the figure."""

    def value(self, sums: Sums) -> Array:
        """The figure; NaN where unknown, and for the action mix."""

    def compare(self, recent: Sums, reference: Sums) -> Compared:
        """The figure of both windows and its change."""

    def passes(self, change: Array, recent: Sums, reference: Sums, threshold: float) -> Truths:
        """Whether `change` lies at or past the threshold, towards harm."""

    def z(self, recent: Sums, reference: Sums, effects: Effects) -> Array:
        """How far the two windows are apart, as a normal deviate."""

    def day_statistic(self, days: Sums) -> Array:
        """Pearson's statistic of the days, per degree of freedom of a day's figure: (..., days) -> (...)."""

    def interval(self, recent: Sums, reference: Sums, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The interval of the relative change of one comparison; None where it has none."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion of conversations: `event` among those that know it.

    event, known : names of sums; harm : -1 where falling harms, +1 where rising does.
    """

    event: str
    known: str
    harm: int

    def n(self, sums: Sums) -> Array:
        """The conversations that know whether it happened."""
        return sums.of(self.known)

    def value(self, sums: Sums) -> Array:
        """The rate."""
        return divide(sums.of(self.event), self.n(sums))

    def compare(self, recent: Sums, reference: Sums) -> Compared:
        """The rates; no change where the reference rate is zero."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Sums, reference: Sums, threshold: float) -> Truths:
        """At or past the threshold; against a zero reference, five events and more."""
        past: Truths = self.harm * change >= threshold - ROUNDING
        if self.harm < 0:
            return past
        past |= (reference.of(self.event) == 0) & (recent.of(self.event) >= FEWEST_EVENTS)
        return past

    def z(self, recent: Sums, reference: Sums, effects: Effects) -> Array:
        """The signed root, counts divided by the design effects."""
        (d1, d0) = effects
        return self.harm * signed_root(
            recent.of(self.event) / d1, self.n(recent) / d1, reference.of(self.event) / d0, self.n(reference) / d0
        )

    def day_statistic(self, days: Sums) -> Array:
        """That of day totals."""
        return chi_squared_of_counts(days.of(self.event), self.n(days))

    def interval(self, recent: Sums, reference: Sums, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The changes that the signed root does not reject: the interval and the z can never disagree."""
        (d1, d0) = effects
        ratios = ratio_interval(
            float(recent.of(self.event)) / d1,
            float(self.n(recent)) / d1,
            float(reference.of(self.event)) / d0,
            float(self.n(reference)) / d0,
            critical,
        )
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a conversation: the mean is what the bill says, logarithms carry the evidence."""

    edges: Array

    def n(self, sums: Sums) -> Array:
        """The conversations with a cost."""
        return sums.of("cost_n")

    def value(self, sums: Sums) -> Array:
        """The mean cost, US dollars."""
        return divide(sums.of("cost_usd"), self.n(sums))

    def compare(self, recent: Sums, reference: Sums) -> Compared:
        """The means; no change where the reference cost nothing."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Sums, reference: Sums, threshold: float) -> Truths:  # noqa: ARG002 - the change says all
        """At or past the threshold."""
        return change >= threshold - ROUNDING

    def z(self, recent: Sums, reference: Sums, effects: Effects) -> Array:
        """Welch's t on the logarithms; a cost of zero has none, and is an incident of its own."""
        return welch(_logs(recent), _logs(reference), effects)

    def day_statistic(self, days: Sums) -> Array:
        """That of day means of logarithms."""
        return chi_squared_of_means(*_logs(days))

    def interval(self, recent: Sums, reference: Sums, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The delta method on the logarithm of the ratio of means, the squares read off the cost histogram."""
        sides = [(float(self.n(it)), float(self.value(it)), self._mean_of_squares(it)) for it in (recent, reference)]
        ratios = mean_ratio_interval(sides[0], sides[1], effects, critical)
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None

    def _mean_of_squares(self, sums: Sums) -> float:
        middles = self.edges[:-1] * self.edges[1:]
        return float(divide((sums.cost * middles).sum(axis=-1), self.n(sums)))


def _logs(sums: Sums) -> tuple[Array, Array, Array]:
    return sums.of("cost_n") - sums.of("cost_zero_n"), sums.of("log_cost"), sums.of("log_cost_squared")


@dataclass(frozen=True, slots=True)
class Latency:
    """The response time of a conversation: its median, which one stall cannot ruin; ranks carry the evidence."""

    edges: Array

    def n(self, sums: Sums) -> Array:
        """The conversations with a response time."""
        return sums.of("latency_n")

    def value(self, sums: Sums) -> Array:
        """The median, seconds."""
        return quantile(sums.latency, self.edges, 0.5)

    def compare(self, recent: Sums, reference: Sums) -> Compared:
        """The medians."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Sums, reference: Sums, threshold: float) -> Truths:  # noqa: ARG002 - the change says all
        """At or past the threshold."""
        return change >= threshold - ROUNDING

    def z(self, recent: Sums, reference: Sums, effects: Effects) -> Array:
        """Wilcoxon, Mann and Whitney's, from the histograms."""
        return mann_whitney(recent.latency, reference.latency, effects)

    def day_statistic(self, days: Sums) -> Array:
        """That of day means of logarithms."""
        return chi_squared_of_means(self.n(days), days.of("log_latency"), days.of("log_latency_squared"))

    def interval(self, recent: Sums, reference: Sums, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """That of the ratio of medians, from each median's own order statistics."""
        ratios = median_ratio_interval(recent.latency, reference.latency, self.edges, effects, critical)
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None


@dataclass(frozen=True, slots=True)
class Mix:
    """The distribution of actions: any change of it may harm."""

    def n(self, sums: Sums) -> Array:
        """All conversations; one that called nothing has nothing to add."""
        return sums.of("conversations")

    def value(self, sums: Sums) -> Array:
        """A mix is no number."""
        return np.full(self.n(sums).shape, np.nan)

    def compare(self, recent: Sums, reference: Sums) -> Compared:
        """Total variation stands for the change."""
        return Compared(self.value(recent), self.value(reference), total_variation(recent.calls, reference.calls))

    def passes(self, change: Array, recent: Sums, reference: Sums, threshold: float) -> Truths:  # noqa: ARG002 - the distance says all
        """At or past the floor."""
        return change >= threshold - ROUNDING

    def z(self, recent: Sums, reference: Sums, effects: Effects) -> Array:
        """That of the clustered likelihood ratio; chance alone lies around 0."""
        windows = (recent.calls, recent.products), (reference.calls, reference.products)
        return normal_of_chi_squared(*clustered_g2(*windows, (self.n(recent), self.n(reference)), effects))

    def day_statistic(self, days: Sums) -> Array:
        """That of day mixes."""
        return chi_squared_of_mixes(days.calls, days.products)

    def interval(self, recent: Sums, reference: Sums, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:  # noqa: ARG002 - a distance has none
        """A distance that is never negative has no interval of the usual kind."""
        return None


def measures(latency_edges: Array, cost_edges: Array) -> dict[Metric, Measure]:
    """The five metrics, for tables whose histograms have these edges."""
    return {
        Metric.BOOKING_RATE: Rate("booked", "booked_n", -1),
        Metric.ESCALATION_RATE: Rate("escalated", "escalated_n", +1),
        Metric.COST: Cost(cost_edges),
        Metric.RESPONSE_TIME: Latency(latency_edges),
        Metric.ACTION_DISTRIBUTION: Mix(),
    }


def threshold_of(metric: Metric, policy: Policy) -> float:
    """The change that a metric must show before it can be a drift.

    >>> threshold_of(Metric.ESCALATION_RATE, Policy())
    0.15
    """
    return {
        Metric.BOOKING_RATE: policy.booking_rate_threshold,
        Metric.ESCALATION_RATE: policy.escalation_rate_threshold,
        Metric.COST: policy.cost_increase_threshold,
        Metric.RESPONSE_TIME: policy.response_time_threshold,
        Metric.ACTION_DISTRIBUTION: policy.action_distribution_threshold,
    }[metric]
