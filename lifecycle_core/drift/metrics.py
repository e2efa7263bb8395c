"""The metrics and their tails, as one table: what each counts, which way it harms, and how two windows of it are compared."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.histograms import Histogram
from lifecycle_core.drift.report import Comparison, Metric
from lifecycle_core.drift.sums import Side, Sums
from lifecycle_core.drift.teaching import Teaching
from lifecycle_core.policy import Policy
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.categorical import chance_distance, clustered_g2, total_variation
from lifecycle_core.statistics.days import chi_squared_of_counts, chi_squared_of_means, chi_squared_of_mixes
from lifecycle_core.statistics.levels import normal_of_chi_squared
from lifecycle_core.statistics.means import mean_ratio_interval, welch
from lifecycle_core.statistics.proportions import ratio_interval, signed_root
from lifecycle_core.statistics.ranks import mann_whitney, median_ratio_interval

Truths = NDArray[np.bool_]
Effects = tuple[Array, Array]
"""The design effects of the recent and of the reference window."""
ROUNDING: Final = 1e-9
"""What a change may fall short of its threshold by, so that a drop of exactly 10% is one."""
FEWEST_EVENTS: Final = 5
"""Events in the recent window that pass any threshold where the reference has none and a change has no number."""
EXTREME: Final = 0.99
"""The quantile of the reference past which a conversation is in the tail."""
TAIL_THRESHOLD: Final = 1.0
"""The tail's share must double."""


class Compared(NamedTuple):
    """A figure in two windows: (...,) float each; NaN where unknown or undefined. `change` is relative, for the mix total variation."""

    recent: Array
    reference: Array
    change: Array

    @classmethod
    def of(cls, recent: Array, reference: Array) -> "Compared":
        """The two with their relative change."""
        return cls(recent, reference, divide(recent - reference, reference))


class Taught(NamedTuple):
    """What days teach of a figure: Pearson's statistic of the days, and the conversations of each day that know it: (...,), (..., days)."""

    statistic: Array
    n: Array


class Measure(Protocol):
    """What the scan asks of a metric. Axes lead as in `Sums`; z is positive towards harm."""

    def n(self, side: Side) -> Array:
        """The conversations that know the figure."""

    def value(self, side: Side) -> Array:
        """The figure; NaN where unknown, and for the action mix."""

    def compare(self, recent: Side, reference: Side) -> Compared:
        """The figure of both windows and its change."""

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:
        """Whether `change` lies at or past the threshold, towards harm."""

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """How far the two windows are apart, as a normal deviate."""

    def taught(self, teaching: Teaching, reference: Side) -> Taught:
        """What the days of each comparison teach of the figure."""

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The interval of the relative change of one comparison; None where it has none."""

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change of (c,) windows, less what chance alone would make of no change: for the mix alone these are two."""


class _OfDays:
    """A figure whose days teach the same whatever the comparison is."""

    def taught(self, teaching: Teaching, reference: Side) -> Taught:  # noqa: ARG002 - the tails ask for it
        """What the days of each comparison teach of the figure."""
        statistic, n = self.day_statistic(teaching.sums)
        return Taught(statistic[teaching.of], n[teaching.of])

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """Pearson's statistic of the days, per degree of freedom of a day's figure, and their n: (sets, days)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Rate(_OfDays):
    """A proportion of conversations: `event` among those that know it.

    event, known : names of sums; harm : -1 where falling harms, +1 where rising does.
    """

    event: str
    known: str
    harm: int

    def n(self, side: Side) -> Array:
        """The conversations that know whether it happened."""
        return side.of(self.known)

    def value(self, side: Side) -> Array:
        """The rate."""
        return divide(side.of(self.event), self.n(side))

    def compare(self, recent: Side, reference: Side) -> Compared:
        """The rates; no change where the reference rate is zero."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:
        """At or past the threshold; against a zero reference, five events and more."""
        past: Truths = self.harm * change >= threshold - ROUNDING
        if self.harm < 0:
            return past
        past |= (reference.of(self.event) == 0) & (recent.of(self.event) >= FEWEST_EVENTS)
        return past

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """The signed root, counts divided by the design effects."""
        (d1, d0) = effects
        return self.harm * signed_root(
            recent.of(self.event) / d1, self.n(recent) / d1, reference.of(self.event) / d0, self.n(reference) / d0
        )

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day totals."""
        n = self.n(days)
        return chi_squared_of_counts(days.of(self.event), n), n

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
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

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change."""
        return self.compare(recent, reference).change


