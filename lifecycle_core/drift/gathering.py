"""All sums of one check, taken from the table of rollups in one pass."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.scan import Windows
from lifecycle_core.drift.sliding import Span, conversations_a_day, kept
from lifecycle_core.drift.sums import Side, Sums
from lifecycle_core.drift.teaching import Days, taught_before, teaching
from lifecycle_core.drift.windows import DAY, DAY_PLACE, LENGTHS, recent_hours, reference_hours, reference_start
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.statistics.arrays import Array, floats

_LENGTHS: Final = len(LENGTHS)
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
    start : the hour at which the version's own time begins, as far as a check looks.
    first : the hour at which history begins; the present hour `now` where there is none. new : whether days before it teach.
    """

    table: RollupTable
    inside: NDArray[np.bool_]
    columns: Columns
    windows: Windows
    start: int
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
        added, days = _added(self.table, self.columns, left, np.concatenate(_lengths(self.table.hours, self.now)))
        whole = self.windows.take((np.arange(_LENGTHS),))
        first = int(self.table.hours[left].min(initial=self.now))
        taught = whole.teaching if self.new else teaching(days, np.array(self.now), np.array(first))
        return replace(whole, recent=added.at(slice(_LENGTHS)), reference=added.at(slice(_LENGTHS, None)), teaching=taught)

    @property
    def conversations_a_day(self) -> float:
        """The traffic of the reference: conversations a day up to a day ago."""
        return float(conversations_a_day(self.windows))


def gather(  # noqa: PLR0917 - what a check is made of
    table: RollupTable,
    columns: Columns,
    own: HourSpan,
    recent: HourSpan,
    reference: HourSpan,
    taught_by: Days | None = None,
    left_out: tuple[Span, ...] = (),
) -> Gathered:
    """The sums of a check.

    own : the version's own time up to the present hour; what lies outside is not looked at.
    recent, reference : the pair of spans that the reply shows.
    taught_by : the days that teach in place of the version's own, while it is new.
    left_out : the hours of drifts that have ended, which belong to no length; the pair that is shown holds them.
    """
    hours, now = table.hours, own.end
    whole = own.holds(hours)
    inside = whole & kept(table, left_out)
    first = int(hours[inside].min(initial=now))
    shown = (it.holds(hours) & whole for it in (recent, reference))
    chosen = [np.concatenate([lengths & inside, pair[None]]) for lengths, pair in zip(_lengths(hours, now), shown, strict=True)]
    added, days = _added(table, columns, whole, np.concatenate(chosen))
    start = np.append(np.maximum(reference_start(np.array(now)), first), reference.start)
    end = np.append(now - LENGTHS, reference.end)
    spans = _served_days(hours[inside], start, end)
    if taught_by is None:
        days = _days(table, columns, inside) if left_out else days
        taught = teaching(days, np.array(now), np.array(first))
        taught = replace(taught, of=np.append(taught.of, taught.of[DAY_PLACE]))
    else:
        taught = taught_before(taught_by, (_LENGTHS + 1,))
    each = _LENGTHS + 1
    span_days = np.append(LENGTHS, recent.end - recent.start) / DAY
    windows = Windows(added.at(slice(each)), added.at(slice(each, None)), span_days, spans, taught)
    return Gathered(table, inside, columns, windows, own.start, first, now, taught_by is not None)


def _days(table: RollupTable, columns: Columns, inside: NDArray[np.bool_]) -> Days:
    """The sums of the days of the rows `inside`."""
    return _added(table, columns, inside, np.zeros((0, len(table.hours)), dtype=np.bool_))[1]


def _lengths(hours: NDArray[np.int64], now: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which hours each length takes, and which it is compared with: (lengths, r) bool each."""
    return recent_hours(hours, now), reference_hours(hours, now)


def _added(table: RollupTable, columns: Columns, inside: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> tuple[Sums, Days]:
    """The sums of windows, each a choice of rows, (w, r) bool, and those of the days, over the rows `inside`.

    The rows of one day that the same windows choose are added up once, and all rows in one pass.
    """
    days = table.hours // DAY
    first, last = (int(it) for it in (days[inside].min(initial=2**62), days[inside].max(initial=-1)))
    if first > last:
        nothing = columns.sums(np.zeros((len(chosen), len(columns.places))))
        return nothing, Days(0, columns.sums(np.zeros((1, len(columns.places)))))
    windows = np.arange(len(chosen), dtype=np.int64)
    patterns, pattern = np.unique((chosen & inside).T @ (1 << windows), return_inverse=True)
    keys, group = np.unique(np.where(inside, (days - first) * len(patterns) + pattern, -1), return_inverse=True)
    outside = int(keys[0] < 0)
    grouped = columns.by_group(table.entries, group - outside, len(keys) - outside)
    of_day, of_pattern = np.divmod(keys[outside:], len(patterns))
    member = (patterns[of_pattern] >> windows[:, None]) & 1
    by_day = np.zeros((last - first + 1, grouped.shape[1]))
    served, begins = np.unique(of_day, return_index=True)
    by_day[served] = np.add.reduceat(grouped, begins, axis=0)
    return columns.sums(floats(member) @ grouped), Days(first, columns.sums(by_day))


def _served_days(hours: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> Array:
    """The days that windows `[start, end)` span, (lengths,) float, or those that hold a conversation where these are fewer.

    A trial a month ago, or weekends off, make no traffic thinner than it is on the days that it came.
    """
    served = np.unique(hours // DAY)
    touched = np.searchsorted(served, (end - 1) // DAY, "right") - np.searchsorted(served, start // DAY)
    return floats(np.clip(np.minimum((end - start) / DAY, touched), 0.0, None))
