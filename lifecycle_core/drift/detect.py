"""A check: what the rollups say of a variant's five metrics as of an instant."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from lifecycle_core.conversations import Window
from lifecycle_core.drift.evidence import evidence_of, shown
from lifecycle_core.drift.gathering import Gathered, HourSpan, gather
from lifecycle_core.drift.incidents import incidents_of
from lifecycle_core.drift.metrics import Measure, measures, threshold_of
from lifecycle_core.drift.report import DriftReport, Incident, Metric, MetricReport, Status
from lifecycle_core.drift.scan import Scan, Windows, entry, scan
from lifecycle_core.drift.severity import recommended, severity_of
from lifecycle_core.drift.states import judge
from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS
from lifecycle_core.drift.thresholds import by_threshold
from lifecycle_core.drift.windows import DAY, LENGTHS, REFERENCE_HOURS, instant, span
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollups import RollupTable, Served, epoch_hour, scalar

__all__ = ["detect", "span"]


def detect(
    table: RollupTable, policy: Policy, at: datetime, *, latest: datetime | None = None, since: datetime | None = None
) -> DriftReport:
    """The drift report of a version as of `at`, floored to the hour.

    table : the version's rollups, of the hours of `span(policy, at)` at least; later ones are not looked at.
    policy : thresholds, windows shown, and what decides.
    latest : the end of the newest conversation known before `at`.
    since : when the version began to serve; no window reaches past it. None: it has always served.

    Raises InvalidInputError for an `at` that cannot be meant.

    >>> from datetime import UTC
    >>> import numpy as np
    >>> from lifecycle_core.rollups import WIDTH
    >>> nothing = RollupTable("baseline", 1, (), np.zeros(0, int), np.zeros(0, bool), np.zeros((0, WIDTH)))
    >>> detect(nothing, Policy(), datetime(2025, 10, 7, 12, tzinfo=UTC)).status.value
    'insufficient_data'
    """
    now = epoch_hour(span(policy, at).end)
    own = HourSpan(epoch_hour(span(policy, at).start), now)
    if since is not None:
        own = own.cut(epoch_hour(since))
    recent = HourSpan(now - policy.recent_hours, now).cut(own.start)
    reference = HourSpan(now - policy.reference_days * DAY, now - policy.recent_hours).cut(own.start)
    check = _Check(gather(table, own, recent, reference), policy, now, table.actions)
    traffic = table.served or Served(table.hours, table.sums[:, scalar("conversations")])
    judged = [check.verdict(metric, measure) for metric, measure in check.measures.items()]
    reports = tuple(it.report for it in judged)
    incidents = (*check.provider_faults(judged), *incidents_of(check.gathered, traffic, now, policy.min_samples_for_comparison))
    severities = [it.severity for it in reports if it.drifting and it.severity]
    return DriftReport(
        variant=table.variant,
        version=table.version,
        at=instant(now),
        reference=Window(instant(reference.start), instant(reference.end)),
        recent=Window(instant(recent.start), instant(recent.end)),
        metrics=reports,
        incidents=incidents,
        recommended_action=recommended(severities, incidents=bool(incidents)),
        late_rows=round(float(check.gathered.shown_recent.of("late"))),
        day_correlation=max((it.correlation for it in judged if it.correlation is not None), default=None),
        day_correlation_assumed=any(it.assumed_from is not None for it in judged),
        latest=latest,
        notes=check.notes(judged, own.start, latest),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A metric's report, the day correlation used, from which length on it was assumed, and the faults that explain an alarm."""

    report: MetricReport
    correlation: float | None = None
    assumed_from: int | None = None
    broken: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Check:
    gathered: Gathered
    policy: Policy
    now: int
    names: tuple[str, ...]

    @cached_property
    def measures(self) -> dict[Metric, Measure]:
        return measures(self.gathered.columns.latency_edges(), self.gathered.columns.cost_edges())

    @cached_property
    def unbroken(self) -> Windows:
        return self.gathered.without_broken()

    @cached_property
    def level(self) -> float:
        return entry(self.policy.false_alarms_per_quarter, self.gathered.conversations_a_day, len(LENGTHS))

    def verdict(self, metric: Metric, measure: Measure) -> _Judged:
        threshold = threshold_of(metric, self.policy)
        report = shown(metric, measure, threshold, self.gathered, self.names)
        if self.policy.mode is Mode.THRESHOLD:
            return _Judged(by_threshold(report, measure, self.gathered, self.policy))
        return self._by_evidence(report, measure)

    def _by_evidence(self, report: MetricReport, measure: Measure) -> _Judged:
        windows, fewest = self.gathered.windows, self.policy.min_samples_for_comparison
        found = scan(measure, windows, report.threshold)
        verdict = judge(found, self.level, fewest)
        if verdict.strongest is None:
            return _Judged(report)
        evidence = evidence_of(measure, windows, found, verdict.strongest, entry=self.level, now=self.now, first=self.gathered.first)
        report = replace(report, status=verdict.status, decided_by=evidence)
        correlation, assumed_from = _day_noise(found, fewest)
        if verdict.status is not Status.DRIFT:
            return _Judged(report, correlation, assumed_from)
        if self.gathered.rows.broken.any():
            broken = _broken(windows, self.unbroken, verdict.strongest)
            without = judge(scan(measure, self.unbroken, report.threshold), self.level, fewest)
            if without.status is not Status.DRIFT and broken[0] > broken[1]:
                return _Judged(replace(report, status=without.status, incident=True), correlation, assumed_from, broken)
        return _Judged(replace(report, severity=severity_of(evidence.relative_change, report.threshold)), correlation, assumed_from)

    def provider_faults(self, judged: list[_Judged]) -> tuple[Incident, ...]:
        """The incident that explains the alarms which are gone without broken conversations."""
        explained = [it for it in judged if it.broken]
        if not explained:
            return ()
        worst = max(explained, key=lambda it: it.broken or (0.0, 0.0))
        share, before = worst.broken or (0.0, 0.0)
        evidence = worst.report.decided_by
        hours = evidence.hours if evidence else DAY
        metrics = tuple(it.report.metric for it in explained)
        listed = " and ".join(it.value.replace("_", " ") for it in metrics)
        share_text = f"{share:.1%} of the conversations of the last {hours} h, {before:.1%} before"
        message = f"a provider's fault broke {share_text}; without these {listed} would not alarm"
        return (Incident("provider_faults", message, share, before, evidence.onset if evidence else None, metrics),)

    def notes(self, judged: list[_Judged], own: int, latest: datetime | None) -> tuple[str, ...]:
        """What a reader must know besides."""
        notes = []
        cut = own > self.now - REFERENCE_HOURS
        if cut:
            notes.append(f"this version has served since {instant(own):%Y-%m-%dT%H:%MZ}; nothing before that is compared")
        assumed = [it.assumed_from for it in judged if it.assumed_from is not None]
        if assumed:
            notes.append(
                f"fewer than {FEWEST_DAYS} complete days lie before a window of {min(assumed)} h: "
                f"there the correlation within a day is assumed to be {ASSUMED_CORRELATION}, not learnt"
            )
        if not self.gathered.shown_recent.of("conversations"):
            another = latest is None or (cut and latest < instant(own))  # the conversation of a former version
            newest = "" if another else f"; the newest before ended at {latest:%Y-%m-%dT%H:%MZ}: ask as of then"
            notes.append(f"no conversation ended in the last {self.policy.recent_hours} h{newest}")
        return tuple(notes)


def _broken(windows: Windows, unbroken: Windows, place: int) -> tuple[float, float]:
    """The share of conversations that a provider's fault broke, recent and before."""
    recent, reference = (
        float(1 - left.of("conversations")[place] / max(1.0, whole.of("conversations")[place]))
        for whole, left in ((windows.recent, unbroken.recent), (windows.reference, unbroken.reference))
    )
    return recent, reference


def _day_noise(found: Scan, fewest: int) -> tuple[float, int | None]:
    enough = (found.recent_n >= fewest) & (found.reference_n >= fewest)
    assumed = LENGTHS[enough & found.assumed]
    return float(found.correlation[enough].max()), int(assumed[0]) if len(assumed) else None
