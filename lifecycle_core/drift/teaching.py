"""Which days teach how much days differ: those before the window under test, so that a drift never excuses itself."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.windows import DAY, LENGTHS, LONG, REFERENCE_HOURS, WEEK
from lifecycle_core.statistics.arrays import Array

TEACHING_DAYS: Final = 21
ENOUGH_DAYS: Final = 8
FEWEST_DAYS: Final = 7
ASSUMED_CORRELATION: Final = 0.01
"""The rough world's, taken as known until a week was seen: without it the first weekend alarms."""


@dataclass(frozen=True, slots=True)
class _Days:
    """`count` days, in UTC, the last of which ends at hour `end`; the last one first."""

    end: int
    count: int

    def among(self, hours: NDArray[np.int64], first: int) -> NDArray[np.int64]:
        """The day of each hour, the last being 0; -1 for one outside of the complete days since `first`."""
        day = (self.end - 1 - hours) // DAY
        inside = (hours < self.end) & (day < self.count) & (self.end - DAY * (day + 1) >= first)
        return np.where(inside, day, -1)


def midnight(hour: int) -> int:
    """The hour at which the day of `hour` begins, in UTC: days that teach are the calendar's, as what sets them apart is.

    >>> midnight(49)
    48
    """
    return hour // DAY * DAY


def teaching(hours: NDArray[np.int64], now: int, first: int) -> tuple[Array, NDArray[np.int64]]:
    """The days that teach each length as of hour `now`: (sets, days, r) float of 0 and 1, and the (lengths,) int set of each length.

    Up to a week: the complete days before the last 7, up to 21; longer: the 28 days before the window. With fewer than 8
    of these, all complete days before the window under test.

    hours : (r,) int, hours since 1970 in which conversations ended; first : int, the hour at which history begins.
    """
    sets: dict[_Days, int] = {}
    of_length = []
    enough: dict[_Days, bool] = {}
    for length in LENGTHS.tolist():
        begin = midnight(now - length)
        usual = _Days(begin, REFERENCE_HOURS // DAY) if length > LONG else _Days(midnight(now - WEEK), TEACHING_DAYS)
        if usual not in enough:
            enough[usual] = bool(np.count_nonzero(np.unique(usual.among(hours, first)) >= 0) >= ENOUGH_DAYS)
        chosen = usual if enough[usual] else _Days(begin, max(0, (begin - first) // DAY))
        of_length.append(sets.setdefault(chosen, len(sets)))
    days = np.stack([it.among(hours, first) for it in sets])
    most = max(1, *(it.count for it in sets))
    return (days[:, None, :] == np.arange(most)[:, None]).astype(float), np.array(of_length)
