"""Many checks of one simulated variant at once: what an hourly watch would have found, quick enough to repeat a thousand times."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.metrics import measures, threshold_of
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.scan import Scan, Windows, entry, scan
from lifecycle_core.drift.teaching import TEACHING_DAYS
from lifecycle_core.drift.windows import DAY, LENGTHS, LONG, LOOK_BACK_HOURS, REFERENCE_HOURS, WEEK, Columns, Sums
from lifecycle_core.policy import Policy
from lifecycle_core.rollups import RollupTable
from lifecycle_core.statistics.arrays import Array

_AT_ONCE: Final = 128
"""Checks whose sums are held at a time, to keep them within some tens of megabytes."""
_LONG_LENGTHS: Final = LENGTHS[LENGTHS > LONG].tolist()


@dataclass(frozen=True, slots=True)
class Watched:
    """What the checks of a watch found.

    ends : (checks,) int, the hour as of which each was made.
    alarms : for each metric, (checks,) bool.
    """

    ends: NDArray[np.int64]
    alarms: dict[Metric, NDArray[np.bool_]]

    def episodes(self) -> int:
        """The alarms of all metrics together, those within a day of each other being one."""
        hours = self.ends[np.logical_or.reduce(list(self.alarms.values()))]
        return int(len(hours) > 0) + int(np.count_nonzero(np.diff(hours) > DAY))

    def delay(self, metric: Metric, since: int) -> int | None:
        """Hours from `since` to the first alarm of `metric` after it; None where there was none."""
        hours = self.ends[self.alarms[metric] & (self.ends > since)]
        return int(hours[0]) - since if len(hours) else None


def watch(table: RollupTable, ends: NDArray[np.int64], policy: Policy | None = None) -> Watched:
    """The alarms of checks as of each hour in `ends`, without incidents told apart.

    table : rollups from 49 days before the first of `ends` on; ends : (checks,) int, ascending hours since 1970.
    The statistics are those of `drift.detect`; only the sums are taken differently, as differences of running totals.
    """
    policy = policy or Policy()
    alarms: dict[Metric, list[NDArray[np.bool_]]] = {metric: [] for metric in Metric}
    for found, level in _scans(table, ends, policy):
        for metric, scanned in found.items():
            fewest = policy.min_samples_for_comparison
            enough = (scanned.recent_n >= fewest) & (scanned.reference_n >= fewest)
            past: NDArray[np.bool_] = enough & scanned.passes & (scanned.z >= level[:, None])
            alarms[metric].append(np.logical_or.reduce(past, axis=-1))
    return Watched(ends, {metric: np.concatenate(parts) for metric, parts in alarms.items()})


def scans(table: RollupTable, ends: NDArray[np.int64], policy: Policy | None = None) -> dict[Metric, list[Scan]]:
    """The scans behind `watch`, in the order of `ends`, some checks at a time."""
    found: dict[Metric, list[Scan]] = {metric: [] for metric in Metric}
    for scanned, _ in _scans(table, ends, policy or Policy()):
        for metric, it in scanned.items():
            found[metric].append(it)
    return found


def _scans(table: RollupTable, ends: NDArray[np.int64], policy: Policy) -> Iterator[tuple[dict[Metric, Scan], Array]]:
    columns = Columns.used(table.sums)
    by_measure = measures(columns.latency_edges(), columns.cost_edges())
    totals = _Totals(table, columns, int(ends[0]) - LOOK_BACK_HOURS, int(ends[-1]))
    for first in range(0, len(ends), _AT_ONCE):
        windows = totals.windows(ends[first : first + _AT_ONCE])
        day = int(np.flatnonzero(LENGTHS == DAY)[0])
        a_day = windows.reference.of("conversations")[:, day] / windows.reference_days[day]
        level = np.array([entry(policy.false_alarms_per_quarter, it, len(LENGTHS)) for it in a_day.tolist()])
        yield {metric: scan(it, windows, threshold_of(metric, policy)) for metric, it in by_measure.items()}, level


class _Totals:
    """Running totals of a table, hour by hour, from which any window is a difference."""

    def __init__(self, table: RollupTable, columns: Columns, start: int, end: int) -> None:
        self.columns, self.start = columns, start
        inside = (table.hours >= start) & (table.hours < end)
        light, histograms = columns.light(), np.arange(columns.latency.start, columns.latency.stop)
        rows = table.sums[inside][:, np.concatenate([light, histograms])]
        self.light = len(light)
        hourly = np.zeros((end - start + 1, rows.shape[1]))
        np.add.at(hourly, table.hours[inside] - start + 1, rows)
        self.upto = np.cumsum(hourly, axis=0)
        days_back = np.arange(1, REFERENCE_HOURS // DAY) * DAY
        self.like = np.zeros_like(self.upto)
        for back in days_back.tolist():
            self.like[back:] += self.upto[:-back]

    def windows(self, ends: NDArray[np.int64]) -> Windows:
        """The windows of checks as of `ends`: axes (checks, lengths)."""
        now = (ends - self.start)[:, None]
        begin = now - LENGTHS
        start = np.where(LENGTHS > LONG, begin - REFERENCE_HOURS, now - REFERENCE_HOURS)
        reference = np.where((LENGTHS < DAY)[:, None], self.like[now] - self.like[begin], self.upto[begin] - self.upto[start])
        days = [self._days(now, WEEK, TEACHING_DAYS), *(self._days(now, it, REFERENCE_HOURS // DAY) for it in _LONG_LENGTHS)]
        of_length = np.where(LENGTHS > LONG, np.searchsorted(_LONG_LENGTHS, LENGTHS) + 1, 0)
        return Windows(
            self._sums(self.upto[now] - self.upto[begin]),
            self._sums(reference),
            LENGTHS / DAY,
            (begin - start)[0] / DAY,
            self._sums(np.stack(days, axis=1)),
            of_length,
        )

    def _days(self, now: NDArray[np.int64], before: int, count: int) -> Array:
        """The (checks, 28, light) sums of up to `count` complete days that end `before` hours ago, the last first; then empty ones."""
        edges = (now - before + self.start) // DAY * DAY - self.start - DAY * np.arange(count + 1)
        upto = self.upto[:, : self.light]
        whole = (edges[:, 1:] >= now - LOOK_BACK_HOURS)[..., None]
        days = np.where(whole, upto[edges[:, :-1]] - upto[edges[:, 1:]], 0.0)
        return np.pad(days, ((0, 0), (0, REFERENCE_HOURS // DAY - count), (0, 0)))

    def _sums(self, added: Array) -> Sums:
        latency = added[..., self.light :]
        return Sums(*self.columns.parts(added[..., : self.light]), latency, np.zeros((*added.shape[:-1], 0)))
