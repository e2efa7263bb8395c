"""The commands of `lifecycle versions` that set two versions side by side: what they came to, what they say, what a rollback would do."""

from typing import TYPE_CHECKING

import click

from deployments.cli import shown
from deployments.cli.completion import numbers, variant_argument
from deployments.cli.shown import VERSION_NUMBER, json_option, minute, number, print_facts, print_json, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lifecycle_core.operations.versions_asked import Preview
    from lifecycle_core.versions.compare import Certainty, Interval
    from lifecycle_core.versions.diff import Changed, Diff


@click.command()
@variant_argument
@click.argument("first", type=VERSION_NUMBER, shell_complete=numbers)
@click.argument("second", type=VERSION_NUMBER, shell_complete=numbers)
@json_option
def compare(*, variant: str, first: int, second: int, as_json: bool) -> None:
    """Set the traffic of two versions of VARIANT side by side, each figure with its 95% interval."""
    from deployments.wire import formats
    from deployments.wire.comparison import CompareWire
    from lifecycle_core.operations import versions_asked as operations
    from tasks import context

    found = operations.compare(context.database(), variant, first, second)
    said = CompareWire.of(found)
    if as_json:
        print_json(said)
        return
    one, two, changes = found.version1, found.version2, found.differences
    percent = formats.percent
    print_table(
        (printable(variant), f"version {first}", f"version {second}", "change", "known of the difference", "so version " + str(second)),
        (
            ("conversations", number(one.total_conversations), number(two.total_conversations), "", "", ""),
            _row("booking rate", percent, (one.booking_rate, two.booking_rate), changes.booking_rate, found.booking_rate),
            _row("escalation rate", percent, (one.escalation_rate, two.escalation_rate), changes.escalation_rate, found.escalation_rate),
            _row("mean cost", formats.dollars, (one.avg_cost_usd, two.avg_cost_usd), changes.avg_cost_usd, found.avg_cost_usd),
            _row("mean tokens", _tokens, (one.avg_tokens, two.avg_tokens), changes.avg_tokens, None),
        ),
    )
    for it in (one, two):
        if it.first_hour is not None:
            click.echo(f"Version {it.version} served from {minute(it.first_hour)} to {minute(it.last_hour)}")
    click.echo(f"Note: {said.warning}")


def _row(
    name: str,
    told: "Callable[[float | None], str | None]",
    values: "tuple[float | None, float | None]",
    change: float | None,
    certainty: "Certainty | None",
) -> tuple[str, ...]:
    from deployments.wire import formats

    sides = [told(it) or shown.NOTHING for it in values]
    if certainty is None:
        return name, *sides, formats.change(change) or shown.NOTHING, shown.NOTHING, shown.NOTHING
    spans = ((certainty.version1, certainty.n1), (certainty.version2, certainty.n2))
    with_spans = [f"{side}{_between(span, told)}, n = {n:,}" if n else side for side, (span, n) in zip(sides, spans, strict=True)]
    return (
        name,
        *with_spans,
        formats.change(change) or shown.NOTHING,
        _known(certainty.difference, in_points=told is formats.percent),
        certainty.direction,
    )


def _between(span: "Interval | None", told: "Callable[[float | None], str | None]") -> str:
    return "" if span is None else f" [{told(span.low)}, {told(span.high)}]"


def _known(span: "Interval | None", *, in_points: bool) -> str:
    if span is None:
        return shown.NOTHING
    return f"{100 * span.low:+.1f} to {100 * span.high:+.1f} points" if in_points else f"{span.low:+.1%} to {span.high:+.1%}"


def _tokens(mean: float | None) -> str | None:
    return None if mean is None else f"{mean:,.0f}"