class Cost(_OfDays):
    """The cost of a conversation: the mean is what the bill says, logarithms carry the evidence."""

    def n(self, side: Side) -> Array:
        """The conversations with a cost."""
        return side.of("cost_n")

    def value(self, side: Side) -> Array:
        """The mean cost, US dollars."""
        return divide(side.of("cost_usd"), self.n(side))

    def compare(self, recent: Side, reference: Side) -> Compared:
        """The means; no change where the reference cost nothing."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:  # noqa: ARG002 - the change says all
        """At or past the threshold."""
        return change >= threshold - ROUNDING

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """Welch's t on the logarithms; a cost of zero has none, and is an incident of its own."""
        return welch(_logs(recent), _logs(reference), effects)

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day means of logarithms."""
        return chi_squared_of_means(*_logs(days)), self.n(days)

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The delta method on the logarithm of the ratio of means, the squares read off the cost histogram."""
        sides = [(float(self.n(it)), float(self.value(it)), _mean_of_squares(it)) for it in (recent, reference)]
        ratios = mean_ratio_interval(sides[0], sides[1], effects, critical)
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change."""
        return self.compare(recent, reference).change


def _mean_of_squares(side: Side) -> float:
    low, high = side.cost.edges
    return float(divide((side.cost.counts * low * high).sum(axis=-1), side.of("cost_n")))


def _logs(sums: Side) -> tuple[Array, Array, Array]:
    return sums.of("cost_n") - sums.of("cost_zero_n"), sums.of("log_cost"), sums.of("log_cost_squared")


class Latency(_OfDays):
    """The response time of a conversation: its median, which one stall cannot ruin; ranks carry the evidence."""

    def n(self, side: Side) -> Array:
        """The conversations with a response time."""
        return side.of("latency_n")

    def value(self, side: Side) -> Array:
        """The median, seconds."""
        return side.latency.quantile(0.5)

    def compare(self, recent: Side, reference: Side) -> Compared:
        """The medians."""
        return Compared.of(self.value(recent), self.value(reference))

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:  # noqa: ARG002 - the change says all
        """At or past the threshold."""
        return change >= threshold - ROUNDING

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """Wilcoxon, Mann and Whitney's, from the histograms."""
        return mann_whitney(recent.latency.counts, reference.latency.counts, effects)

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day means of logarithms."""
        n = self.n(days)
        return chi_squared_of_means(n, days.of("log_latency"), days.of("log_latency_squared")), n

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """That of the ratio of medians, from each median's own order statistics."""
        ratios = median_ratio_interval(recent.latency.counts, reference.latency.counts, recent.latency.edges, effects, critical)
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change."""
        return self.compare(recent, reference).change


class Mix(_OfDays):
    """The distribution of actions: any change of it may harm."""

    def n(self, side: Side) -> Array:
        """All conversations; one that called nothing has nothing to add."""
        return side.of("conversations")

    def value(self, side: Side) -> Array:
        """A mix is no number."""
        return np.full(self.n(side).shape, np.nan)

    def compare(self, recent: Side, reference: Side) -> Compared:
        """Total variation stands for the change."""
        return Compared(self.value(recent), self.value(reference), total_variation(recent.calls, reference.calls))

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:  # noqa: ARG002 - the distance says all
        """At or past the floor."""
        return change >= threshold - ROUNDING

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """That of the clustered likelihood ratio; chance alone lies around 0."""
        windows = (recent.calls, recent.products), (reference.calls, reference.products)
        return normal_of_chi_squared(*clustered_g2(*windows, (self.n(recent), self.n(reference)), effects))

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day mixes."""
        return chi_squared_of_mixes(days.calls, days.products), self.n(days)

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:  # noqa: ARG002 - a distance has none
        """A distance that is never negative has no interval of the usual kind."""
        return None

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """Total variation less what conversations of one mix would show of it by chance."""
        windows = (recent.calls, recent.products), (reference.calls, reference.products)
        return self.compare(recent, reference).change - chance_distance(*windows, (self.n(recent), self.n(reference)))


@dataclass(frozen=True, slots=True)
class Tail:
    """The share of conversations past the reference's own 99th percentile, which a few runaways or stalls double.

    figure : whose histogram; the percentile is the first edge of a bin with at most 1% past it.
    """

    figure: Literal["cost", "latency"]

    def n(self, side: Side) -> Array:
        """The conversations in the histogram: a cost of zero is in none."""
        return self.histogram(side).n

    def value(self, side: Side) -> Array:
        """A share of nothing but itself is no number: it takes two windows."""
        return np.full(self.n(side).shape, np.nan)

    def compare(self, recent: Side, reference: Side) -> Compared:
        """The shares past the edge."""
        after, before = self.histogram(recent), self.histogram(reference)
        edge = before.percentile(EXTREME)
        return Compared.of(divide(after.past(edge), after.n), divide(before.past(edge), before.n))

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:
        """At or past the threshold; where the reference has none past its edge, five conversations and more."""
        past: Truths = np.asarray(change >= threshold - ROUNDING)
        if np.isnan(change).any():
            edge = self.histogram(reference).percentile(EXTREME)
            past = past | (self.histogram(reference).past(edge) == 0) & (self.histogram(recent).past(edge) >= FEWEST_EVENTS)
        return past

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """The signed root, counts divided by the design effects."""
        after, before = self.histogram(recent), self.histogram(reference)
        edge, (d1, d0) = before.percentile(EXTREME), effects
        return signed_root(after.past(edge) / d1, after.n / d1, before.past(edge) / d0, before.n / d0)

    def taught(self, teaching: Teaching, reference: Side) -> Taught:
        """That of daily counts past each comparison's own edge."""
        edge = self.histogram(reference).percentile(EXTREME)
        places, meant = teaching.places(teaching.of)
        past = teaching.days.past[self.figure]
        n = past[places, 0] * meant
        return Taught(chi_squared_of_counts(past[places, edge[..., None]] * meant, n), n)

    def interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """The changes that the signed root does not reject."""
        after, before = self.histogram(recent), self.histogram(reference)
        edge, (d1, d0) = before.percentile(EXTREME), effects
        ratios = ratio_interval(
            float(after.past(edge)) / d1, float(after.n) / d1, float(before.past(edge)) / d0, float(before.n) / d0, critical
        )
        return (ratios[0] - 1, ratios[1] - 1) if ratios else None

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change."""
        return self.compare(recent, reference).change

    def histogram(self, side: Side) -> Histogram:
        """The figure's."""
        return side.cost if self.figure == "cost" else side.latency

    def edge(self, reference: Side) -> float:
        """Where one reference's tail begins: US dollars or seconds; NaN without any."""
        before = self.histogram(reference)
        place = int(before.percentile(EXTREME))
        return float(before.edges[1, place - 1]) if place else float("nan")


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
