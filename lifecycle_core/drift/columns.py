"""Which parts of a rollup are in use, and the sums of groups of rows over them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from lifecycle_core.drift.histograms import Counted, Places
from lifecycle_core.drift.sums import Sums
from lifecycle_core.rollup_tables import Entries
from lifecycle_core.rollups import ACTIONS, COST, LATENCY, PRODUCTS, SCALARS, WIDTH
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, LogBins, pair_index


@dataclass(frozen=True)
class Columns:
    """Which parts of a rollup are in use: the others are zeros that nobody need add.

    slots : (k,) int, action slots; square : (k, k) int, where each product stands among `products`.
    products, latency, cost : int, the places in the vector of the slots' products and of the bins in use.
    """

    slots: Places
    square: Places
    products: Places
    latency: Places
    cost: Places

    @classmethod
    def used(cls, *tables: Entries) -> Self:
        """The columns that hold anything in any of the tables."""
        used = np.zeros(WIDTH, dtype=np.bool_)
        for it in tables:
            used[it.place] = True
        slots = np.flatnonzero(used[ACTIONS])
        rows, columns = pair_index(len(slots))
        square = np.zeros((len(slots), len(slots)), dtype=np.int64)
        square[rows, columns] = square[columns, rows] = np.arange(len(rows))
        latency, cost = (part.start + np.flatnonzero(used[part]) for part in (LATENCY, COST))
        return cls(slots, square, _PRODUCTS[slots[rows], slots[columns]], latency, cost)

    @cached_property
    def places(self) -> Places:
        """The places in the vector of all columns in use: plain sums, calls, products, response times, costs."""
        return np.concatenate([np.arange(len(SCALARS)), ACTIONS.start + self.slots, self.products, self.latency, self.cost])

    @cached_property
    def column(self) -> Places:
        """The column of each place in the vector; -1 where it is not in use: (WIDTH,)."""
        column = np.full(WIDTH, -1, dtype=np.int64)
        column[self.places] = np.arange(len(self.places))
        return column

    @cached_property
    def ends(self) -> tuple[int, int, int, int]:
        """Where plain sums, calls, products and response times end among the columns."""
        ends = np.cumsum([len(SCALARS), len(self.slots), len(self.products), len(self.latency)]).tolist()
        return ends[0], ends[1], ends[2], ends[3]

    @cached_property
    def edges(self) -> tuple[Array, Array]:
        """The low and the high edges of the bins in use: of response times, seconds, and of costs, US dollars: (2, b) each."""
        return _edges(LATENCY_BINS, self.latency - LATENCY.start), _edges(COST_BINS, self.cost - COST.start)

    def by_group(self, entries: Entries, group: Places, groups: int) -> Array:
        """The sums of groups of rows: (groups, columns).

        entries : of a table whose columns these are. group : (r,) int, the group of each row; -1 for one that belongs to none.
        """
        width = len(self.places)
        at, values = group[entries.row], entries.value
        column = self.column[entries.place]
        if int(group.min(initial=0)) < 0:
            chosen = at >= 0
            at, column, values = at[chosen], column[chosen], values[chosen]
        at *= width
        at += column
        by_group: Array = floats(np.bincount(at, values, minlength=groups * width)).reshape(groups, width)
        return by_group

    def sums(self, added: Array) -> Sums:
        """The sums that (..., columns) hold."""
        scalars, calls, products, latency = self.ends
        return Sums(
            added[..., :scalars],
            added[..., scalars:calls],
            added[..., calls:products][..., self.square],
            Counted(added[..., products:latency], self.edges[0]),
            Counted(added[..., latency:], self.edges[1]),
        )


def _edges(bins: LogBins, places: Places) -> Array:
    edges = bins.edges()
    return np.stack([edges[places], edges[places + 1]])


def _products() -> Places:
    """Where the product of two slots stands in the vector."""
    whole = np.zeros((ACTIONS.stop - ACTIONS.start,) * 2, dtype=np.int64)
    whole[np.triu_indices(len(whole))] = np.arange(PRODUCTS.start, PRODUCTS.stop)
    return whole


_PRODUCTS = _products()
