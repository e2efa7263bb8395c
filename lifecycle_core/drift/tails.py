"""The tails of cost and response time: shares of extreme conversations, to which a mean of logarithms and ranks are blind."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from lifecycle_core.drift.histograms import Histogram
from lifecycle_core.drift.measure import FEWEST_EVENTS, Compared, Counts, Effects, Figure, Taught, Truths
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.teaching import Teaching
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.days import chi_squared_of_counts
from lifecycle_core.statistics.proportions import signed_root

EXTREME: Final = 0.99
"""The quantile of the reference past which a conversation is in the tail."""
TAIL_THRESHOLD: Final = 1.0
"""The tail's share must double."""


@dataclass(frozen=True, slots=True)
class Tail(Figure):
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
        past = Figure.passes(self, change, recent, reference, threshold)
        if np.isnan(change).any():
            edge = self.histogram(reference).percentile(EXTREME)
            past = past | (self.histogram(reference).past(edge) == 0) & (self.histogram(recent).past(edge) >= FEWEST_EVENTS)
        return past

    def z(self, recent: Side, reference: Side, effects: Effects) -> Array:
        """The signed root, counts divided by the design effects."""
        return signed_root(*self.counts(recent, reference, effects))

    def counts(self, recent: Side, reference: Side, effects: Effects) -> Counts:
        """What the evidence is made of."""
        after, before = self.histogram(recent), self.histogram(reference)
        edge, (d1, d0) = before.percentile(EXTREME), effects
        return Counts(after.past(edge) / d1, after.n / d1, before.past(edge) / d0, before.n / d0)

    def taught(self, teaching: Teaching, reference: Side) -> Taught:
        """That of daily counts past each comparison's own edge."""
        edge = self.histogram(reference).percentile(EXTREME)
        places, meant = teaching.places(teaching.of)
        past = teaching.days.past[self.figure]
        n = past[places, 0] * meant
        return Taught(chi_squared_of_counts(past[places, edge[..., None]] * meant, n), n)

    def histogram(self, side: Side) -> Histogram:
        """The figure's."""
        return side.cost if self.figure == "cost" else side.latency

    def edge(self, reference: Side) -> float:
        """Where one reference's tail begins: US dollars or seconds; NaN without any."""
        before = self.histogram(reference)
        place = int(before.percentile(EXTREME))
        return float(before.edges[1, place - 1]) if place else float("nan")
