"""What the scan asks of a figure, whichever it is."""

from abc import ABC, abstractmethod
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.sums import Side, Sums
from lifecycle_core.drift.teaching import Teaching
from lifecycle_core.statistics.arrays import Array, divide

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

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change of (c,) windows, less what chance alone would make of no change: for the mix alone these are two."""


class Counts(NamedTuple):
    """A proportion in two windows, over the design effects: (...,) float each."""

    x1: Array
    n1: Array
    x0: Array
    n0: Array


class Figure(ABC):
    """A figure whose change is all that there is to say of it; rising harms."""

    @abstractmethod
    def compare(self, recent: Side, reference: Side) -> Compared:
        """The figure of both windows and its change."""

    def passes(self, change: Array, recent: Side, reference: Side, threshold: float) -> Truths:  # noqa: ARG002 - the change says all
        """At or past the threshold."""
        return np.asarray(change >= threshold - ROUNDING)

    def beyond_chance(self, recent: Side, reference: Side) -> Array:
        """The change."""
        return self.compare(recent, reference).change


class OfDays(Figure):
    """A figure whose days teach the same whatever the comparison is."""

    def taught(self, teaching: Teaching, reference: Side) -> Taught:  # noqa: ARG002 - the tails ask for it
        """What the days of each comparison teach of the figure."""
        statistic, n = self.day_statistic(teaching.sums)
        return Taught(statistic[teaching.of], n[teaching.of])

    @abstractmethod
    def day_statistic(self, days: Sums) -> tuple[Array, Array]:
        """Pearson's statistic of the days, per degree of freedom of a day's figure, and their n: (sets, days)."""
