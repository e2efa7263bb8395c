"""What a check shows of a metric: the pair of figures of the reply, and the comparison that decides."""

from dataclasses import replace
from math import isnan
from typing import Final

from lifecycle_core.conversations import Window
from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.metrics import Latency, Measure, Mix
from lifecycle_core.drift.report import Evidence, Figure, Metric, MetricReport, Share, Status
from lifecycle_core.drift.scan import Scan, Windows
from lifecycle_core.drift.windows import LENGTHS, Sums, instant, reference_start
from lifecycle_core.rollups import OTHER_ACTIONS
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.categorical import pearson
from lifecycle_core.statistics.categorical import shares as shares_of
from lifecycle_core.statistics.levels import t_of_normal
from lifecycle_core.statistics.ranks import quantile

CONFIDENT: Final = 1.96
"""The deviate of a two-sided 95% interval."""


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


def _figure(measure: Measure, sums: Sums, slots: tuple[str, ...]) -> Figure:
    n = round(float(measure.n(sums)))
    missing = round(float(sums.of("conversations"))) - n
    if isinstance(measure, Mix):
        parts = [
            Share(name, float(share), round(float(count)))
            for name, share, count in zip(slots, shares_of(sums.calls), sums.calls, strict=True)
        ]
        return Figure(n, missing, shares=tuple(sorted((it for it in parts if it.count), key=lambda it: (-it.count, it.action))))
    p95 = _known(quantile(sums.latency, measure.edges, 0.95)) if isinstance(measure, Latency) else None
    return Figure(n, missing, _known(measure.value(sums)), p95)


def evidence_of(measure: Measure, windows: Windows, found: Scan, place: int, *, entry: float, now: int, first: int) -> Evidence:
    """The comparison at `place` of the scan, with the interval of its change.

    entry : the z that evidence must reach; now : the present hour; first : the hour at which history begins.
    """
    recent, reference = windows.recent.at(place), windows.reference.at(place)
    hours = int(LENGTHS[place])
    effects = (float(found.effects[0][place]), float(found.effects[1][place]))
    after, before, change = (_known(it[place]) for it in found.compared)
    start = max(int(reference_start(now)[place]), first)
    return Evidence(
        hours=hours,
        relative_change=change,
        absolute_change=None if before is None or after is None else after - before,
        interval=None if change is None else measure.interval(recent, reference, effects, t_of_normal(CONFIDENT, float(found.df[place]))),
        z=float(found.z[place]),
        entry=entry,
        onset=instant(now - hours),
        recent_n=round(float(found.recent_n[place])),
        reference_n=round(float(found.reference_n[place])),
        recent_value=after,
        reference_value=before,
        reference=Window(instant(min(start, now - hours)), instant(now - hours)),
    )


def _known(value: Array | float) -> float | None:
    number = float(value)
    return None if isnan(number) else number
