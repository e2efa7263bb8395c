"""Conversations by logarithmic bin, of many windows: with their bins at hand, or as running totals alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.ranks import quantile

_TINY: Final = 1e-9
Places = NDArray[np.int64]


class Histogram(Protocol):
    """Conversations by bin, of many windows: axes (...,)."""

    @property
    def edges(self) -> Array:
        """The low and the high edge of each bin that is in use: (2, b)."""

    @property
    def n(self) -> Array:
        """The conversations in all bins: (...,)."""

    @property
    def counts(self) -> Array:
        """The conversations in each bin: (..., b)."""

    def quantile(self, q: float) -> Array:
        """The value below which the share `q` lies: (...,); NaN for an empty window."""

    def percentile(self, q: float) -> Places:
        """The first edge, by its place, past which at most the share `1 - q` lies: (...,)."""

    def past(self, edge: Places) -> Array:
        """The conversations past an edge, by its place: (...,)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A histogram whose bins are at hand: counts (..., b) float, edges (2, b) float."""

    counts: Array
    edges: Array

    @property
    def n(self) -> Array:
        """The conversations in all bins."""
        return floats(self.counts.sum(axis=-1))

    def quantile(self, q: float) -> Array:
        """The value below which the share `q` lies."""
        return quantile(self.counts, self.edges, q)

    def percentile(self, q: float) -> Places:
        """The first edge past which at most the share `1 - q` lies."""
        below = np.cumsum(self.counts, axis=-1)
        n = below[..., -1:] if below.shape[-1] else np.zeros((*below.shape[:-1], 1))
        place: Places = (below - self.counts < q * n - _TINY).sum(axis=-1)
        return place

    def past(self, edge: Places) -> Array:
        """The conversations past an edge."""
        inside = np.arange(self.counts.shape[-1]) >= edge[..., None]
        return floats(np.where(inside, self.counts, 0.0).sum(axis=-1))


@dataclass(frozen=True, slots=True)
class RunningHistogram:
    """The histogram of many windows, of which only running totals are at hand.

    upto : (rows, b) float, summed over rows and over bins; a window is the difference of the rows `plus` and `minus`, (...,) int.
    """

    upto: Array
    edges: Array
    plus: Places
    minus: Places

    @property
    def n(self) -> Array:
        """The conversations in all bins."""
        return self._below(np.full(self.plus.shape, self.upto.shape[1]))

    @property
    def counts(self) -> Array:
        """The conversations in each bin."""
        counts: Array = self.upto[self.plus] - self.upto[self.minus]
        counts[..., 1:] -= counts[..., :-1].copy()
        return counts

    def quantile(self, q: float) -> Array:
        """The value below which the share `q` lies, interpolated in its bin on the logarithmic scale."""
        n = self.n
        if not self.upto.shape[1]:
            return np.full(n.shape, np.nan)
        wanted = min(q, 1 - 1e-12) * n
        edge = self._first(lambda below: below > wanted)
        below, here = self._below(edge - 1), self._below(edge)
        share = (wanted - below) / np.where(here > below, here - below, 1.0)
        low, high = np.log(self.edges)
        value: Array = np.exp(low[edge - 1] + share * (high[edge - 1] - low[edge - 1]))
        return np.where(n > 0, value, np.nan)

    def percentile(self, q: float) -> Places:
        """The first edge past which at most the share `1 - q` lies."""
        enough = q * self.n - _TINY
        return np.where(enough > 0, self._first(lambda below: below >= enough), 0)

    def past(self, edge: Places) -> Array:
        """The conversations past an edge."""
        return self.n - self._below(edge)

    def _below(self, edge: Places) -> Array:
        if not self.upto.shape[1]:
            return np.zeros(self.plus.shape)
        flat, width, at = self.upto.reshape(-1), self.upto.shape[1], edge - 1
        counts: Array = flat.take(self.plus * width + at) - flat.take(self.minus * width + at)
        return np.where(edge > 0, counts, 0.0)

    def _first(self, found: Callable[[Array], NDArray[np.bool_]]) -> Places:
        """The first edge after the lowest for which `found` is true of what lies below it: it is true from some edge on."""
        low, high = np.zeros(self.plus.shape, dtype=np.int64), np.full(self.plus.shape, self.upto.shape[1])
        for _ in range(int(self.upto.shape[1]).bit_length()):
            middle = (low + high) // 2
            here = found(self._below(middle)) & (middle > 0)
            high, low = np.where(here, middle, high), np.where(here, low, middle)
        return high
