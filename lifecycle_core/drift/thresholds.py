"""The plan's literal rule: the shown pair against the bare thresholds, for whoever wants it."""

from dataclasses import replace
from typing import Final

from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.metrics import Measure, Mix
from lifecycle_core.drift.report import MetricReport, Severity, Status
from lifecycle_core.drift.severity import severity_of
from lifecycle_core.policy import Policy
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
