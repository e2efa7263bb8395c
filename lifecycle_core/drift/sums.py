"""The sums of windows: of a few, added up, or of every window at once, as differences of running totals."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.rollups import ACTIONS, COST, LATENCY, PRODUCTS, SCALARS, WIDTH, Entries, scalar
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.ranks import quantile
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, pair_index

_TINY: Final = 1e-9
Places = NDArray[np.int64]


class Histogram(Protocol):
    """Conversations by logarithmic bin, of many windows: (...,)."""

    @property
    def n(self) -> Array:
        """The conversations in all bins: (...,)."""

    def quantile(self, q: float) -> Array:
        """The value below which the share `q` lies: (...,); NaN for an empty window."""

    def percentile(self, q: float) -> Places:
        """The first edge, by its place, past which at most the share `1 - q` lies: (...,)."""

    def past(self, edge: Places) -> Array:
        """The conversations past an edge, by its place: (...,)."""


class Side(Protocol):
    """The sums of one side of many comparisons: axes (...,), as the windows are asked for."""

    @property
    def calls(self) -> Array:
        """The calls by action slot in use: (..., k)."""

    @property
    def latency(self) -> Histogram:
        """Conversations by response time, seconds."""

    @property
    def cost(self) -> Histogram:
        """Conversations by cost, US dollars."""

    def of(self, name: str) -> Array:
        """The plain sum `name`: (...,)."""

    def take(self, picks: tuple[Places, ...]) -> "Sums":
        """The sums of the windows at `picks` alone: (c,)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A histogram whose bins are at hand: counts (..., b) float, edges (b + 1,) float."""

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
class Sums:
    """The sums of windows; the leading axes are whichever windows were asked for.

    scalars : (..., s) float, in the order of `SCALARS`.
    calls : (..., k) float; products : (..., k, k) float, of the k action slots in use.
    latency, cost : histograms over the bins in use.
    """

    scalars: Array
    calls: Array
    products: Array
    latency: Counted
    cost: Counted

    def of(self, name: str) -> Array:
        """The plain sum `name`: (...,) float."""
        return self.scalars[..., scalar(name)]

    def take(self, picks: tuple[Places, ...]) -> "Sums":
        """The sums of the windows at `picks` alone."""
        return self.at(picks)

    def at(self, place: int | slice | Places | tuple[Places, ...]) -> "Sums":
        """The sums of the windows at `place` of the leading axes."""
        return Sums(
            self.scalars[place],
            self.calls[place],
            self.products[place],
            Counted(self.latency.counts[place], self.latency.edges),
            Counted(self.cost.counts[place], self.cost.edges),
        )

    def less(self, other: "Sums") -> "Sums":
        """What is left of these sums without `other`, a part of them."""
        return Sums(
            self.scalars - other.scalars,
            self.calls - other.calls,
            self.products - other.products,
            Counted(self.latency.counts - other.latency.counts, self.latency.edges),
            Counted(self.cost.counts - other.cost.counts, self.cost.edges),
        )


@dataclass(frozen=True)
class Columns:
    """Which parts of a rollup are in use: the others are zeros that nobody need add.

    slots : (k,) int, action slots; square : (k, k) int, where each product stands among `products`.
    products : (p,) int, the places of the slots' products in the vector; latency, cost : slices of the vector.
    """

    slots: Places
    square: Places
    products: Places
    latency: slice
    cost: slice

    @classmethod
    def used(cls, *tables: Entries) -> Self:
        """The columns that hold anything in any of the tables."""
        total = sum((np.bincount(it.place, minlength=WIDTH) for it in tables), np.zeros(WIDTH, dtype=np.int64))
        slots = np.flatnonzero(total[ACTIONS])
        rows, columns = pair_index(len(slots))
        square = np.zeros((len(slots), len(slots)), dtype=np.int64)
        square[rows, columns] = square[columns, rows] = np.arange(len(rows))
        return cls(slots, square, _products()[slots[rows], slots[columns]], _extent(total, LATENCY), _extent(total, COST))

    @cached_property
    def places(self) -> Places:
        """The places in the vector of all columns in use: plain sums, calls, products, response times, costs."""
        histograms = (np.arange(part.start, part.stop) for part in (self.latency, self.cost))
        return np.concatenate([np.arange(len(SCALARS)), ACTIONS.start + self.slots, self.products, *histograms])

    @cached_property
    def column(self) -> Places:
        """The column of each place in the vector; -1 where it is not in use: (WIDTH,)."""
        column = np.full(WIDTH, -1, dtype=np.int64)
        column[self.places] = np.arange(len(self.places))
        return column

    @cached_property
    def ends(self) -> tuple[int, int, int, int]:
        """Where plain sums, calls, products and response times end among the columns."""
        calls = len(SCALARS) + len(self.slots)
        products = calls + len(self.products)
        return len(SCALARS), calls, products, products + self.latency.stop - self.latency.start

    @cached_property
    def edges(self) -> tuple[Array, Array]:
        """The edges of the bins in use: of response times, seconds, and of costs, US dollars."""
        return (
            LATENCY_BINS.edges()[self.latency.start - LATENCY.start : self.latency.stop - LATENCY.start + 1],
            COST_BINS.edges()[self.cost.start - COST.start : self.cost.stop - COST.start + 1],
        )

    def by_group(self, entries: Entries, group: Places, groups: int) -> Array:
        """The sums of groups of rows: (groups, columns).

        group : (r,) int, the group of each row; -1 for one that belongs to none.
        """
        width = len(self.places)
        at, column = group[entries.row], self.column[entries.place]
        if len(at) and (int(at.min()) < 0 or int(column.min()) < 0):
            chosen = (at >= 0) & (column >= 0)
            added = np.bincount(at[chosen] * width + column[chosen], entries.value[chosen], minlength=groups * width)
        else:
            added = np.bincount(at * width + column, entries.value, minlength=groups * width)
        by_group: Array = floats(added).reshape(groups, width)
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


def _products() -> Places:
    """Where the product of two slots stands in the vector."""
    whole = np.zeros((ACTIONS.stop - ACTIONS.start,) * 2, dtype=np.int64)
    whole[np.triu_indices(len(whole))] = np.arange(PRODUCTS.start, PRODUCTS.stop)
    return whole


def _extent(total: Places, part: slice) -> slice:
    used = np.flatnonzero(total[part])
    return slice(part.start + int(used[0]), part.start + int(used[-1]) + 1) if len(used) else slice(part.start, part.start)


@dataclass(frozen=True)
class Running:
    """Running totals: a window is the difference of two of their rows.

    upto : (rows, columns) float, of which a row is the sum of all before it; histograms are summed over their bins as well.
    """

    columns: Columns
    upto: Array

    @classmethod
    def over(cls, columns: Columns, steps: Array) -> Self:
        """The totals of (steps, columns) sums: one row more than there are steps."""
        upto = np.zeros((len(steps) + 1, steps.shape[1]))
        np.cumsum(steps, axis=0, out=upto[1:])
        _, _, products, latency = columns.ends
        for part in (slice(products, latency), slice(latency, steps.shape[1])):
            np.cumsum(upto[:, part], axis=1, out=upto[:, part])
        return cls(columns, upto)

    def side(self, plus: Places, minus: Places) -> "RunningSide":
        """The windows from row `minus` to row `plus`: any axes."""
        return RunningSide(self, plus, minus)

    def sums(self, plus: Places, minus: Places) -> Sums:
        """Their sums, added up."""
        added = self.upto[plus] - self.upto[minus]
        _, _, products, latency = self.columns.ends
        for part in (slice(products, latency), slice(latency, added.shape[-1])):
            added[..., part] = np.diff(added[..., part], axis=-1, prepend=0.0)
        return self.columns.sums(added)


@dataclass(frozen=True, slots=True)
class RunningSide:
    """One side of many comparisons, as rows of running totals: plus, minus : (...,) int."""

    running: Running
    plus: Places
    minus: Places

    @property
    def calls(self) -> Array:
        """The calls by action slot in use."""
        scalars, calls, _, _ = self.running.columns.ends
        upto = self.running.upto[:, scalars:calls]
        return upto[self.plus] - upto[self.minus]

    @property
    def latency(self) -> "RunningHistogram":
        """Conversations by response time."""
        _, _, products, latency = self.running.columns.ends
        return RunningHistogram(self.running.upto[:, products:latency], self.running.columns.edges[0], self.plus, self.minus)

    @property
    def cost(self) -> "RunningHistogram":
        """Conversations by cost."""
        latency = self.running.columns.ends[-1]
        return RunningHistogram(self.running.upto[:, latency:], self.running.columns.edges[1], self.plus, self.minus)

    def of(self, name: str) -> Array:
        """The plain sum `name`."""
        upto = self.running.upto[:, scalar(name)]
        return upto[self.plus] - upto[self.minus]

    def take(self, picks: tuple[Places, ...]) -> Sums:
        """The sums of the windows at `picks` alone."""
        return self.running.sums(self.plus[picks], self.minus[picks])


@dataclass(frozen=True, slots=True)
class RunningHistogram:
    """The histogram of many windows, of which only running totals are at hand: upto (rows, b), summed over rows and over bins."""

    upto: Array
    edges: Array
    plus: Places
    minus: Places

    @property
    def n(self) -> Array:
        """The conversations in all bins."""
        return self._below(np.full(self.plus.shape, self.upto.shape[1]))

    def quantile(self, q: float) -> Array:
        """The value below which the share `q` lies, interpolated in its bin on the logarithmic scale."""
        n = self.n
        if not self.upto.shape[1]:
            return np.full(n.shape, np.nan)
        wanted = min(q, 1 - 1e-12) * n
        edge = self._first(lambda below: below > wanted)
        below, here = self._below(edge - 1), self._below(edge)
        share = (wanted - below) / np.where(here > below, here - below, 1.0)
        logs = np.log(self.edges)
        value: Array = np.exp(logs[edge - 1] + share * (logs[edge] - logs[edge - 1]))
        return np.where(n > 0, value, np.nan)

    def percentile(self, q: float) -> Places:
        """The first edge past which at most the share `1 - q` lies."""
        enough = q * self.n - _TINY
        return np.where(enough > 0, self._first(lambda below: below >= enough), 0)

    def past(self, edge: Places) -> Array:
        """The conversations past an edge."""
        return self.n - self._below(edge)

    def _below(self, edge: Places) -> Array:
        at = edge - 1
        counts = self.upto[self.plus, at] - self.upto[self.minus, at] if self.upto.shape[1] else np.zeros(self.plus.shape)
        return np.where(edge > 0, counts, 0.0)

    def _first(self, found: "Found") -> Places:
        """The first edge after the lowest for which `found` is true of what lies below it: it is true from some edge on."""
        low, high = np.zeros(self.plus.shape, dtype=np.int64), np.full(self.plus.shape, self.upto.shape[1])
        for _ in range(int(self.upto.shape[1]).bit_length()):
            middle = (low + high) // 2
            here = found(self._below(middle)) & (middle > 0)
            high, low = np.where(here, middle, high), np.where(here, low, middle)
        return high


class Found(Protocol):
    """A condition on what lies below an edge."""

    def __call__(self, below: Array, /) -> NDArray[np.bool_]:
        """Whether it holds."""
