"""All sums of one check, taken from the table of rollups in one pass."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.scan import Windows
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.teaching import Days, Teaching, taught_before, teaching
from lifecycle_core.drift.windows import DAY, LENGTHS, recent_hours, reference_hours, reference_start
from lifecycle_core.rollups import RollupTable
from lifecycle_core.statistics.arrays import Array, floats

_LENGTHS: Final = len(LENGTHS)
_DAY_PLACE: Final = int(np.flatnonzero(LENGTHS == DAY)[0])
_LAST: Final = np.array(-1)


@dataclass(frozen=True, slots=True)
class HourSpan:
    """The half-open span `[start, end)` of hours since 1970."""

    start: int
    end: int

    def cut(self, first: int) -> Self:
        """What of the span lies at or after hour `first`."""
        return type(self)(min(max(self.start, first), self.end), self.end)

    def holds(self, hours: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of (r,) hours lie inside: (r,) bool."""
        inside: NDArray[np.bool_] = (hours >= self.start) & (hours < self.end)
        return inside


@dataclass(frozen=True)
class Gathered:
    """The sums of a check.

    table : what was added up; inside : (r,) bool, the rows that the scan looks at; columns : which parts of them are in use.
    windows : what is compared, over all conversations: each length, and last the pair that the reply shows: (lengths + 1,).
    first : the hour at which history begins; the present hour `now` where there is none. new : whether days before it teach.
    """

    table: RollupTable
    inside: NDArray[np.bool_]
    columns: Columns
    windows: Windows
    first: int
    now: int
    new: bool

    @property
    def shown_recent(self) -> Side:
        """The recent sums of the pair that the reply shows."""
        return self.windows.recent.take((_LAST,))

    @property
    def shown_reference(self) -> Side:
        """The sums that it is compared with."""
        return self.windows.reference.take((_LAST,))

    @cached_property
    def broken(self) -> NDArray[np.bool_]:
        """The rows of conversations that a provider's fault broke: (r,) bool."""
        broken: NDArray[np.bool_] = self.inside & self.table.provider_fault
        return broken

    def without_broken(self) -> Windows:
        """The windows of all lengths without the conversations that a provider's fault broke; nor do these teach how days differ."""
        left = self.inside & ~self.broken
        added = self.columns.sums(_added(self.table, self.columns, left, np.concatenate(_lengths(self.table.hours, self.now))))
        whole = self.windows.take((np.arange(_LENGTHS),))
        taught = whole.teaching if self.new else _taught(self.table, self.columns, left, self.now)
        return replace(whole, recent=added.at(slice(_LENGTHS)), reference=added.at(slice(_LENGTHS, None)), teaching=taught)

    @property
    def conversations_a_day(self) -> float:
        """The traffic of the reference: conversations a day up to a day ago."""
        return float(self.windows.reference.of("conversations")[_DAY_PLACE] / max(1.0, self.windows.reference_days[_DAY_PLACE]))


def gather(  # noqa: PLR0917 - what a check is made of
    table: RollupTable,
    columns: Columns,
    own: HourSpan,
    recent: HourSpan,
    reference: HourSpan,
    taught_by: Days | None = None,
    left_out: tuple[HourSpan, ...] = (),
) -> Gathered:
    """The sums of a check.

    own : the version's own time up to the present hour; what lies outside is not looked at.
    recent, reference : the pair of spans that the reply shows.
    taught_by : the days that teach in place of the version's own, while it is new.
    left_out : the hours of drifts that have ended, which belong to no length; the pair that is shown holds them.
    """
    hours, now = table.hours, own.end
    whole = own.holds(hours)
    inside = whole.copy()
    for it in left_out:
        inside &= ~it.holds(hours)
    first = int(hours[inside].min(initial=now))
    shown = (it.holds(hours) & whole for it in (recent, reference))
    chosen = [np.concatenate([lengths & inside, pair[None]]) for lengths, pair in zip(_lengths(hours, now), shown, strict=True)]
    added = columns.sums(_added(table, columns, whole, np.concatenate(chosen)))
    start = np.append(np.maximum(reference_start(np.array(now)), first), reference.start)
    end = np.append(now - LENGTHS, reference.end)
    spans = _served_days(hours[inside], start, end)
    if taught_by is None:
        taught = _taught(table, columns, inside, now)
        taught = replace(taught, of=np.append(taught.of, taught.of[_DAY_PLACE]))
    else:
        taught = taught_before(taught_by, (_LENGTHS + 1,))
    each = _LENGTHS + 1
    days = np.append(LENGTHS, recent.end - recent.start) / DAY
    windows = Windows(added.at(slice(each)), added.at(slice(each, None)), days, spans, taught)
    return Gathered(table, inside, columns, windows, first, now, taught_by is not None)


def _taught(table: RollupTable, columns: Columns, inside: NDArray[np.bool_], now: int) -> Teaching:
    """The days of the rows `inside` that teach each length."""
    first = int(table.hours[inside].min(initial=now))
    day = first // DAY
    by_day = columns.by_group(table.entries, np.where(inside, table.hours // DAY - day, -1), -(-now // DAY) - day)
    return teaching(Days(day, columns.sums(by_day)), np.array(now), np.array(first))


def _lengths(hours: NDArray[np.int64], now: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which hours each length takes, and which it is compared with: (lengths, r) bool each."""
    return recent_hours(hours, now), reference_hours(hours, now)


def _added(table: RollupTable, columns: Columns, inside: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> Array:
    """The sums of windows, each a choice of rows, (w, r) bool: rows that the same windows choose are added up once."""
    bits = (chosen & inside).T @ (1 << np.arange(len(chosen), dtype=np.int64))
    patterns, group = np.unique(bits, return_inverse=True)
    kept = patterns != 0
    groups: Places = np.where(kept, np.cumsum(kept) - 1, -1)[group]
    member = (patterns[kept] >> np.arange(len(chosen), dtype=np.int64)[:, None]) & 1
    added: Array = floats(member) @ columns.by_group(table.entries, groups, int(kept.sum()))
    return added


def _served_days(hours: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> Array:
    """The days that windows `[start, end)` span, (lengths,) float, or those that hold a conversation where these are fewer.

    A trial a month ago, or weekends off, make no traffic thinner than it is on the days that it came.
    """
    served = np.unique(hours // DAY)
    touched = np.searchsorted(served, (end - 1) // DAY, "right") - np.searchsorted(served, start // DAY)
    return floats(np.clip(np.minimum((end - start) / DAY, touched), 0.0, None))
