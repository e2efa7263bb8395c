"""Sufficient statistics that add: logarithmic histograms, and symmetric products in a row."""

from dataclasses import dataclass
from math import ceil, floor, log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class LogBins:
    """Bins whose edges grow by a constant ratio, so that a quantile is known to a relative accuracy.

    low, high : float > 0, the first and the last inner edge; what lies outside falls in the first or the last bin.
    ratio : float > 1, each edge over the one before it; a value read off its bin is off by at most `ratio - 1`.

    >>> bins = LogBins(low=0.01, high=100, ratio=1.5)
    >>> bins.count
    24
    >>> int(bins.index([1.0])[0])
    11

    References: Masson, Rim and Lee 2019, DDSketch.
    """

    low: float
    high: float
    ratio: float

    @property
    def count(self) -> int:
        """How many bins there are, both outer ones included."""
        return ceil(log(self.high / self.low) / log(self.ratio)) + 1

    def index(self, values: ArrayLike) -> NDArray[np.int64]:
        """The bin of each value: (n,) float, positive -> (n,) int."""
        position = np.log(np.maximum(np.asarray(values, dtype=float), self.low) / self.low) / np.log(self.ratio)
        place: NDArray[np.int64] = np.floor(position).astype(np.int64)
        return np.minimum(place, self.count - 1)

    def of(self, value: float) -> int:
        """The bin of one positive value.

        >>> LogBins(low=0.01, high=100, ratio=1.5).of(1.0)
        11
        """
        return min(floor(log(max(value, self.low) / self.low) / log(self.ratio)), self.count - 1)

    def edges(self) -> NDArray[np.float64]:
        """The bins' edges: (count + 1,) float; bin b holds `[edges[b], edges[b + 1])`."""
        edges: NDArray[np.float64] = self.low * np.power(self.ratio, np.arange(self.count + 1, dtype=float))
        return edges


LATENCY_BINS: Final = LogBins(low=0.01, high=3600.0, ratio=1.02)
"""Seconds, to 2%."""
COST_BINS: Final = LogBins(low=1e-6, high=100.0, ratio=1.05)
"""US dollars, to 5%."""


def pair_index(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and columns of the upper triangle of a (size, size) matrix, in the order in which products are kept.

    >>> [pair.tolist() for pair in pair_index(2)]
    [[0, 0, 1], [0, 1, 1]]
    """
    rows, columns = np.triu_indices(size)
    return rows, columns
