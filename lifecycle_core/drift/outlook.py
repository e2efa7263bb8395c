"""What comes of a metric that does not drift: how long a change would go on unproved, and when the threshold is passed at this pace."""

from dataclasses import replace
from typing import Final

import numpy as np

from lifecycle_core.drift.checking import Checking
from lifecycle_core.drift.forecast import DAYS, Before, Daily, forecast
from lifecycle_core.drift.measures import Mix
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.needed import Figures, needed
from lifecycle_core.drift.report import Comparison, Metric, MetricReport, Status
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.windows import DAY_PLACE
from lifecycle_core.rollups import scalar
from lifecycle_core.statistics.arrays import Array, divide

_LOGARITHMS: Final = {Metric.COST: "log_cost", Metric.RESPONSE_TIME: "log_latency"}


def with_outlook(report: MetricReport, check: Checking, correlation: float) -> MetricReport:
    """The report with what would be needed to know more, and with a forecast where one is proved; a drift needs neither.

    correlation : of two conversations of a day.
    """
    metric, policy = report.metric, check.policy
    measure, threshold = MEASURES[Comparison(metric)], threshold_of(metric, policy)
    windows = check.gathered.windows
    side, days = windows.reference.take((np.array(DAY_PLACE),)), float(windows.reference_days[DAY_PLACE])
    n = float(measure.n(side))
    if report.drifting or n <= 0 or days <= 0:
        return report
    if isinstance(measure, Mix):
        figures = Figures.of_mix(side.calls, side.products, n=n, days=days)
    else:
        figures = Figures.of(metric, side.of, value=float(measure.value(side)), days=days)
    suspected = report.decided_by if report.status is Status.SUSPECTED else None
    more = needed(
        metric,
        threshold=threshold,
        reference=figures,
        a_day=check.gathered.conversations_a_day,
        correlation=correlation,
        entry=check.comparing.level,
        fewest=policy.min_samples_for_comparison,
        observed=None if suspected is None else suspected.relative_change,
    )
    daily = Daily.of(metric, -0.5 - np.arange(DAYS), lambda name: check.daily[:, scalar(name)])
    ahead = None
    if daily is not None and figures.value is not None:
        ahead = forecast(metric, daily, Before(figures.value, _mean(metric, side, figures)), threshold=threshold, correlation=correlation)
    return replace(report, needed=more, forecast=ahead)


def _mean(metric: Metric, side: Side, figures: Figures) -> float:
    """The reference on the scale of its daily figures."""
    name = _LOGARITHMS.get(metric)
    mean: Array | float = figures.value or 0.0 if name is None else divide(side.of(name), figures.n, 0.0)
    return float(mean)
