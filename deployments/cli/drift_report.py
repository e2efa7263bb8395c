"""A drift report, for people: five metrics in a table, a verdict in a sentence, and what to do next."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from deployments.cli.shown import NOTHING, coloured, command, minute, print_table, printable, span, typed
from deployments.wire import formats
from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.report import DriftReport, Figure, Metric, MetricReport, RecommendedAction, Status

if TYPE_CHECKING:
    from rich.text import Text

SHOWN_ACTIONS = 3
COLOURS = {Status.DRIFT: "bold red", Status.SUSPECTED: "yellow", Status.STABLE: "green", Status.INSUFFICIENT_DATA: "dim"}
ADVICE = {
    RecommendedAction.MONITOR: "keep watching",
    RecommendedAction.INVESTIGATE: "look into it",
    RecommendedAction.RETRAIN: "improve the prompt",
}
FORMATS = {
    Metric.BOOKING_RATE: formats.percent,
    Metric.ESCALATION_RATE: formats.percent,
    Metric.COST: formats.dollars,
    Metric.RESPONSE_TIME: formats.seconds,
}


def show(report: DriftReport) -> None:
    """Print `report`."""
    click.echo(f"{printable(report.variant)}, version {report.version}, as of {minute(report.at)}")
    if report.status is Status.INSUFFICIENT_DATA and not any(it.recent.n for it in report.metrics):
        click.echo(_silence(report))
    else:
        _show_figures(report)
        click.echo(_verdict(report))
    for incident in report.incidents:
        click.echo(f"Incident: {printable(incident.message)}")


def _show_figures(report: DriftReport) -> None:
    recent, reference = report.recent, report.reference
    click.echo(f"now: since {minute(recent.start)}; before: {minute(reference.start)} to {minute(reference.end)}")
    print_table(
        ("metric", "before", "now", "change", "status", "evidence"),
        (_row(it) for it in report.metrics),
        right=("before", "now", "change"),
    )
    click.echo(f"n: conversations now/before. {_rule(report)}")
    for line in _moves(report.of(Metric.ACTION_DISTRIBUTION)):
        click.echo(line)
    for note in report.notes:
        click.echo(f"Note: {printable(note)}")


def _rule(report: DriftReport) -> str:
    entry = next((it.decided_by.entry for it in report.metrics if it.decided_by), None)
    past = "A drift needs a change past its threshold"
    return f"{past}." if entry is None else f"{past}, and z of {entry:.1f} or more."


def _row(it: MetricReport) -> "tuple[str | Text, ...]":
    written = FORMATS.get(it.metric)
    before, now = (written(side.value) if written else None for side in (it.reference, it.recent))
    change = formats.change(it.relative_change) if written else formats.percent(it.total_variation)
    return _name(it.metric), before or NOTHING, now or NOTHING, change or NOTHING, _status(it), _evidence(it)


def _status(it: MetricReport) -> "Text":
    if it.incident:
        return coloured("incident", "yellow")
    return coloured(f"{it.status.value}, {it.severity}" if it.severity else it.status.value.replace("_", " "), COLOURS[it.status])


def _evidence(it: MetricReport) -> str:
    """Why the status is what it is."""
    if it.status is Status.INSUFFICIENT_DATA:
        return f"too few: n {it.recent.n:,}/{it.reference.n:,}"
    found = it.decided_by
    if found is None:
        return f"threshold {it.threshold:.0%}, n {it.recent.n:,}/{it.reference.n:,}"
    change = "" if found.relative_change is None else f"{found.relative_change:+.0%} "
    return f"{change}in {found.hours} h, z {found.z:.1f}, n {found.recent_n:,}/{found.reference_n:,}"


def _moves(it: MetricReport) -> Iterator[str]:
    """The actions that moved most, where the mix is not stable."""
    if it.status not in {Status.DRIFT, Status.SUSPECTED}:
        return
    before, now = _shares(it.reference), _shares(it.recent)
    furthest = sorted({*before, *now}, key=lambda action: -abs(now.get(action, 0) - before.get(action, 0)))[:SHOWN_ACTIONS]
    moves = (f"{printable(action)} {before.get(action, 0):.1%} to {now.get(action, 0):.1%}" for action in furthest)
    yield f"Actions that moved most: {', '.join(moves)}"


def _shares(figure: Figure) -> dict[str, float]:
    return {it.action: it.share for it in figure.shares}


def _verdict(report: DriftReport) -> str:
    if report.drifts:
        changed = _listed([_changed(report.of(it)) for it in report.drifts])
        onsets = [it.decided_by.onset for it in report.metrics if it.drifting and it.decided_by]
        since = f", since about {minute(min(onsets))}" if onsets else ""
        return f"Drift, severity {report.severity}: {changed}{since}. Advice: {ADVICE[report.recommended_action]}."
    doubtful = [_name(it.metric) for it in report.metrics if it.status is Status.SUSPECTED and not it.incident]
    explained = [_name(it.metric) for it in report.metrics if it.incident]
    if explained:
        besides = f" Besides, {_listed(doubtful)} may be changing." if doubtful else ""
        advice = ADVICE[report.recommended_action]
        return f"No drift of the prompt: a provider's fault explains {_listed(explained)}.{besides} Advice: {advice}."
    if doubtful:
        return f"No drift yet: {_listed(doubtful)} may be changing, and the evidence does not suffice. Check again in some hours."
    unknown = [_name(it.metric) for it in report.metrics if it.status is Status.INSUFFICIENT_DATA]
    if len(unknown) == len(report.metrics):
        return "No verdict: too few conversations lie on one side or the other."
    too_few = f" Too few conversations tell of {_listed(unknown)}." if unknown else ""
    return f"No drift: what changed does not pass its threshold, or chance explains it.{too_few}"


def _changed(it: MetricReport) -> str:
    if it.metric is Metric.ACTION_DISTRIBUTION:
        return "other actions are taken"
    change = it.decided_by.relative_change if it.decided_by else it.relative_change
    return f"{_name(it.metric)} {'fell' if (change or 0) < 0 else 'rose'}"


def _silence(report: DriftReport) -> str:
    if report.latest is None:
        return f"No verdict: no conversation of this version ended before {minute(report.at)}."
    began = report.recent.start
    if report.reference.start == report.reference.end and report.latest < began:
        return f"No verdict: version {report.version} serves since {minute(began)}, and no conversation of it has ended yet."
    age = span((report.at - report.latest).total_seconds())
    then = typed(hour_of(report.latest) + timedelta(hours=1))
    return (
        f"No verdict: the variant's newest conversation ended at {minute(report.latest)}, {age} before. Ask as of then:\n"
        f"  {command('drift', 'check', report.variant, '--at', then)}"
    )


def _name(metric: Metric) -> str:
    return metric.value.replace("_", " ")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
