"""Running totals: of every window of a history at once, as the difference of two of their rows."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.histograms import Places, RunningHistogram
from lifecycle_core.rollups import scalar
from lifecycle_core.statistics.arrays import Array


@dataclass(frozen=True)
class Running:
    """Running totals: a window is the difference of two of their rows.

    upto : of which a row is the sum of all before it, one row more than there are steps: plain sums and calls and products
        (rows, columns), response times and costs (rows, b), which are summed over their bins as well.
    """

    columns: Columns
    light: Array
    latency: Array
    cost: Array

    @classmethod
    def over(cls, columns: Columns, steps: Array) -> Self:
        """The totals of (steps, columns) sums."""
        _, _, products, latency = columns.ends
        parts = (slice(products), slice(products, latency), slice(latency, steps.shape[1]))
        light, times, costs = (_upto(steps[:, part]) for part in parts)
        return cls(columns, light, np.cumsum(times, axis=1, out=times), np.cumsum(costs, axis=1, out=costs))

    def then(self, other: "Running") -> "Running":
        """The rows of both, one after the other."""
        pairs = ((self.light, other.light), (self.latency, other.latency), (self.cost, other.cost))
        return Running(self.columns, *(np.concatenate(pair) for pair in pairs))

    def side(self, plus: Places, minus: Places) -> "RunningSide":
        """The windows from row `minus` to row `plus`: any axes."""
        return RunningSide(self, plus, minus)


def _upto(steps: Array) -> Array:
    upto = np.zeros((len(steps) + 1, steps.shape[1]))
    np.cumsum(steps, axis=0, out=upto[1:])
    return upto


@dataclass(frozen=True, slots=True)
class RunningSide:
    """One side of many comparisons, as rows of running totals: plus, minus : (...,) int. What is asked for is added up then."""

    running: Running
    plus: Places
    minus: Places

    @property
    def calls(self) -> Array:
        """The calls by action slot in use."""
        scalars, calls, _, _ = self.running.columns.ends
        return self._difference(self.running.light[:, scalars:calls])

    @property
    def products(self) -> Array:
        """The sums over conversations of products of calls."""
        _, calls, products, _ = self.running.columns.ends
        return self._difference(self.running.light[:, calls:products])[..., self.running.columns.square]

    @property
    def latency(self) -> RunningHistogram:
        """Conversations by response time."""
        return RunningHistogram(self.running.latency, self.running.columns.edges[0], self.plus, self.minus)

    @property
    def cost(self) -> RunningHistogram:
        """Conversations by cost."""
        return RunningHistogram(self.running.cost, self.running.columns.edges[1], self.plus, self.minus)

    def of(self, name: str) -> Array:
        """The plain sum `name`."""
        return self._difference(self.running.light[:, scalar(name)])

    def take(self, picks: tuple[Places, ...]) -> "RunningSide":
        """The windows at `picks` alone."""
        return RunningSide(self.running, self.plus[picks], self.minus[picks])

    def _difference(self, upto: Array) -> Array:
        difference: Array = upto[self.plus] - upto[self.minus]
        return difference