@click.command()
@variant_argument
@click.argument("first", type=VERSION_NUMBER, shell_complete=numbers)
@click.argument("second", type=VERSION_NUMBER, shell_complete=numbers)
@click.option("--words", is_flag=True, help="Tell the prompts' difference by word: [-gone-] and {+new+} where there are no colours.")
@json_option
def diff(*, variant: str, first: int, second: int, words: bool, as_json: bool) -> None:
    """Show how version SECOND of VARIANT differs from version FIRST."""
    from deployments.wire.comparison import DiffWire
    from lifecycle_core.operations import versions_asked as operations
    from tasks import context

    found = operations.diff(context.database(), variant, first, second)
    if as_json:
        print_json(DiffWire.of(found))
        return
    if words:
        _show_words(found)
    else:
        _show_lines(found)
    if found.same_prompt:
        click.echo("The prompts are the same to the letter")
    elif not found.unified:
        click.echo("The prompts differ in line ends alone")
    _show_values("model", found.model)
    _show_values("parameters", found.parameters)
    _show_values("tools", found.tools)


def _show_lines(found: "Diff") -> None:
    console = shown.console()
    for line in found.unified:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        console.print(shown.coloured(line, style), soft_wrap=True)


def _show_words(found: "Diff") -> None:
    from rich.text import Text

    from lifecycle_core.versions.diff import Op

    console = shown.console()
    plain = not console.is_terminal
    marks = {Op.EQUAL: ("", "", ""), Op.DELETE: ("[-", "-]", "red strike"), Op.INSERT: ("{+", "+}", "green")}
    told = Text()
    for piece in found.words:
        before, after, style = marks[piece.op]
        words = "\n".join(printable(line) for line in piece.text.split("\n"))
        told.append(f"{before}{words}{after}" if plain else words, style)
    console.print(told, soft_wrap=True)


def _show_values(name: str, changes: "Sequence[Changed]") -> None:
    for it in changes:
        where = name if it.path in {"", name} else f"{name} {it.path}"
        click.echo(f"{printable(where)}: {_value(it.before)} -> {_value(it.after)}")


def _value(value: object) -> str:
    from json import dumps

    return "none" if value is None else printable(dumps(value, ensure_ascii=False))


@click.command()
@variant_argument
@json_option
def preview(*, variant: str, as_json: bool) -> None:
    """Tell what a rollback of VARIANT would do, and what not."""
    from deployments.wire.comparison import PreviewWire
    from lifecycle_core.operations import versions_asked as operations
    from tasks import context

    found = operations.preview(context.database(), variant)
    if as_json:
        print_json(PreviewWire.of(found))
    else:
        show_preview(found)


def show_preview(it: "Preview") -> None:
    """Tell what a rollback would do."""
    from deployments.wire import formats
    from lifecycle_core.operations.versions_asked import NOT_UNDONE

    if it.target is None or it.active is None:
        click.echo(printable(f"There would be no rollback: {it.because}"))
        return
    name, to, since, served, changes = printable(it.variant_name), it.target.version, it.since, it.served, it.changes
    click.echo(f"A rollback would make version {to} of {name} active in the place of version {it.active.version}")
    facts = {
        "takes back": f"activation {since.revision}, {minute(since.at)} by {since.by}" if since else "",
        "made because": since.why if since else "",
        "served since": f"{served.total_conversations:,} conversations, booked {formats.percent(served.booking_rate) or '-'}"
        if served
        else "",
        "prompt": f"{changes.length_diff:+,} characters" if changes and not changes.same_prompt else "the same",
        "run with": f"other {', '.join(changes.run_with)}" if changes and changes.run_with else "the same",
        "tags": ", ".join(f"{tag} moves to version {number}" for tag, number in it.tags.items()),
        "probation": "the open one ends" if it.probation else "none is open",
        "retraining": f"{it.session_id} ends undecided, for its candidate was compared with this version"
        if it.session_id
        else "none is open",
        "ready after": ", ".join(f"version {ready}" for ready in it.ready[1:]) or "no other version",
        "stays": "; ".join(NOT_UNDONE),
    }
    print_facts((fact, words) for fact, words in facts.items() if words)


COMMANDS = (compare, diff, preview)
