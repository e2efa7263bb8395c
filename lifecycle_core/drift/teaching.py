"""Which days teach how much days differ: those before the window under test, so that a drift never excuses itself."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.histograms import Counted, Places
from lifecycle_core.drift.sums import Sums
from lifecycle_core.drift.windows import DAY, LENGTHS, LONG, REFERENCE_HOURS, WEEK
from lifecycle_core.statistics.arrays import Array

TEACHING_DAYS: Final = 21
ENOUGH_DAYS: Final = 8
FEWEST_DAYS: Final = 7
ASSUMED_CORRELATION: Final = 0.01
"""The rough world's, taken as known until a week was seen: without it the first weekend alarms."""


@dataclass(frozen=True)
class Days:
    """The sums of consecutive days, in UTC: days are the calendar's, as what sets them apart is.

    first : int, the first of them, in days since 1970; sums : (d,) leading.
    """

    first: int
    sums: Sums

    @cached_property
    def served(self) -> NDArray[np.int64]:
        """How many of the days before each place held a conversation: (d + 1,) int."""
        return np.concatenate([[0], np.cumsum(self.sums.of("conversations") > 0)])

    @cached_property
    def products(self) -> Array:
        """Running totals of the products of calls: (d + 1, k, k)."""
        upto = np.zeros((len(self.sums.products) + 1, *self.sums.products.shape[1:]))
        np.cumsum(self.sums.products, axis=0, out=upto[1:])
        return upto

    @cached_property
    def past(self) -> dict[str, Array]:
        """For cost and response time, the conversations past each edge: (d, b + 1)."""
        return {name: _past(it) for name, it in (("cost", self.sums.cost), ("latency", self.sums.latency))}


def _past(it: Counted) -> Array:
    past = np.zeros((len(it.counts), it.counts.shape[1] + 1))
    past[:, :-1] = np.cumsum(it.counts[:, ::-1], axis=1)[:, ::-1]
    return past


@dataclass(frozen=True)
class Teaching:
    """The days that teach: sets of consecutive ones among `days`.

    first : (s,) int, the place of a set's first day; count : (s,) int, how many it has; of : (...,) int, the set of each comparison.
    """

    days: Days
    first: Places
    count: Places
    of: Places

    def take(self, picks: tuple[Places, ...]) -> "Teaching":
        """The same for the comparisons at `picks` alone."""
        sets, of = np.unique(self.of[picks], return_inverse=True)
        return Teaching(self.days, self.first[sets], self.count[sets], of)

    def places(self, sets: Places) -> tuple[Places, NDArray[np.bool_]]:
        """The places of the days of `sets`, and which of them are meant: (..., m) each."""
        step = np.arange(int(self.count.max(initial=1)))
        meant = step < self.count[sets][..., None]
        return np.where(meant, self.first[sets][..., None] + step, 0), meant

    @cached_property
    def sums(self) -> Sums:
        """The sums of each set's days, (s, m); of the products only those over all days, (s, 1)."""
        places, meant = self.places(np.arange(len(self.first)))
        taught, nothing = self.days.sums, Counted(np.zeros((*places.shape, 0)), np.zeros((2, 0)))
        products = self.days.products[self.first + self.count] - self.days.products[self.first]
        return Sums(taught.scalars[places] * meant[..., None], taught.calls[places] * meant[..., None], products[:, None], nothing, nothing)


def teaching(days: Days, now: Places, first: Places) -> Teaching:
    """The days that teach each length as of hours `now`: `of` is (..., lengths).

    Up to a week: the complete days before the last 7, up to 21; longer: the 28 days before the window. With fewer than 8
    of these, all complete days before the window under test.

    now : (...,) int, hours since 1970; first : (...,) int, the hour at which history begins for each.
    """
    now, begin = now[..., None], -(-first[..., None] // DAY)
    before = (now - LENGTHS) // DAY
    end = np.where(LENGTHS > LONG, before, (now - WEEK) // DAY)
    start = np.maximum(end - np.where(LENGTHS > LONG, REFERENCE_HOURS // DAY, TEACHING_DAYS), begin)
    last = len(days.served) - 1
    served = days.served[np.clip(end - days.first, 0, last)] - days.served[np.clip(start - days.first, 0, last)]
    enough = served >= ENOUGH_DAYS
    end, start = np.where(enough, end, before), np.where(enough, start, begin)
    place = np.clip(start - days.first, 0, last)
    count = np.clip(np.clip(end - days.first, 0, last) - place, 0, None)
    sets, of = np.unique(place * (last + 1) + count, return_inverse=True)
    return Teaching(days, sets // (last + 1), sets % (last + 1), of.reshape(place.shape))


def taught_before(days: Days, shape: tuple[int, ...]) -> Teaching:
    """All of `days` for every comparison: those before a version took over, whose traffic goes on after it."""
    return Teaching(days, np.array([0]), np.array([len(days.served) - 1]), np.zeros(shape, dtype=np.int64))
