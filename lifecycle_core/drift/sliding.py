"""All hours of a history at once: its rollups as running totals, from which every window is a difference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.running import Running, RunningSide
from lifecycle_core.drift.scan import Windows
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.teaching import Days, taught_before, teaching
from lifecycle_core.drift.windows import DAY, DAY_PLACE, LENGTHS, LOOK_BACK_HOURS, REFERENCE_HOURS, reference_start
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.statistics.arrays import Array, floats

_SHORT: Final = LENGTHS < DAY
Span = tuple[int, int]
"""The hours `[start, end)` since 1970."""


@dataclass(frozen=True)
class History:
    """The hours of a version, as running totals.

    start : int, hour since 1970, at midnight; hours : how many follow it.
    held : (hours,) bool, those in which a conversation ended.
    total : all hours in order, and after them, from row `hours + 1` on, of each hour its like of the 27 days before it.
    days : the sums of its days.
    """

    start: int
    hours: int
    held: NDArray[np.bool_]
    total: Running
    days: Days

    @classmethod
    def of(cls, table: RollupTable, columns: Columns, start: int, end: int, chosen: NDArray[np.bool_] | None = None) -> Self:
        """The history of a table's rows in the hours `[start, end)`; of those `chosen` among them, where given: (r,) bool."""
        inside = (table.hours >= start) & (table.hours < end)
        if chosen is not None:
            inside &= chosen
        midnight = start // DAY * DAY
        hours = -(-(end - midnight) // DAY) * DAY
        by_hour = columns.by_group(table.entries, np.where(inside, table.hours - midnight, -1), hours)
        upto = Running.over(columns, by_hour)
        held = np.zeros(hours, dtype=np.bool_)
        held[table.hours[inside] - midnight] = True
        days = Days(midnight // DAY, columns.sums(by_hour.reshape(hours // DAY, DAY, -1).sum(axis=1)))
        return cls(midnight, hours, held, upto.then(_like(upto)), days)

    @cached_property
    def served(self) -> NDArray[np.int64]:
        """How many of the days before each held a conversation: (days + 1,) int."""
        return np.concatenate([[0], np.cumsum(self.held.reshape(-1, DAY).any(axis=1))])

    def first(self, ends: Places) -> Places:
        """The hour at which history begins for checks as of `ends`: the first that held anything within the look-back; else the end."""
        held = np.append(np.flatnonzero(self.held) + self.start, np.iinfo(np.int64).max)
        first: Places = np.minimum(held[np.searchsorted(held, ends - LOOK_BACK_HOURS)], ends)
        return first

    def windows(self, ends: Places, taught_by: Days | None = None) -> Windows:
        """The windows of checks as of `ends`: (checks, lengths).

        taught_by : the days that teach in place of the version's own, while it is new.
        """
        now, start, first = ends[:, None], reference_start(ends), self.first(ends)
        begin, here = self.rows(now - LENGTHS), self.rows(now)
        below = self.hours + 1
        recent = self.total.side(np.broadcast_to(here, begin.shape), begin)
        reference = self.total.side(np.where(_SHORT, below + here, begin), np.where(_SHORT, below + begin, self.rows(start)))
        taught = teaching(self.days, ends, first) if taught_by is None else taught_before(taught_by, begin.shape)
        return Windows(recent, reference, LENGTHS / DAY, self.span_days(np.maximum(start, first[:, None]), now - LENGTHS), taught)

    def windows_against(self, reference: "Reference", ends: Places) -> Windows:
        """The same, but compared with the weeks of a version before: (checks, lengths)."""
        own = self.windows(ends, reference.days)
        return Windows(own.recent, reference.side(ends), own.recent_days, np.array(reference.span_days), own.teaching)

    def latest(self, ends: Places, n: Callable[[Side], Array], wanted: int, since: int) -> tuple[RunningSide, Places]:
        """The latest `wanted` conversations as of each of `ends`, at least a day of them, none before hour `since`.

        n : which conversations count. Also the (checks,) hours that they reach back; 0 where there are too few.
        """
        every = np.arange(self.hours + 1)
        upto = n(self.total.side(every, np.zeros_like(every)))
        here = self.rows(ends)
        begin = np.minimum(np.searchsorted(upto, upto[here] - wanted, "right") - 1, here - DAY)
        enough = (begin >= self.rows(np.array(since))) & (upto[here] - upto[np.maximum(begin, 0)] >= wanted)
        begin = np.where(enough, begin, here)
        return self.total.side(here, begin), here - begin

    def rows(self, hours: Places) -> Places:
        """The rows of `total` up to which hours before `hours` are summed."""
        return np.clip(hours - self.start, 0, self.hours)

    def span_days(self, start: Places, end: Places) -> Array:
        """The days that windows `[start, end)` span, or those that hold a conversation where these are fewer.

        A trial a month ago, or weekends off, make no traffic thinner than it is on the days that it came.
        """
        last = len(self.served) - 1
        after = self.served[np.clip((end - 1) // DAY + 1 - self.days.first, 0, last)]
        touched = after - self.served[np.clip(start // DAY - self.days.first, 0, last)]
        return floats(np.clip(np.minimum((end - start) / DAY, touched), 0.0, None))


@dataclass(frozen=True)
class Reference:
    """Weeks that stay what they were, whatever comes after: those of a version before, or the healthy ones before an alarm.

    start, end : int, hours since 1970. by_clock : the totals of its hours by the time of day, twice round.
    span_days : how many days it spans, or that held a conversation where these are fewer; days : their sums.
    """

    start: int
    end: int
    by_clock: Running
    span_days: float
    days: Days

    @classmethod
    def of(cls, table: RollupTable, columns: Columns, start: int, end: int, left_out: Sequence[Span] = (), *, broken: bool = True) -> Self:
        """The weeks `[start, end)` of a table, without the hours that are left out, and without broken conversations where so asked."""
        inside = (table.hours >= start) & (table.hours < end) & kept(table, left_out) & (broken | ~table.provider_fault)
        by_clock = columns.by_group(table.entries, np.where(inside, table.hours % DAY, -1), DAY)
        day = table.hours // DAY
        served = len(np.unique(day[inside]))
        first, count = -(-start // DAY), max(0, end // DAY - -(-start // DAY))
        of_day = np.where(inside & (day >= first) & (day < first + count), day - first, -1)
        days = Days(first, columns.sums(columns.by_group(table.entries, of_day, count)))
        return cls(start, end, Running.over(columns, np.concatenate([by_clock, by_clock])), min((end - start) / DAY, float(served)), days)

    @property
    def conversations_a_day(self) -> float:
        """Its traffic."""
        return float(self.all.of("conversations")) / max(1.0, self.span_days)

    @property
    def all(self) -> RunningSide:
        """All of it: no axes."""
        return self.by_clock.side(np.array(DAY), np.array(0))

    def side(self, ends: Places) -> RunningSide:
        """What each length as of `ends` is compared with: like hours under a day, all of it from there on: (checks, lengths)."""
        begin = (ends[:, None] - LENGTHS) % DAY
        short = np.broadcast_to(_SHORT, begin.shape)
        return self.by_clock.side(np.where(short, begin + LENGTHS, DAY), np.where(short, begin, 0))


def _like(total: Running) -> Running:
    """Running totals of each hour's like in the 27 days before it: a difference of two rows within a day sums like hours."""
    return Running(total.columns, *(_like_rows(it) for it in (total.light, total.latency, total.cost)))


def _like_rows(upto: Array) -> Array:
    days = REFERENCE_HOURS // DAY
    padded = np.concatenate([np.zeros((DAY * days, upto.shape[1])), upto])
    like = np.zeros_like(padded)
    for row in range(DAY * days, len(padded), DAY):
        here = slice(row, row + DAY)
        before, gone = (padded[row - back : row - back + len(like[here])] for back in (DAY, DAY * days))
        like[here] = like[row - DAY : row - DAY + len(like[here])] + before - gone
    return like[DAY * days :]


def kept(table: RollupTable, left_out: Sequence[Span]) -> NDArray[np.bool_]:
    """The rows of a table that lie in none of the spans that are left out: (r,) bool."""
    chosen = np.ones(len(table.hours), dtype=np.bool_)
    for start, end in left_out:
        chosen &= (table.hours < start) | (table.hours >= end)
    return chosen


def conversations_a_day(windows: Windows) -> Array:
    """The traffic of the reference of windows (..., lengths): conversations a day up to a day ago, (...,)."""
    a_day: Array = windows.reference.of("conversations")[..., DAY_PLACE] / np.maximum(1.0, windows.reference_days[..., DAY_PLACE])
    return a_day
