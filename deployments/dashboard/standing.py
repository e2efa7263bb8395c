"""How a variant stands, in one word with its sign and one sentence with numbers; what needs a person comes first."""

from dataclasses import dataclass
from typing import Final

from deployments.dashboard.charts import figure
from lifecycle_core.alerts.looks import BETWEEN_INCIDENTS
from lifecycle_core.alerts.signals import Signal
from lifecycle_core.drift.report import DriftReport, Metric, MetricReport
from lifecycle_core.drift.vocabulary import Severity, Status
from lifecycle_core.operations.fleet import Seen
from lifecycle_core.retraining.report.blocks import Mood, Trend, Unit
from lifecycle_core.retraining.session import Status as SessionStatus

UNITS: Final = {
    Metric.BOOKING_RATE: Unit.PERCENT,
    Metric.ESCALATION_RATE: Unit.PERCENT,
    Metric.COST: Unit.DOLLARS,
    Metric.RESPONSE_TIME: Unit.SECONDS,
}
_VERBS: Final = {
    Metric.BOOKING_RATE: "booked",
    Metric.ESCALATION_RATE: "handed over",
    Metric.COST: "cost",
    Metric.RESPONSE_TIME: "answered in",
    Metric.ACTION_DISTRIBUTION: "moved",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A word, its sign, its mood, and how soon it needs somebody: 0 is now."""

    word: str
    sign: str
    mood: Mood
    rank: int
    sentence: str


def standing(it: Seen, trends: tuple[Trend, ...] = ()) -> Standing:
    """How a variant stands."""
    check, session, episode = it.check, it.session, it.episode
    if Signal.INCIDENT in it.alerting:
        first, *others = it.alerting[Signal.INCIDENT].split(BETWEEN_INCIDENTS)
        words = f"{first}{f'; and {len(others)} more' if others else ''}"
        found = Standing("Incident", "✕", Mood.BAD, 0, words)
    elif episode is not None:
        severe = {Severity.HIGH: 1, Severity.MEDIUM: 2}.get(episode.severity, 3)
        found = Standing("Drifting", "▼", Mood.BAD, severe, worst(episode.report))
    elif session is not None and session.status is SessionStatus.AWAITING_REVIEW:
        found = Standing("Waiting for you", "◆", Mood.DOUBT, 4, f"{session.new_variant} waits to be approved or rejected")
    elif check is not None and check.status is Status.SUSPECTED:
        found = Standing("Maybe changing", "◐", Mood.DOUBT, 5, "a change passes its threshold, and chance may explain it yet")
    elif session is not None:
        words = f"a retraining is at {session.status.value.replace('_', ' ')}"
        found = Standing("Retraining", "↻", Mood.PLAIN, 6, words)
    elif it.probation is not None and it.probation.version == it.summary.active_version:
        seen = it.probation.watched
        words = f"version {it.probation.version} is on probation after its promotion, {seen.n if seen else 0:,} conversations so far"
        found = Standing("On probation", "○", Mood.PLAIN, 7, words)
    elif check is None:
        found = Standing("Not checked", "-", Mood.PLAIN, 8, "the watch has not looked at it yet")
    elif check.status is Status.INSUFFICIENT_DATA:
        n = trends[0].days[-1].n if trends else 0
        words = f"not enough data ({n:,} of {it.policy.min_samples_for_comparison} in the last day)"
        found = Standing("Too little data", "…", Mood.PLAIN, 9, words)
    else:
        found = Standing("Healthy", "✓", Mood.GOOD, 10, _healthy(trends))
    return found


def worst(report: DriftReport) -> str:
    """The drifting metric that the evidence speaks of most strongly, in numbers."""
    drifting = [it for it in report.metrics if it.drifting]
    if not drifting:
        return "an alarm lasts that later checks have not ended"
    return told(max(drifting, key=lambda it: abs(it.decided_by.z) if it.decided_by else 0.0))


def told(it: MetricReport) -> str:
    """A metric in a sentence with its numbers.

    The evidence is of the window that decides; without one the pair of the last day is told.
    """
    by, verb = it.decided_by, _VERBS[it.metric]
    unit = UNITS.get(it.metric)
    if unit is None:
        moved = by.relative_change if by else it.total_variation
        words = "the mix of actions" if moved is None else f"{moved:.1%} of actions moved"
        return f"{words}{_evidence(it)}"
    recent, before = (by.recent_value, by.reference_value) if by else (it.recent.value, it.reference.value)
    return f"{verb} {figure(unit, recent)} against {figure(unit, before)}{_evidence(it)}"


def _evidence(it: MetricReport) -> str:
    by = it.decided_by
    if by is None:
        return f", n = {it.recent.n:,}"
    return f", n = {by.recent_n:,} in {by.hours} h, z = {abs(by.z):.1f} of {by.entry:.1f}"


def _healthy(trends: tuple[Trend, ...]) -> str:
    if not trends or trends[0].days[-1].value is None:
        return "what changed is within its thresholds, or chance explains it"
    day = trends[0].days[-1]
    return f"booked {figure(Unit.PERCENT, day.value)} in the last day, n = {day.n:,}"
