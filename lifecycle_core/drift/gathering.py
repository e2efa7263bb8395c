"""All sums of one check, taken from the table of rollups in one pass."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.scan import Windows
from lifecycle_core.drift.teaching import teaching
from lifecycle_core.drift.windows import DAY, LENGTHS, Columns, Sums, recent_hours, reference_hours, reference_start
from lifecycle_core.rollups import WIDTH, RollupTable, scalar
from lifecycle_core.statistics.arrays import Array, floats


@dataclass(frozen=True, slots=True)
class HourSpan:
    """The half-open span `[start, end)` of hours since 1970."""

    start: int
    end: int

    def cut(self, first: int) -> Self:
        """What of the span lies at or after hour `first`."""
        return type(self)(min(max(self.start, first), self.end), self.end)

    def holds(self, hours: NDArray[np.int64]) -> Array:
        """Which of (r,) hours lie inside: (r,) float of 0 and 1."""
        return ((hours >= self.start) & (hours < self.end)).astype(float)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a check: (r,) hours since 1970, whether a provider's fault broke their conversations, (r, WIDTH) sums."""

    hours: NDArray[np.int64]
    broken: NDArray[np.bool_]
    sums: Array

    @classmethod
    def of(cls, table: RollupTable, own: HourSpan) -> Self:
        """The table's rows inside the span `own`, or one of zeros where it has none."""
        inside = own.holds(table.hours).astype(bool)
        if not inside.any():
            return cls(np.array([own.end]), np.array([False]), np.zeros((1, WIDTH)))
        if inside.all():
            return cls(table.hours, table.provider_fault, table.sums)
        return cls(table.hours[inside], table.provider_fault[inside], table.sums[inside])

    @property
    def conversations(self) -> Array:
        """How many conversations ended: (r,) float."""
        return self.sums[:, scalar("conversations")]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sums of a check.

    windows : what the scan compares, over all conversations.
    shown_recent, shown_reference : the sums of the pair that the reply shows.
    rows, columns : what was added up, and which parts of it are in use.
    first : the hour at which history begins; the present hour where there is none.
    weights : (windows, r) float of 0 and 1, and days : (sets, days, r), what made the sums.
    """

    windows: Windows
    shown_recent: Sums
    shown_reference: Sums
    rows: Rows
    columns: Columns
    first: int
    weights: Array
    days: Array

    def without_broken(self) -> Windows:
        """The same windows without the conversations that a provider's fault broke."""
        broken = np.flatnonzero(self.rows.broken)
        added, taught = self.columns.add_up(self.weights[:, broken], self.days[..., broken], self.rows.sums[broken])
        part = _windows(added, taught, self.windows.reference_days, self.windows.of_length)
        whole = self.windows
        return replace(
            whole,
            recent=whole.recent.less(part.recent),
            reference=whole.reference.less(part.reference),
            days=whole.days.less(part.days),
        )

    @property
    def conversations_a_day(self) -> float:
        """The traffic of the reference: conversations a day up to a day ago."""
        day = int(np.flatnonzero(LENGTHS == DAY)[0])
        return float(self.windows.reference.of("conversations")[day] / max(1.0, self.windows.reference_days[day]))


def gather(table: RollupTable, own: HourSpan, recent: HourSpan, reference: HourSpan) -> Gathered:
    """The sums of a check.

    own : the version's own time up to the present hour; what lies outside is not looked at.
    recent, reference : the pair of spans that the reply shows.
    """
    rows, now = Rows.of(table, own), own.end
    first = int(rows.hours.min())
    columns = Columns.used(rows.sums)
    pair = np.stack([recent.holds(rows.hours), reference.holds(rows.hours)])
    weights = np.concatenate([recent_hours(rows.hours, now), reference_hours(rows.hours, now), pair])
    days, of_length = teaching(rows.hours, now, first)
    added, taught = columns.add_up(weights, days, rows.sums)
    spans = _served_days(rows.hours, np.maximum(reference_start(now), first), now - LENGTHS)
    return Gathered(_windows(added, taught, spans, of_length), added.at(-2), added.at(-1), rows, columns, first, weights, days)


def _served_days(hours: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> Array:
    """The days that windows `[start, end)` span, (lengths,) float, or those that hold a conversation where these are fewer.

    A trial a month ago, or weekends off, make no traffic thinner than it is on the days that it came.
    """
    served = np.unique(hours // DAY)
    touched = np.searchsorted(served, (end - 1) // DAY, "right") - np.searchsorted(served, start // DAY)
    return floats(np.minimum((end - start) / DAY, touched))


def _windows(added: Sums, taught: Sums, spans: Array, of_length: NDArray[np.int64]) -> Windows:
    lengths = len(LENGTHS)
    return Windows(added.at(slice(lengths)), added.at(slice(lengths, 2 * lengths)), LENGTHS / DAY, spans, taught, of_length)
