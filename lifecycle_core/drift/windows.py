"""The windows of a check and their sums: one product of a 0/1 matrix, windows by hours, with the table of rollups."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Window, hour_of
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Policy
from lifecycle_core.rollups import ACTIONS, COST, LATENCY, PRODUCTS, SCALARS, scalar
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, pair_index

LENGTHS: Final = np.array([1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 168, 336, 504])
"""The lengths of the scan, in hours."""
DAY: Final = 24
WEEK: Final = 7 * DAY
REFERENCE_HOURS: Final = 28 * DAY
LONG: Final = WEEK
"""Past this length a window has 28 days of reference of its own before it; up to it, the reference begins 28 days before now."""
LOOK_BACK_HOURS: Final = int(LENGTHS[-1]) + REFERENCE_HOURS

_EARLIEST, _LATEST = 1970, 9000


def span(policy: Policy, at: datetime) -> Window:
    """The hours of rollups that a check as of `at` needs: 49 days, or the policy's reference where that is longer.

    Raises InvalidInputError for an instant without a zone, or too far off to have been meant.

    >>> from datetime import UTC
    >>> span(Policy(), datetime(2025, 10, 7, 12, 59, tzinfo=UTC)).start.isoformat()
    '2025-08-19T12:00:00+00:00'
    """
    if at.tzinfo is None:
        message = f"at is {at.isoformat()} and has no zone; add one, such as {at.isoformat()}Z for UTC"
        raise InvalidInputError(message, field="at")
    if not _EARLIEST < at.year < _LATEST:
        message = f"at is {at.isoformat()}; give an instant between the years {_EARLIEST} and {_LATEST}"
        raise InvalidInputError(message, field="at")
    return Window.before(hour_of(at), hours=max(LOOK_BACK_HOURS, policy.reference_days * DAY, policy.recent_hours))


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of windows; the leading axes are whichever windows were asked for.

    scalars : (..., s) float, in the order of `SCALARS`.
    calls : (..., k) float; products : (..., k, k) float, of the k action slots in use.
    latency : (..., b) float; cost : (..., c) float; of the bins in use.
    """

    scalars: Array
    calls: Array
    products: Array
    latency: Array
    cost: Array

    def of(self, name: str) -> Array:
        """The plain sum `name`: (...,) float."""
        return self.scalars[..., scalar(name)]

    def at(self, place: int | slice) -> Self:
        """The sums of the windows at `place` of the leading axis."""
        return type(self)(self.scalars[place], self.calls[place], self.products[place], self.latency[place], self.cost[place])

    def less(self, other: Self) -> Self:
        """What is left of these sums without `other`, a part of them."""
        return type(self)(
            self.scalars - other.scalars,
            self.calls - other.calls,
            self.products - other.products,
            self.latency - other.latency,
            self.cost - other.cost,
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """Which parts of a rollup are in use in a table: the others are zeros that nobody need add.

    slots : (k,) int, action slots; square : (k, k) int, where each product stands among `products`.
    products : the places of the slots' products in the vector; latency, cost : slices of the vector.
    """

    slots: NDArray[np.int64]
    square: NDArray[np.int64]
    products: NDArray[np.int64]
    latency: slice
    cost: slice

    @classmethod
    def used(cls, sums: Array) -> Self:
        """The columns that hold anything in (r, WIDTH) sums."""
        total = sums[:, : PRODUCTS.start].sum(axis=0)
        slots = np.flatnonzero(total[ACTIONS])
        rows, columns = pair_index(len(slots))
        whole = np.zeros((ACTIONS.stop - ACTIONS.start,) * 2, dtype=np.int64)
        whole[np.triu_indices(len(whole))] = np.arange(PRODUCTS.start, PRODUCTS.stop)
        square = np.zeros((len(slots), len(slots)), dtype=np.int64)
        square[rows, columns] = square[columns, rows] = np.arange(len(rows))
        return cls(slots, square, whole[slots[rows], slots[columns]], _extent(total, LATENCY), _extent(total, COST))

    def latency_edges(self) -> Array:
        """The edges of the latency bins in use, seconds."""
        return LATENCY_BINS.edges()[self.latency.start - LATENCY.start : self.latency.stop - LATENCY.start + 1]

    def cost_edges(self) -> Array:
        """The edges of the cost bins in use, US dollars."""
        return COST_BINS.edges()[self.cost.start - COST.start : self.cost.stop - COST.start + 1]

    def add_up(self, windows: Array, days: Array, sums: Array) -> tuple[Sums, Sums]:
        """The sums of windows and of days: (w, r) and (..., r) float weights of (r, WIDTH) float rows.

        Days are summed without their histograms, which nobody asks for.
        """
        light = self.light()
        added = np.concatenate([windows, days.reshape(-1, days.shape[-1])]) @ sums[:, light]
        whole, taught = added[: len(windows)], added[len(windows) :].reshape(*days.shape[:-1], len(light))
        nothing = np.zeros((*days.shape[:-1], 0))
        histograms = windows @ sums[:, self.latency], windows @ sums[:, self.cost]
        return Sums(*self.parts(whole), *histograms), Sums(*self.parts(taught), nothing, nothing)

    def light(self) -> NDArray[np.int64]:
        """The places in the vector of all but the histograms: plain sums, calls, products."""
        return np.concatenate([np.arange(len(SCALARS)), ACTIONS.start + self.slots, self.products])

    def parts(self, added: Array) -> tuple[Array, Array, Array]:
        """Plain sums, calls and products, (..., k, k), from the columns of `light`."""
        calls, products = len(SCALARS), len(SCALARS) + len(self.slots)
        return added[..., :calls], added[..., calls:products], added[..., products:][..., self.square]


def _extent(total: Array, part: slice) -> slice:
    used = np.flatnonzero(total[part])
    return slice(part.start + int(used[0]), part.start + int(used[-1]) + 1) if len(used) else slice(part.start, part.start)


def recent_hours(hours: NDArray[np.int64], now: int) -> Array:
    """Which of (r,) hours lie in the last L: (lengths, r) float of 0 and 1."""
    return ((hours >= now - LENGTHS[:, None]) & (hours < now)).astype(float)


def reference_hours(hours: NDArray[np.int64], now: int) -> Array:
    """Which of (r,) hours each length is compared with: (lengths, r) float of 0 and 1.

    Under a day only like hours of the days before count; from a day on, all hours.
    """
    lengths = LENGTHS[:, None]
    like = (lengths >= DAY) | ((now - 1 - hours) % DAY < lengths)
    return ((hours >= reference_start(now)[:, None]) & (hours < now - lengths) & like).astype(float)


def reference_start(now: int) -> NDArray[np.int64]:
    """The first hour of each length's reference: (lengths,) int."""
    return np.where(LENGTHS > LONG, now - LENGTHS - REFERENCE_HOURS, now - REFERENCE_HOURS)


def instant(hour: int) -> datetime:
    """The instant, in UTC, at which hour `hour` since 1970 begins.

    >>> instant(24).isoformat()
    '1970-01-02T00:00:00+00:00'
    """
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(hours=hour)
