"""Sums of any span of hours, at any hour: differences of running totals on a dense grid of hours."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.windows import DAY
from lifecycle_core.statistics.arrays import Array, floats

Hours = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RunningHours:
    """Running totals by hour since `start`, a midnight in UTC.

    upto : (hours + 1,) float, whole days of them; alike : the same, adding only every 24th.
    """

    start: int
    upto: Array
    alike: Array

    @classmethod
    def of(cls, hours: Hours, values: Array, first: int, end: int) -> Self:
        """The totals of (r,) values at (r,) hours, from the midnight before `first` to the one after `end`; others are left out.

        >>> day = RunningHours.of(np.array([1, 1, 30]), np.array([2.0, 3.0, 4.0]), 0, 48)
        >>> day.between(np.array([0, 24]), np.array([24, 48])).tolist()
        [5.0, 4.0]
        """
        start = first // DAY * DAY
        length = -(-(end - start) // DAY) * DAY
        inside = (hours >= start) & (hours < end)
        by_hour = np.bincount(hours[inside] - start, weights=values[inside], minlength=length)
        upto = np.concatenate([[0.0], np.cumsum(by_hour)])
        whole = np.concatenate([upto, np.zeros(-len(upto) % DAY)])
        return cls(start, upto, floats(whole.reshape(-1, DAY).cumsum(axis=0).ravel()[: len(upto)]))

    def between(self, begin: Hours, end: Hours) -> Array:
        """The sums of the spans `[begin, end)` of hours: broadcastable ints."""
        return self.upto[end - self.start] - self.upto[begin - self.start]

    def alike_between(self, begin: Hours, end: Hours, days: int) -> Array:
        """The sums of the spans `[begin, end)` of hours, under a day each, on each of the `days` before theirs.

        >>> week = RunningHours.of(np.arange(168), np.arange(168.0), 0, 168)
        >>> float(week.alike_between(np.array(150), np.array(151), 2))
        228.0
        """
        end, begin = end - self.start - DAY, begin - self.start - DAY
        far = days * DAY
        return (self.alike[end] - self.alike[end - far]) - (self.alike[begin] - self.alike[begin - far])

    def days(self) -> Array:
        """The sums of whole days in UTC, from `start` on: (days,)."""
        return np.diff(self.upto[::DAY])
