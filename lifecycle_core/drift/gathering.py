"""All sums of one check, taken from the table of rollups in one pass."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.scan import Windows
from lifecycle_core.drift.teaching import teaching
from lifecycle_core.drift.windows import DAY, LENGTHS, Columns, Sums, recent_hours, reference_hours, reference_start
from lifecycle_core.rollups import WIDTH, RollupTable, scalar
from lifecycle_core.statistics.arrays import Array


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
class Gathered:
    """The sums of a check.

    windows : what the scan compares, over all conversations.
    unbroken : the same without the conversations that a provider's fault broke; None where there are none.
    shown_recent, shown_reference : the sums of the pair that the reply shows.
    columns : which parts of the rollups are in use.
    hours, conversations : (r,) the hours of the rows, and how many conversations ended in each.
    first : the hour at which history begins; the present hour where there is none.
    """

    windows: Windows
    unbroken: Windows | None
    shown_recent: Sums
    shown_reference: Sums
    columns: Columns
    hours: NDArray[np.int64]
    conversations: Array
    first: int

    @property
    def conversations_a_day(self) -> float:
        """The traffic of the reference: conversations a day up to a day ago."""
        day = int(np.flatnonzero(LENGTHS == DAY)[0])
        return float(self.windows.reference.of("conversations")[day] / max(1.0, self.windows.reference_days[day]))


def gather(table: RollupTable, now: int, since: int | None, recent: HourSpan, reference: HourSpan) -> Gathered:
    """The sums of a check as of hour `now`.

    since : the hour at which the version's own time begins; what lies before is not looked at.
    recent, reference : the pair of spans that the reply shows.
    """
    own = (table.hours < now) & (table.hours >= (table.hours.min(initial=now) if since is None else since))
    hours, broken, sums = table.hours, table.provider_fault, table.sums
    if not own.all():
        hours, broken, sums = hours[own], broken[own], sums[own]
    if not len(hours):
        hours, broken, sums = np.array([now]), np.array([False]), np.zeros((1, WIDTH))
    conversations = sums[:, scalar("conversations")]
    first = int(hours.min())
    columns = Columns.used(sums)
    pair = np.stack([recent.holds(hours), reference.holds(hours)])
    weights = np.concatenate([recent_hours(hours, now), reference_hours(hours, now), pair])
    days, of_length = teaching(hours, now, first)
    spans = (now - LENGTHS - np.maximum(reference_start(now), first)) / DAY

    def windows(rows: NDArray[np.bool_] | slice) -> tuple[Windows, Sums]:
        added = columns.add_up(weights[:, rows], sums[rows])
        taught = columns.add_up(days[..., rows], sums[rows], histograms=False)
        past = len(LENGTHS)
        compared = Windows(added.at(slice(past)), added.at(slice(past, 2 * past)), LENGTHS / DAY, spans, taught, of_length)
        return compared, added.at(slice(2 * past, None))

    everything, shown = windows(slice(None))
    unbroken = everything.less(windows(broken)[0]) if broken.any() else None
    return Gathered(everything, unbroken, shown.at(0), shown.at(1), columns, hours, conversations, first)
