"""The plan's literal rule: the shown pair against the bare thresholds, for whoever wants it."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.measure import Measure
from lifecycle_core.drift.measures import Mix
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Comparison, Metric, MetricReport, Severity, Status
from lifecycle_core.drift.severity import severities_of, severity_of
from lifecycle_core.drift.sums import Side
from lifecycle_core.policy import Policy
from lifecycle_core.statistics.categorical import pearson
from lifecycle_core.statistics.levels import chi_squared_tail

_HIGHLY_SIGNIFICANT: Final = 0.01


def by_threshold(report: MetricReport, measure: Measure, gathered: Gathered, policy: Policy) -> MetricReport:
    """The verdict of `Mode.THRESHOLD` on the figures shown: a change at or past its threshold is a drift.

    For the action mix Pearson's plain χ² decides, at the policy's confidence and on as many degrees of freedom as the data
    has: 95% is medium, 99% high.
    """
    if min(report.recent.n, report.reference.n) < policy.min_samples_for_comparison:
        return report
    if isinstance(measure, Mix):
        if report.chi_squared is None or report.degrees_of_freedom is None:
            return replace(report, status=Status.STABLE)
        tail = chi_squared_tail(report.chi_squared, report.degrees_of_freedom)
        if tail >= 1 - policy.confidence_level:
            return replace(report, status=Status.STABLE)
        severity = Severity.HIGH if tail < _HIGHLY_SIGNIFICANT else Severity.MEDIUM
        return replace(report, status=Status.DRIFT, severity=severity)
    recent, reference = gathered.shown_recent, gathered.shown_reference
    if not measure.passes(measure.compare(recent, reference).change, recent, reference, report.threshold):
        return replace(report, status=Status.STABLE)
    return replace(report, status=Status.DRIFT, severity=severity_of(report.relative_change, report.threshold))


def by_threshold_at(metric: Metric, recent: Side, reference: Side, policy: Policy) -> NDArray[np.int64]:
    """The same for many checks: the rank of a drift's severity, (checks,) int; -1 where nothing drifts.

    recent, reference : the pair that each check shows.
    """
    it = Comparison(metric)
    measure, threshold = MEASURES[it], threshold_of(it, policy)
    enough = np.minimum(measure.n(recent), measure.n(reference)) >= policy.min_samples_for_comparison
    if isinstance(measure, Mix):
        tails, after, before = np.ones(len(enough)), recent.calls, reference.calls
        for place in np.flatnonzero(enough).tolist():
            statistic, df = pearson(after[place], before[place])
            tails[place] = chi_squared_tail(statistic, df) if df else 1.0
        past, ranks = tails < 1 - policy.confidence_level, np.where(tails < _HIGHLY_SIGNIFICANT, 2, 1)
    else:
        change = measure.compare(recent, reference).change
        past, ranks = measure.passes(change, recent, reference, threshold), severities_of(change, threshold)
    found: NDArray[np.int64] = np.where(enough & past, ranks, -1)
    return found
