"""The report of a variant's drift: what five metrics did, what alerts, since when, and what may be done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final

from lifecycle_core.drift.episodes import Episode
from lifecycle_core.drift.report import DriftReport, Metric, MetricReport, RecommendedAction, Status
from lifecycle_core.policy import Policy
from lifecycle_core.reports.daily import Sums, cost, latency, rate
from lifecycle_core.retraining.report.blocks import Commands, Facts, Items, Mood, Report, Said, Section, Table, Trend, Unit, row
from lifecycle_core.versions.version import Activation

DAYS: Final = 28
MOODS: Final = {
    Status.DRIFT: Mood.BAD,
    Status.SUSPECTED: Mood.DOUBT,
    Status.STABLE: Mood.GOOD,
    Status.INSUFFICIENT_DATA: Mood.PLAIN,
}
_UNITS: Final = {
    Metric.BOOKING_RATE: Unit.PERCENT,
    Metric.ESCALATION_RATE: Unit.PERCENT,
    Metric.COST: Unit.DOLLARS,
    Metric.RESPONSE_TIME: Unit.SECONDS,
}
_SHOWN_ACTIONS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that a drift report tells. days : the plain sums of the last `DAYS` days; episodes, activations : the newest, newest first."""

    report: DriftReport
    policy: Policy
    days: Sequence[tuple[str, Sums]]
    episodes: Sequence[Episode]
    activations: Sequence[Activation]


def report(it: Source) -> Report:
    """The report of a variant's drift as of an instant."""
    found = it.report
    told = {Status.DRIFT: "drift", Status.SUSPECTED: "suspected", Status.STABLE: "no drift"}.get(found.status, "too few conversations")
    facts = (
        ("as of", f"{found.at:%Y-%m-%d %H:%MZ}"),
        ("version", str(found.version)),
        ("now", f"since {found.recent.start:%Y-%m-%d %H:%MZ}"),
        ("before", f"{found.reference.start:%Y-%m-%d %H:%MZ} to {found.reference.end:%Y-%m-%d %H:%MZ}"),
    )
    return Report(
        title=f"Drift of {found.variant}",
        outcome=Said(told, MOODS[found.status]),
        lead=_lead(found),
        figures=tuple((_words(one.metric), _figure(one)) for one in found.metrics if one.metric in _UNITS),
        facts=Facts(facts),
        sections=tuple(_sections(it)),
    )


def metrics_table(found: DriftReport) -> Table:
    """The five metrics: before, now, the change with its interval, n on both sides, and what decided."""
    heads = ("metric", "before", "now", "change", "95%", "n now / before", "status", "z / needed")
    return Table(heads, tuple(row(*_cells(it)) for it in found.metrics), figures=heads[1:6])


def _sections(it: Source) -> Iterator[Section]:
    found = it.report
    yield Section(
        key="metrics",
        title="Five metrics",
        lead=f"a drift is a change past its threshold with evidence that pays for every look; version {found.version} is compared",
        blocks=(metrics_table(found), *_actions(found)),
    )
    yield Section(key="days", title="Day by day", lead=f"the last {DAYS} days, all versions together", blocks=tuple(_trends(it)))
    if found.incidents:
        lead = "something around the prompt is wrong, which a new prompt does not mend"
        yield Section(key="incidents", title="Incidents", lead=lead, blocks=(Items(tuple(one.message for one in found.incidents)),))
    yield Section(key="episodes", title="Episodes", lead=_episodes_lead(it.episodes), blocks=tuple(_episodes(it.episodes)))
    if it.activations:
        rows = tuple(row(f"{one.at:%Y-%m-%d %H:%MZ}", str(one.version), one.kind, one.by) for one in it.activations)
        lead = "what changed the active version last"
        yield Section(key="versions", title="Versions", lead=lead, blocks=(Table(("at", "version", "how", "by"), rows),))
    yield Section(key="next", title="What may be done", lead=f"the advice is to {_ADVICE[found.recommended_action]}", blocks=(_next(it),))


def _lead(found: DriftReport) -> str:
    if found.drifts:
        severity = found.severity.value if found.severity else "low"
        return f"{', '.join(map(_words, found.drifts))} drifted, {severity} severity; {_ADVICE[found.recommended_action]}"
    doubtful = [_words(it.metric) for it in found.metrics if it.status is Status.SUSPECTED]
    if doubtful:
        return f"{', '.join(doubtful)} may be changing, and chance may explain it"
    if found.status is Status.INSUFFICIENT_DATA:
        return "too few conversations lie on one side or the other to say anything"
    return "what changed is within its threshold, or chance explains it"


