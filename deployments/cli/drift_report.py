"""A drift report, for people: the verdict first, then five metrics in a table, what lasts, what is not known yet, and what to do next."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from deployments.cli.drift_verdict import comparison, difference, figure, latest, name, silence, tail_change, verdict
from deployments.cli.shown import NOTHING, coloured, command, minute, print_table, printable, tell
from lifecycle_core.drift.report import (
    Against,
    DriftReport,
    Evidence,
    Figure,
    Forecast,
    Held,
    Metric,
    MetricReport,
    Needed,
    RecommendedAction,
    Status,
)

if TYPE_CHECKING:
    from rich.text import Text

SHOWN_ACTIONS: Final = 3
COLOURS: Final = {Status.DRIFT: "bold red", Status.SUSPECTED: "yellow", Status.STABLE: "green", Status.INSUFFICIENT_DATA: "dim"}
FAR_DAYS: Final = 28
"""An interval that reaches past this is told as open."""
MANY_MISSING: Final = 0.05
"""From this share of conversations on, those that do not tell a figure are told."""
_FEW_DAYS: Final = 3
_MANY: Final = 10_000
_WHOLE: Final = 10


def show(report: DriftReport) -> None:
    """Print `report`."""
    click.echo(f"{printable(report.variant)}, version {report.version}, as of {minute(report.at)}")
    if report.status is Status.INSUFFICIENT_DATA and not any(it.recent.n for it in report.metrics):
        tell(f"Incident: {it.message}" for it in report.incidents)
        click.echo(silence(report))
        return
    tell([verdict(report)])
    tell(f"Incident: {it.message}" for it in report.incidents)
    click.echo()
    _show_table(report)
    tell(line for it in report.metrics for line in _details(it, report.previous_version))
    tell(f"{comparison(it.comparison)}: the alarm since {minute(it.entered_at)} ends with this check" for it in report.ended)
    tell(_unproved(report))
    tell(f"Note: {it}" for it in report.notes)
    tell(_next(report))


def _show_table(report: DriftReport) -> None:
    recent, reference = report.recent, report.reference
    print_table(
        ("metric", "before", "now", "change (95%)", "difference", "status", "strongest evidence"),
        (_row(it) for it in report.metrics),
        right=("before", "now", "change (95%)", "difference"),
    )
    tell([f"now: since {minute(recent.start)}; before: {minute(reference.start)} to {minute(reference.end)}", *_rule(report)])


def _rule(report: DriftReport) -> Iterator[str]:
    entry = next((it.decided_by.entry for it in report.metrics if it.decided_by), None)
    if entry is not None:
        yield ("evidence: the last hours against like hours of the weeks before; z: how far apart; n: conversations now/before")
        yield f"A drift is a change past its threshold with z of {entry:.1f} or more."


def _row(it: MetricReport) -> "tuple[str | Text, ...]":
    before, now = (figure(it.metric, side.value) for side in (it.reference, it.recent))
    absolute = NOTHING if it.absolute_change is None else difference(it.metric, it.absolute_change).replace("points", "pts")
    return name(it.metric), before or NOTHING, now or NOTHING, _change(it), absolute, _status(it), _evidence(it)


def _change(it: MetricReport) -> str:
    if it.metric is Metric.ACTION_DISTRIBUTION:
        return NOTHING if it.total_variation is None else f"{it.total_variation:.1%} moved"
    if it.relative_change is None:
        return NOTHING
    interval = f" ({100 * it.interval[0]:+.0f} to {100 * it.interval[1]:+.0f})" if it.interval else ""
    return f"{it.relative_change:+.0%}{interval}"


def _status(it: MetricReport) -> "Text":
    if it.incident:
        return coloured("incident", "yellow")
    if it.status is Status.INSUFFICIENT_DATA:
        return coloured("too few", COLOURS[it.status])
    return coloured(f"{it.status.value}, {it.severity}" if it.severity else it.status.value, COLOURS[it.status])


def _evidence(it: MetricReport) -> str:
    """Why the status is what it is."""
    found = it.decided_by
    if it.status is Status.INSUFFICIENT_DATA or found is None:
        return f"{_by_rule(it)}n {_short(it.recent.n)}/{_short(it.reference.n)}"
    change = "" if found.relative_change is None else f"{found.relative_change:+.0%}, "
    return f"{found.hours} h {change}{_strength(found)}"


def _by_rule(it: MetricReport) -> str:
    """What decides where no evidence does: an alarm that lasts, or the bare threshold."""
    if it.status is Status.INSUFFICIENT_DATA:
        return ""
    if it.held:
        return "the alarm lasts, "
    if it.chi_squared is not None:
        return f"χ² {it.chi_squared:.1f} of {it.degrees_of_freedom} df, "
    return f"threshold {it.threshold:.0%}, "


def _details(it: MetricReport, previous: int | None) -> Iterator[str]:
    """What the row of a metric has no room for."""
    if it.decided_by and it.decided_by.against is Against.PREVIOUS_VERSION:
        whose = "the version before" if previous is None else f"version {previous}"
        yield f"{name(it.metric)}: the strongest evidence is against the last weeks of {whose}"
    if it.unknown_because and it.recent.n and it.reference.n:
        yield f"{name(it.metric)}: no change in percent, because {it.unknown_because}"
    if it.recent.missing > MANY_MISSING * (it.recent.n + it.recent.missing):
        yield f"{name(it.metric)}: {it.recent.missing:,} of the {it.recent.n + it.recent.missing:,} conversations now do not tell it"
    yield from _moves(it)
    if it.tail and it.tail.status in {Status.DRIFT, Status.SUSPECTED}:
        found = it.tail.evidence
        yield f"{name(it.metric)}, extremes ({it.tail.status}): {tail_change(it)} (in {found.hours} h, {_strength(found)})"
    for held in it.held:
        yield f"{comparison(held.comparison)}: {_lasting(held)}"
    if it.forecast and not it.drifting:
        yield f"{name(it.metric)}, forecast: {_forecast(it.metric, it.forecast)}"


def _strength(found: Evidence) -> str:
    z = f"{found.z:.1f}" if abs(found.z) < _WHOLE else f"{found.z:.0f}"
    return f"z {z}, n {_short(found.recent_n)}/{_short(found.reference_n)}"


def _short(n: int) -> str:
    """A number of conversations, in thousands where there are many.

    >>> _short(1254), _short(28_432)
    ('1,254', '28k')
    """
    return f"{n:,}" if n < _MANY else f"{n // 1000:,}k"


def _lasting(held: Held) -> str:
    began = f"alarm since {minute(held.entered_at)}, drift since about {minute(held.onset)}; {latest(held)}"
    return f"{began}; quiet in {held.quiet_checks} of the {held.needed} checks in a row that end the alarm"


def _forecast(metric: Metric, it: Forecast) -> str:
    low, high = it.interval
    until = f"{high:.0f}" if high <= FAR_DAYS else f"over {FAR_DAYS}"
    slope = difference(metric, it.slope)
    days = "within a day" if it.in_days < 1 else f"in about {round(it.in_days)} day{'s' if round(it.in_days) > 1 else ''}"
    return f"at {slope} a day it passes {figure(metric, it.level)}, its threshold, {days} (from {low:.0f} to {until})"


def _moves(it: MetricReport) -> Iterator[str]:
    """The actions that moved most, where the mix is not stable."""
    if it.metric is not Metric.ACTION_DISTRIBUTION or it.status not in {Status.DRIFT, Status.SUSPECTED}:
        return
    before, now = _shares(it.reference), _shares(it.recent)
    furthest = sorted({*before, *now}, key=lambda action: (-abs(now.get(action, 0) - before.get(action, 0)), action))[:SHOWN_ACTIONS]
    moves = (f"{action} {before.get(action, 0):.1%} to {now.get(action, 0):.1%}" for action in furthest)
    yield f"action distribution, moved most: {', '.join(moves)}"


def _shares(given: Figure) -> dict[str, float]:
    return {it.action: it.share for it in given.shares}


def _unproved(report: DriftReport) -> Iterator[str]:
    """How long a change has to last before it is proved: of all metrics, or of those in doubt where others drift."""
    for it in report.metrics:
        if it.needed and not it.drifting and (it.status is Status.SUSPECTED or not report.drifts):
            yield f"{name(it.metric)}: at {it.needed.a_day:.0f} a day, {_small(it.metric, it.needed)} takes {_long(it.needed)} to prove"


def _small(metric: Metric, it: Needed) -> str:
    """The change to be proved, in words."""
    if it.recent_value is None:
        return f"a move of {it.change:.1%} of the calls to other actions"
    before = it.recent_value / (1 + it.change)
    return f"a {'fall' if it.change < 0 else 'rise'} from {figure(metric, before)} to {figure(metric, it.recent_value)}"


def _long(it: Needed) -> str:
    """Half of such drifts are proved after the first, nine in ten after the second.

    >>> _long(Needed(-0.1, None, 50, (9.2, 13.8))), _long(Needed(-0.1, None, 50, (0.4, 1.5))), _long(Needed(-0.1, None, 50, (20.0, None)))
    ('about 9 to 14 days', 'about 10 to 36 hours', 'about 20 days, and often more than 35,')
    """
    half, most = it.days
    if half is None:
        return "more than 35 days"
    if most is None:
        return f"about {half:.0f} days, and often more than 35,"
    if most < _FEW_DAYS:
        return f"about {max(1, round(24 * half))} to {max(1, round(24 * most))} hours"
    first = f"{half:.0f}" if half >= 1 else f"{half:.1f}"
    return f"about {first} to {most:.0f} days"


def _next(report: DriftReport) -> Iterator[str]:
    if not report.drifts:
        return
    ways = [(command("drift", "explain", report.variant), "where it shows: segments, actions, conversations")]
    if report.recommended_action is RecommendedAction.RETRAIN:
        ways.append((command("retrain", "start", report.variant), "improve the prompt, test it, let it in by its evidence"))
    ways.append((command("drift", "history", report.variant), "its episodes and their IDs"))
    ways.append((f"{command('drift', 'known')} ID --reason WHY", "the change is meant: end the alarm"))
    width = max(len(way) for way, _ in ways)
    yield "Next:"
    for way, why in ways:
        yield f"  {way:{width}}  {why}"
