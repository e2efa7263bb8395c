"""What contributes to a drift, for people: a sentence, and the tables behind it, the most telling first."""

from collections.abc import Callable
from typing import Final

import click

from deployments.cli.shown import NOTHING, command, minute, number, print_table, printable, tell
from deployments.wire import formats
from lifecycle_core.conversations import Window
from lifecycle_core.drift.attributing import NEVER_RAISES
from lifecycle_core.drift.attribution import (
    ActionMove,
    Attribution,
    Cause,
    ErrorKind,
    Explanation,
    Finding,
    Label,
    Quantity,
    Segment,
)
from lifecycle_core.drift.report import Comparison, Status

SHOWN_LABELS: Final = 3
SHOWN_SEGMENTS: Final = 6
SHOWN_ACTIONS: Final = 5
SHOWN_ERRORS: Final = 5
MOVED_LEAST: Final = 0.005
"""A share that moved by less is not worth a line, unless it is believed to have moved."""
NAMES: Final = {
    Comparison.COST: "Mean cost",
    Comparison.RESPONSE_TIME: "Median response time",
    Comparison.COST_TAIL: "The share of dear conversations",
    Comparison.RESPONSE_TIME_TAIL: "The share of slow conversations",
    Comparison.ACTION_DISTRIBUTION: "The mix of actions",
}
STARS: Final = "* believed to have changed: chance is allowed for, among all that were looked at"


def show(found: Explanation) -> None:
    """Print what was found."""
    click.echo(f"{printable(found.variant)}, version {found.version}, as of {minute(found.at)}")
    if not found.attributions:
        if found.status is Status.INSUFFICIENT_DATA:
            tell(
                ["No verdict, and so nothing to explain: too few conversations tell of then. What is missing, and when there were enough:"]
            )
            click.echo(f"  {command('drift', 'check', found.variant)}")
            return
        tell(["Nothing drifts or is suspected to: there is nothing to explain. To see what moved all the same, name a metric:"])
        click.echo(f"  {command('drift', 'explain', found.variant, '--metric', 'booking_rate')}")
        return
    told: set[tuple[Window, Window]] = set()
    for it in found.attributions:
        windows = (it.question.recent, it.question.reference)
        click.echo()
        _show(it, failures=windows not in told)
        told.add(windows)
    click.echo()
    tell([f"Note: {NEVER_RAISES}"])


def _show(it: Attribution, *, failures: bool) -> None:
    asked = it.question
    tell([_headline(it)])
    click.echo(f"now: {minute(asked.recent.start)} to {minute(asked.recent.end)}, n {it.recent_n:,}")
    like = ", the same hours of day" if asked.like_hours else ""
    whose = f", version {asked.reference_version}" if asked.reference_version != asked.recent_version else ""
    tell([f"before: {minute(asked.reference.start)} to {minute(asked.reference.end)}{like}{whose}, n {it.reference_n:,}"])
    starred = [_show_segments(it), _show_actions(it), failures and _show_errors(it)]
    if any(starred):
        tell([STARS])
    if it.examples:
        click.echo("Conversations that show it:")
        print_table(("id", "ended", "why"), ((one.id, minute(one.ended_at), one.why) for one in it.examples))
    tell(f"Note: {note}" for note in it.notes if note != NEVER_RAISES)


def _headline(it: Attribution) -> str:
    """One sentence: what changed, by how much, and what it mostly is."""
    comparison = it.question.comparison
    name = NAMES.get(comparison, comparison.value.replace("_", " ").capitalize())
    if it.question.quantity is Quantity.MIX:
        by = "" if it.relative_change is None else f" {formats.percent(it.relative_change)} of all calls"
        return f"{name} moved{by}: {_moved(it)}."
    written = _written(it)
    before, now = (written(value) or NOTHING for value in (it.reference_value, it.recent_value))
    if not it.change:
        return f"{name} did not change ({before} to {now})."
    fell = it.change < 0 if it.relative_change is None else it.relative_change < 0
    by = "" if it.relative_change is None else f" {abs(it.relative_change):.1%}"
    return f"{name} {'fell' if fell else 'rose'}{by} ({before} to {now}): {_because(it)}."


