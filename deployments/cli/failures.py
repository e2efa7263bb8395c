"""`lifecycle failures`: why conversations fail, by evidence, and the conversations that show it."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import learners
from deployments.cli.shown import at_option, command, json_option, number, print_facts, print_json, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle_core.retraining.failures import FailureAnalysis

SHOWN_CONVERSATIONS, SHOWN_PHRASES, SMALL_Q = 3, 5, 0.001


@click.group()
def failures() -> None:
    """Why conversations fail: what failures show more than successes do."""


@failures.command()
@click.argument("name", metavar="NAME", shell_complete=learners)
@click.option("--all", "everything", is_flag=True, help="Also what does not count, and why not.")
@at_option
@json_option
def show(*, name: str, everything: bool, at: datetime | None, as_json: bool) -> None:
    """Tell what the session NAME found, or what fails in the newest conversations of the variant NAME.

    Of a variant signs are looked for; a model reads conversations in a session alone.
    """
    from deployments.wire.failures import FailureAnalysisWire
    from tasks import context
    from tasks import failures as tasks

    found = tasks.analysis(name, context.as_of(at))
    if as_json:
        print_json(FailureAnalysisWire.of(found))
        return
    print_facts(_facts(found))
    _show_issues(found)
    if everything:
        _show_the_rest(found)
    click.echo(f"Next: {command('training', 'show', name)}")


def _facts(found: "FailureAnalysis") -> "Iterator[tuple[str, str]]":
    yield "failures", f"{number(found.total_failures)}, beside {number(found.total_successes)} successes"
    yield "by whose fault", ", ".join(f"{author} {number(count)}" for author, count in found.authors.items() if count) or "nobody's"
    if found.avg_messages_before_failure is not None:
        yield "their length", f"{found.avg_messages_before_failure:.1f} messages on average"
    it = found.reading
    if it is not None:
        agreed = "" if it.agreement is None else f"; read twice, {number(it.read_twice)} agree by {it.agreement:.0%}"
        quoted = f"{number(it.unsupported)} faults had no quote that was said"
        yield "read by a model", f"{printable(it.model)} read {number(it.read)}, {quoted}{agreed}"
    if found.simulated:
        yield "simulated", "a scripted model had a part in it"


def _show_issues(found: "FailureAnalysis") -> None:
    click.echo()
    if not found.common_issues:
        click.echo("No issue: nothing that is looked for is shown by failures more than by successes")
    else:
        rows = [
            (
                str(it.issue),
                str(it.author),
                f"{it.count} ({it.share:.0%})",
                f"{it.lift:.1f} ({it.lift_low:.1f} to {it.lift_high:.1f})",
                f"{it.q:.3f}" if it.q >= SMALL_Q else f"< {SMALL_Q}",
                ", ".join(map(printable, it.conversations[:SHOWN_CONVERSATIONS])),
            )
            for it in found.common_issues
        ]
        print_table(("issue", "whose", "failures", "lift (95%)", "q", "such as"), rows)
        for it in found.common_issues:
            quote = f" “{printable(it.quotes[0].text)}”" if it.quotes else ""
            click.echo(f"{it.issue}: {printable(it.feedback)}{quote}")
    if found.other.count:
        said = ", ".join(f"“{printable(it.text)}” ({it.speaker})" for it in found.other.phrases[:SHOWN_PHRASES])
        told = f", told by {said}" if said else ""
        click.echo(f"Other: {number(found.other.count)} of the agent's failures ({found.other.share:.0%}){told}")


def _show_the_rest(found: "FailureAnalysis") -> None:
    rest = [it for it in (*found.findings, *(found.reading.findings if found.reading else ())) if it.count and not it.counts]
    click.echo()
    print_table(
        ("sign", "failures", "successes", "lift", "why it does not count"),
        [(it.name, str(it.count), str(it.in_successes), f"{it.lift:.2f}", it.why_not) for it in sorted(rest, key=lambda it: -it.lift)],
    )
