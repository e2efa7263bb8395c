"""`lifecycle cases`: what each version has to pass before it is tested; added, mined, removed and brought back. Runs are in `cases_run`."""

from typing import TYPE_CHECKING, TextIO

import click

from deployments.cli import cases_run
from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.completion import case_names, variant_argument
from deployments.cli.shown import command, json_option, number, print_json, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lifecycle_core.operations.cases import CasesChanged
    from lifecycle_core.provenance import Provenance
    from lifecycle_core.retraining.written_cases import WrittenCase

OUTCOMES = ("booked", "handed_over", "cancelled", "nothing")
WIDE, MINED = 90, 10
IMPORT_EPILOG = """\b
A line of JSON each, such as:
  {"name": "late", "goal": "You want a deep clean on Friday evening.", "calls": ["check", "book"]}

"outcome" may be booked (the default), handed_over, cancelled or nothing;
"taken", "has", "failing", "neverCalls", "says" and "neverSays" are known too.
"""
names_argument = click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=case_names)
acts = "Repeatable, in order: a tool's name, or what it does: check, book, cancel, price, escalate."


@click.group()
def cases() -> None:
    """What each version has to pass before it is tested beside the present one.

    A case is a customer's goal and how it has to end. All of a variant's own
    serve in every offline evaluation; goals of failed conversations that nothing
    was tuned on, and then ten built-in cases, fill up to the policy's number.
    """


for it in cases_run.COMMANDS:
    cases.add_command(it)


@cases.command()
@variant_argument
@click.argument("name")
@click.option("--goal", required=True, metavar="TEXT", help="What the customer wants, in words; personal data is masked.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="booked", show_default=True, help="How it has to end.")
@click.option("--taken", multiple=True, metavar="SLOT", help='A slot that is gone, "Thursday 14:00", or a whole day. Repeatable.')
@click.option("--has", metavar="SLOT", help='Where the customer\'s appointment stands already, "Tuesday 10:00".')
@click.option("--failing", type=click.IntRange(0, 5), metavar="N", help="So many of the first looks into the calendar time out.")
@click.option("--calls", multiple=True, metavar="TOOL", help=f"What has to be called. {acts}")
@click.option("--never-calls", multiple=True, metavar="TOOL", help="What must not be called. Repeatable.")
@click.option("--says", multiple=True, metavar="TEXT", help="What the agent has to say. Repeatable.")
@click.option("--never-says", multiple=True, metavar="TEXT", help="What it must not say. Repeatable.")
@why_option
@dry_run_option
@json_option
def add(*, variant: str, name: str, why: str, dry_run: bool, as_json: bool, **told: "str | int | Sequence[str] | None") -> None:
    """Keep a case called NAME for VARIANT."""
    from lifecycle_core.replay.setting import Outcome
    from lifecycle_core.retraining.written_cases import WrittenCase

    told |= {"outcome": Outcome(str(told["outcome"])), "taken": told["taken"] or None}
    _add(variant, [WrittenCase(name=name, **told)], acting(why, dry_run=dry_run), as_json=as_json)  # type: ignore[arg-type] # click's words


@cases.command("import", epilog=IMPORT_EPILOG)
@variant_argument
@click.argument("file", type=click.File("r", encoding="utf-8-sig"), required=False)
@click.option(
    "--mined", type=click.IntRange(1, 100), metavar="N", help=f"Take up to N goals of failed conversations instead, such as {MINED}."
)
@why_option
@dry_run_option
@json_option
def import_cases(*, variant: str, file: TextIO | None, mined: int | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Keep the cases of FILE for VARIANT, all or none; - is standard input."""
    from deployments.wire.cases import read_case
    from tasks import cases as tasks

    if (file is None) == (mined is None):
        message = "name a FILE, or give --mined N, and not both"
        raise click.UsageError(message)
    act = acting(why, dry_run=dry_run)
    if file is not None:
        lines = [(place, line) for place, line in enumerate(file, 1) if line.strip()]
        _add(variant, [read_case(line, f"line {place}") for place, line in lines], act, as_json=as_json)
        return
    found = tasks.mined(variant, act.at, mined or MINED)
    if not found.cases:
        click.echo("No failed conversation has a goal that nothing is tuned on; nothing changed", err=as_json)
        return
    _add(variant, found.cases, act, as_json=as_json, conversations=found.conversations)


@cases.command("list")
@variant_argument
@json_option
def list_cases(*, variant: str, as_json: bool) -> None:
    """List the cases of VARIANT: its own, then the built-in ones."""
    from deployments.wire.cases import CasesWire
    from lifecycle_core.operations import cases as operations
    from tasks import cases as tasks
    from tasks import context

    kept, everybodys = operations.list_cases(context.database(), variant), tasks.everybodys(variant)
    if as_json:
        print_json(CasesWire.of(variant, kept, everybodys))
        return
    rows = [(it.case.name, "mined" if it.conversation_id else "own", it.case.outcome, _short(it.case.goal)) for it in kept]
    rows += [(it.id, "built in", it.scenario.outcome, _short(it.scenario.goal)) for it in everybodys]
    print_table(("case", "source", "has to end", "goal"), rows)
    click.echo(f"Next: {command('cases', 'run', variant)}")


@cases.command()
@variant_argument
@names_argument
@why_option
@dry_run_option
@json_option
def remove(*, variant: str, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool) -> None:
    """Leave the cases NAME out of VARIANT's evaluations from now on."""
    from lifecycle_core.operations import cases as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    done = operations.remove(context.database(), act, variant, names)
    _tell(done, "removed", act, command("cases", "restore", variant, *names), as_json=as_json)


@cases.command()
@variant_argument
@names_argument
@why_option
@dry_run_option
@json_option
def restore(*, variant: str, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool) -> None:
    """Bring the cases NAME of VARIANT back that were removed."""
    from lifecycle_core.operations import cases as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    done = operations.restore(context.database(), act, variant, names)
    _tell(done, "back", act, command("cases", "remove", variant, *names), as_json=as_json)


def _add(
    variant: str, written: "list[WrittenCase]", act: "Provenance", *, as_json: bool, conversations: dict[str, str] | None = None
) -> None:
    from lifecycle_core.operations import cases as operations
    from tasks import context, secrets

    done = operations.add(context.database(), act, variant, written, masker=secrets.masker(), conversations=conversations)
    _tell(done, "kept", act, command("cases", "remove", variant, *(it.case.name for it in done.changed)), as_json=as_json)


def _tell(done: "CasesChanged", what: str, act: "Provenance", undo: str, *, as_json: bool) -> None:
    from deployments.wire.cases import CasesChangedWire

    if as_json:
        print_json(CasesChangedWire.of(done))
    else:
        for line in _lines(done, what):
            click.echo(line)
    finish(act, undo=undo, as_json=as_json)


def _lines(done: "CasesChanged", what: str) -> "Iterator[str]":
    count = len(done.changed)
    yield f"{number(count)} case{'s' * (count != 1)} of {printable(done.variant)} {'are' if count != 1 else 'is'} {what}"
    for it in done.changed:
        yield f"  {it.case.name}: {_short(it.case.goal)}"
    if done.unchanged:
        yield f"  there already: {', '.join(done.unchanged)}"


def _short(goal: str) -> str:
    return printable(" ".join(goal.split()))[:WIDE]