def _written(it: Attribution) -> Callable[[float | None], str | None]:
    """How the figures are told: those of the check and those taken apart alike."""
    by_quantity = {Quantity.MEAN: formats.dollars, Quantity.GEOMETRIC_MEAN: formats.seconds}
    return by_quantity.get(it.question.quantity, formats.percent)


def _because(it: Attribution) -> str:
    if it.finding is not None:
        return _found(it.finding)
    if any(label.divides for label in it.labels):
        return "no label sets apart the conversations that changed"
    return "too few conversations to tell segments apart"


def _found(it: Finding) -> str:
    segment = f"{printable(it.label)} {printable(it.segment.value)}"
    if it.cause is Cause.RATE:
        return f"{it.of_change:.0%} of it is {segment} ({it.size:.0%} of conversations), by rate and not by mix"
    way = "more" if it.segment.recent_share > it.segment.reference_share else "fewer"
    moved = f"{it.segment.reference_share:.0%} to {it.segment.recent_share:.0%} of conversations"
    return f"{it.of_change:.0%} of it is {way} of {segment} ({moved}), by mix and not by rate"


def _moved(it: Attribution) -> str:
    rose = next((one for one in it.actions if one.of_g2 > 0 and one.starred), None)
    fell = next((one for one in it.actions if one.of_g2 < 0 and one.starred), None)
    parts = [
        f"{printable(one.action)} {way} ({one.reference_share:.1%} to {one.recent_share:.1%})"
        for one, way in ((rose, "rose"), (fell, "fell"))
        if one is not None
    ]
    return " and ".join(parts) or "no single action is believed to have moved"


def _show_segments(it: Attribution) -> bool:
    """A table of the most telling labels; -> whether it has a star."""
    labels = [label for label in it.labels if label.divides][:SHOWN_LABELS]
    if not labels:
        return False
    written = _written(it)
    shown = [(label, segment) for label in labels for segment in label.segments[:SHOWN_SEGMENTS]]
    print_table(
        ("label", "segment", "share before", "now", "figure before", "now ", "by mix", "by rate", "of change"),
        (_segment_row(label, one, written, it.change) for label, one in shown),
        right=("share before", "now", "figure before", "now ", "by mix", "by rate", "of change"),
    )
    return any(one.starred for _, one in shown)


def _segment_row(label: Label, it: Segment, written: Callable[[float | None], str | None], change: float | None) -> tuple[str, ...]:
    mix, rate = (f"{part / change:+.0%}" if change else NOTHING for part in (it.mix, it.rate))
    return (
        label.name,
        it.value + ("*" if it.starred else ""),
        f"{it.reference_share:.0%}",
        f"{it.recent_share:.0%}",
        written(it.reference_value) or NOTHING,
        written(it.recent_value) or NOTHING,
        mix,
        rate,
        NOTHING if it.of_change is None else f"{it.of_change:+.0%}",
    )


def _show_actions(it: Attribution) -> bool:
    moved = [one for one in it.actions if one.starred or abs(one.recent_share - one.reference_share) >= MOVED_LEAST][:SHOWN_ACTIONS]
    if not moved or (it.question.quantity is not Quantity.MIX and not any(one.starred for one in moved)):
        return False
    print_table(("action", "before", "now", "of the change", "z"), map(_action_row, moved), right=("before", "now", "of the change", "z"))
    return any(one.starred for one in moved)


def _action_row(it: ActionMove) -> tuple[str, ...]:
    z = NOTHING if it.residual is None else f"{it.residual:+.1f}"
    return it.action + ("*" if it.starred else ""), f"{it.reference_share:.1%}", f"{it.recent_share:.1%}", f"{it.of_g2:+.0%}", z


def _show_errors(it: Attribution) -> bool:
    shown = [one for one in it.errors if one.starred or abs(one.recent_share - one.reference_share) >= MOVED_LEAST][:SHOWN_ERRORS]
    if not shown:
        return False
    headers = ("failure", "tool", "met before", "now", "conversations now")
    print_table(headers, map(_error_row, shown), right=headers[2:])
    return any(one.starred for one in shown)


def _error_row(it: ErrorKind) -> tuple[str, ...]:
    whose = "the provider" if it.provider_fault else (it.tool or NOTHING)
    message = it.message + ("*" if it.starred else "")
    return message, whose, f"{it.reference_share:.1%}", f"{it.recent_share:.1%}", number(it.recent_n)
