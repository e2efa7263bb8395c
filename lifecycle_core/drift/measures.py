"""The five figures: what each counts, which way it harms, and how two windows of it are compared."""

from dataclasses import dataclass

import numpy as np

from lifecycle_core.drift.measure import FEWEST_EVENTS, ROUNDING, Compared, Counts, Effects, OfDays, Truths
from lifecycle_core.drift.sums import Side, Sums
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.categorical import chance_distance, clustered_g2, total_variation
from lifecycle_core.statistics.days import chi_squared_of_counts, chi_squared_of_means, chi_squared_of_mixes
from lifecycle_core.statistics.levels import normal_of_chi_squared
from lifecycle_core.statistics.means import mean_ratio_interval, welch
from lifecycle_core.statistics.proportions import signed_root
from lifecycle_core.statistics.ranks import mann_whitney, median_ratio_interval


@dataclass(frozen=True, slots=True)
class Rate(OfDays):
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
        return self.harm * signed_root(*self.counts(recent, reference, effects))

    def counts(self, recent: Side, reference: Side, effects: Effects) -> Counts:
        """What the evidence is made of."""
        d1, d0 = effects
        return Counts(recent.of(self.event) / d1, self.n(recent) / d1, reference.of(self.event) / d0, self.n(reference) / d0)

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day totals."""
        n = self.n(days)
        return chi_squared_of_counts(days.of(self.event), n), n


class Cost(OfDays):
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

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """Welch's t on the logarithms; a cost of zero has none, and is an incident of its own."""
        return welch(_logs(recent), _logs(reference), effects)

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day means of logarithms."""
        return chi_squared_of_means(*_logs(days)), self.n(days)

    def ratio_interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """That of the ratio of means: the delta method on its logarithm, the squares read off the cost histogram."""
        sides = [(float(self.n(it)), float(self.value(it)), _mean_of_squares(it)) for it in (recent, reference)]
        return mean_ratio_interval(sides[0], sides[1], effects, critical)


def _mean_of_squares(side: Side) -> float:
    low, high = side.cost.edges
    return float(divide((side.cost.counts * low * high).sum(axis=-1), side.of("cost_n")))


def _logs(sums: Side) -> tuple[Array, Array, Array]:
    return sums.of("cost_n") - sums.of("cost_zero_n"), sums.of("log_cost"), sums.of("log_cost_squared")


class Latency(OfDays):
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

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """Wilcoxon, Mann and Whitney's, from the histograms."""
        return mann_whitney(recent.latency.counts, reference.latency.counts, effects)

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day means of logarithms."""
        n = self.n(days)
        return chi_squared_of_means(n, days.of("log_latency"), days.of("log_latency_squared")), n

    def ratio_interval(self, recent: Side, reference: Side, effects: tuple[float, float], critical: float) -> tuple[float, float] | None:
        """That of the ratio of medians, from each median's own order statistics."""
        return median_ratio_interval(recent.latency.counts, reference.latency.counts, recent.latency.edges, effects, critical)


class Mix(OfDays):
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

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:
        """At or past the floor; conversations that call nothing any more are as far as can be from those that called something."""
        silent = (recent.calls.sum(axis=-1) == 0) & (reference.calls.sum(axis=-1) > 0)
        past: Truths = super().passes(change, recent, reference, threshold) | (silent & (self.n(recent) > 0))
        return past

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """That of the clustered likelihood ratio; chance alone lies around 0."""
        windows = (recent.calls, recent.products), (reference.calls, reference.products)
        return normal_of_chi_squared(*clustered_g2(*windows, (self.n(recent), self.n(reference)), effects))

    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """That of day mixes."""
        return chi_squared_of_mixes(days.calls, days.products), self.n(days)

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """Total variation less what conversations of one mix would show of it by chance."""
        windows = (recent.calls, recent.products), (reference.calls, reference.products)
        return self.compare(recent, reference).change - chance_distance(*windows, (self.n(recent), self.n(reference)))
