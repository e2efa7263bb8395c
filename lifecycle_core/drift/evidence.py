"""What a check shows of a metric: the pair of figures of the reply, and the comparison that decides."""

from math import isnan

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

CONFIDENT = 1.96
"""The deviate of a two-sided 95% interval."""


def shown(metric: Metric, measure: Measure, threshold: float, gathered: Gathered, names: tuple[str, ...]) -> MetricReport:
    """The pair of figures that the reply shows, before anything is decided."""
    recent, reference = gathered.shown_recent, gathered.shown_reference
    slots = tuple(names[it] if it < len(names) and names[it] else OTHER_ACTIONS for it in gathered.columns.slots.tolist())
    figures = [_figure(measure, it, slots) for it in (reference, recent)]
    report = MetricReport(metric, Status.INSUFFICIENT_DATA, figures[0], figures[1], threshold)
    if isinstance(measure, Mix):
        return _mixed(report, measure, recent, reference)
    before, after = figures[0].value, figures[1].value
    relative = _known(measure.change(recent, reference))
    return MetricReport(
        metric,
        Status.INSUFFICIENT_DATA,
        figures[0],
        figures[1],
        threshold,
        relative_change=relative,
        absolute_change=None if before is None or after is None else after - before,
        unknown_because=None if relative is not None else _why_unknown(figures[0], figures[1]),
    )


def _mixed(report: MetricReport, measure: Mix, recent: Sums, reference: Sums) -> MetricReport:
    statistic, df = pearson(recent.calls, reference.calls)
    distance = _known(measure.change(recent, reference))
    return MetricReport(
        report.metric,
        report.status,
        report.reference,
        report.recent,
        report.threshold,
        unknown_because=None if distance is not None else "one of the windows has no action",
        total_variation=distance,
        chi_squared=statistic if df else None,
        degrees_of_freedom=df or None,
    )


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


def _why_unknown(reference: Figure, recent: Figure) -> str:
    if reference.value is None:
        return "no conversation of the reference window knows it"
    if recent.value is None:
        return "no conversation of the recent window knows it"
    return "the reference is zero"


def evidence_of(measure: Measure, windows: Windows, found: Scan, place: int, *, entry: float, now: int, first: int) -> Evidence:
    """The comparison at `place` of the scan, with the interval of its change.

    entry : the z that evidence must reach; now : the present hour; first : the hour at which history begins.
    """
    recent, reference = windows.recent.at(place), windows.reference.at(place)
    hours = int(LENGTHS[place])
    effects = (float(found.effects[0][place]), float(found.effects[1][place]))
    change = _known(found.change[place])
    before, after = _known(measure.value(reference)), _known(measure.value(recent))
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
