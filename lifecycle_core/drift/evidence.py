"""What a check shows of a metric: the pair of figures of the reply, and the comparison that decides."""

from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.intervals import Asked, Interval
from lifecycle_core.drift.measure import Measure
from lifecycle_core.drift.measures import Latency, Mix
from lifecycle_core.drift.report import Against, Evidence, Figure, Metric, MetricReport, Share, Status
from lifecycle_core.drift.scan import Scan, Windows
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.windows import LENGTHS, instant, reference_start
from lifecycle_core.rollups import OTHER_ACTIONS
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.categorical import pearson
from lifecycle_core.statistics.categorical import shares as shares_of


def shown(metric: Metric, measure: Measure, threshold: float, gathered: Gathered, names: tuple[str, ...]) -> MetricReport:
    """The pair of figures that the reply shows, before anything is decided."""
    recent, reference = gathered.shown_recent, gathered.shown_reference
    slots = tuple(names[it] if it < len(names) and names[it] else OTHER_ACTIONS for it in gathered.columns.slots.tolist())
    before, after = (_figure(measure, it, slots) for it in (reference, recent))
    report = MetricReport(metric, Status.INSUFFICIENT_DATA, before, after, threshold)
    if isinstance(measure, Mix):
        statistic, df = pearson(recent.calls, reference.calls)
        distance = _known(measure.compare(recent, reference).change)
        unknown = None if distance is not None else "one of the windows has no action"
        known = (distance, statistic, df) if df else (distance, None, None)
        return replace(report, unknown_because=unknown, total_variation=known[0], chi_squared=known[1], degrees_of_freedom=known[2])
    if before.value is None or after.value is None:
        window = "recent" if after.value is None else "reference"
        return replace(report, unknown_because=f"no conversation of the {window} window knows it")
    absolute = after.value - before.value
    if before.value == 0:
        return replace(report, absolute_change=absolute, unknown_because="the reference is zero")
    return replace(report, absolute_change=absolute, relative_change=absolute / before.value)


def _figure(measure: Measure, sums: Side, slots: tuple[str, ...]) -> Figure:
    n = round(float(measure.n(sums)))
    missing = round(float(sums.of("conversations"))) - n
    if isinstance(measure, Mix):
        parts = [
            Share(name, float(share), round(float(count)))
            for name, share, count in zip(slots, shares_of(sums.calls), sums.calls, strict=True)
        ]
        return Figure(n, missing, shares=tuple(sorted((it for it in parts if it.count), key=lambda it: (-it.count, it.action))))
    p95 = _known(sums.latency.quantile(0.95)) if isinstance(measure, Latency) else None
    return Figure(n, missing, _known(measure.value(sums)), p95)


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison of a scan: its place there, the hours of its recent window up to hour `now`, and the span that it is compared with."""

    windows: Windows
    found: Scan
    place: int
    hours: int
    now: int
    reference: Window
    against: Against

    @property
    def relative_change(self) -> float | None:
        """The change; None where it has no number."""
        return _known(self.found.compared.change[self.place])

    def asked(self, measure: Measure) -> Asked:
        """What its interval is made of."""
        return Asked.of(measure, self.windows, self.found, self.place)

    def evidence(self, entry: float, interval: Interval | None) -> Evidence:
        """What it shows; entry : the z that evidence must reach; interval : of its change."""
        place, found = self.place, self.found
        after, before, change = (_known(it[place]) for it in found.compared)
        return Evidence(
            hours=self.hours,
            relative_change=change,
            absolute_change=None if before is None or after is None else after - before,
            interval=None if change is None else interval,
            z=float(found.z[place]),
            entry=entry,
            onset=instant(self.now - self.hours),
            recent_n=round(float(found.recent_n[place])),
            reference_n=round(float(found.reference_n[place])),
            recent_value=after,
            reference_value=before,
            reference=self.reference,
            against=self.against,
        )


def own_span(length: int, now: int, first: int) -> tuple[int, int]:
    """The hours `[start, end)` that the last `length` are compared with as of hour `now`, history having begun at hour `first`.

    >>> own_span(24, 10_000, 9_900)
    (9900, 9976)
    """
    end = now - length
    start = int(reference_start(now)[np.searchsorted(LENGTHS, length)])
    return min(max(start, first), end), end


def _known(value: Array | float) -> float | None:
    number = float(value)
    return None if isnan(number) else number