_ADVICE: Final = {
    RecommendedAction.MONITOR: "keep watching",
    RecommendedAction.INVESTIGATE: "look into it",
    RecommendedAction.RETRAIN: "improve the prompt",
}


def _cells(it: MetricReport) -> tuple[str | Said, ...]:
    unit, by = _UNITS.get(it.metric), it.decided_by
    before, now = ("" if unit is None or side.value is None else unit.written(side.value) for side in (it.reference, it.recent))
    change = it.total_variation if unit is None else it.relative_change
    shown = "" if change is None else f"{change:.1%} moved" if unit is None else f"{change:+.1%}"
    interval = "" if it.interval is None else f"{it.interval[0]:+.0%} to {it.interval[1]:+.0%}"
    status = f"{it.status.value.replace('_', ' ')}{f', {it.severity.value}' if it.severity else ''}"
    evidence = "" if by is None else f"{abs(by.z):.1f} / {by.entry:.1f} in {by.hours} h"
    return (
        _words(it.metric),
        before,
        now,
        shown,
        interval,
        f"{it.recent.n:,} / {it.reference.n:,}",
        Said(status, MOODS[it.status]),
        evidence,
    )


def _figure(it: MetricReport) -> str:
    unit = _UNITS[it.metric]
    return "no data" if it.recent.value is None else f"{unit.written(it.recent.value)}, n = {it.recent.n:,}"


def _actions(found: DriftReport) -> Iterator[Table]:
    it = found.of(Metric.ACTION_DISTRIBUTION)
    before, now = ({one.action: one.share for one in side.shares} for side in (it.reference, it.recent))
    names = sorted({*before, *now}, key=lambda name: (-abs(now.get(name, 0.0) - before.get(name, 0.0)), name))[:_SHOWN_ACTIONS]
    if names:
        rows = tuple(row(name, f"{before.get(name, 0.0):.1%}", f"{now.get(name, 0.0):.1%}") for name in names)
        yield Table(("action, furthest moved first", "before", "now"), rows, figures=("before", "now"))


def _trends(it: Source) -> Iterator[Trend]:
    rules, fewest = it.policy.alerts, it.policy.min_samples_for_comparison
    booked = None if rules.min_booking_rate is None else (rules.min_booking_rate, "alerts below")
    escalated = None if rules.max_escalation_rate is None else (rules.max_escalation_rate, "alerts above")
    yield rate("booking rate", it.days, "booked", fewest=fewest, level=booked)
    yield rate("escalation rate", it.days, "escalated", fewest=fewest, level=escalated)
    yield cost(it.days, fewest=fewest, level=None if rules.max_cost_usd is None else (rules.max_cost_usd, "alerts above"))
    yield latency(it.days, fewest=fewest)


def _episodes_lead(found: Sequence[Episode]) -> str:
    if not found:
        return "none was ever opened"
    newest = found[0]
    return f"the newest began at {newest.onset_at:%Y-%m-%d %H:%MZ} and {'goes on' if newest.open else 'is over'}"


def _episodes(found: Sequence[Episode]) -> Iterator[Table]:
    if found:
        heads = ("id", "since", "until", "version", "metrics", "severity", "why it ended")
        yield Table(heads, tuple(_episode(it) for it in found))


def _episode(it: Episode) -> tuple[Said, ...]:
    until = "goes on" if it.closed_at is None else f"{it.closed_at:%Y-%m-%d %H:%MZ}"
    drifts = ", ".join(map(_words, it.drifts))
    ended = "" if it.known_at is not None else it.closed_because or ""
    because = f"called known by {it.known_by}" if it.known_at is not None else ended
    return row(str(it.id), f"{it.onset_at:%Y-%m-%d %H:%MZ}", until, str(it.version), drifts, it.severity.value, because)


def _next(it: Source) -> Commands:
    found, name = it.report, quote(it.report.variant)
    rows = [(f"lifecycle drift explain {name}", "where it shows: segments, actions, conversations")]
    if found.drifts and it.activations and it.activations[0].previous_version is not None:
        rows.append((f"lifecycle versions rollback {name}", "go back to the version before"))
    if found.drifts:
        rows += [
            (f"lifecycle retrain start {name}", "improve the prompt, test it, let it in by its evidence"),
            (f"lifecycle alerts silence {name} --hours 4 --reason WHY", "tell nobody for a while"),
        ]
    rows.append((f"lifecycle drift backtest {name}", "what another policy would have done with this traffic"))
    return Commands(tuple(rows))


def _words(metric: Metric) -> str:
    return metric.value.replace("_", " ")
