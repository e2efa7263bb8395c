"""`lifecycle cases run` and `lifecycle cases tools`: cases served by a version, and what stands in for its tools meanwhile."""

from typing import TYPE_CHECKING, Final

import click

from deployments.cli.completion import case_names, variant_argument
from deployments.cli.shown import (
    BAD_NEWS,
    NOTHING,
    VERSION_NUMBER,
    command,
    json_option,
    number,
    print_facts,
    print_json,
    print_table,
    printable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle_core.replay.faithfulness import Faithfulness
    from lifecycle_core.retraining.case_runs import RunReport
    from lifecycle_core.retraining.evaluation import EvaluationReport
    from tasks.cases import Ran

BOOKED: Final = "booked"
version_option = click.option("--version", "version", type=VERSION_NUMBER, metavar="NUMBER", help="Of VARIANT.  [default: the active one]")


@click.command()
@variant_argument
@version_option
@click.option("--against", type=VERSION_NUMBER, metavar="NUMBER", help="Another version to serve them too, and to be compared with.")
@click.option("--runs", type=click.IntRange(1, 20), default=2, show_default=True, help="How often each case is served.")
@click.option("--case", "names", multiple=True, metavar="NAME", shell_complete=case_names, help="Only this one. Repeatable.")
@click.option("--fresh", is_flag=True, help="Serve anew also what was served within the last week.")
@json_option
def run(*, variant: str, version: int | None, against: int | None, runs: int, names: tuple[str, ...], fresh: bool, as_json: bool) -> None:
    """Serve the cases of VARIANT by one of its versions, and grade them.

    Each is a whole conversation of the agent with a simulated customer, its tools
    in a sandbox; it costs what such conversations cost. Exits with 5 where the
    score is below the policy's minEvaluationScore.
    """
    from deployments.wire.cases import RanWire
    from deployments.wire.improvement import EvaluationWire
    from lifecycle_core.operations import policies
    from tasks import cases as tasks
    from tasks import context

    needed = policies.policy(context.database(), variant).retraining.min_evaluation_score
    done = tasks.run(variant, version, against=against, runs=runs, names=names, fresh=fresh)
    if as_json:
        compared = EvaluationWire.of(done.compared) if done.compared is not None else None
        print_json(RanWire.ran(done.report, compared, done.spent))
    else:
        _show(done, needed)
    if done.report.score is not None and done.report.score < needed:
        click.get_current_context().exit(BAD_NEWS)


@click.command()
@variant_argument
@version_option
@json_option
def tools(*, variant: str, version: int | None, as_json: bool) -> None:
    """Show what stands in for the tools of a version in replays.

    What a tool does is told as "x-lifecycle" beside its schema when a version is
    registered, else its name and arguments show it.
    """
    from deployments.wire.cases import ToolboxWire
    from tasks import cases as tasks

    found = tasks.tools(variant, version)
    if as_json:
        print_json(ToolboxWire.of(found))
        return
    rows = [(name, it.does.value, it.service or NOTHING, it.day or NOTHING, it.time or NOTHING) for name, it in found.stand_ins.items()]
    rows += [(name, "nothing", NOTHING, NOTHING, NOTHING) for name in found.missing]
    print_table(("tool", "stands in for", "service", "day", "time"), rows)
    click.echo(f"services: {', '.join(found.services) or 'any'}; days are {'dates' if found.dated else 'weekdays'}")
    if found.missing:
        click.echo('A call of a tool that nothing stands in for is an error; tell it: "x-lifecycle": {"does": "tell", "answer": {...}}')


COMMANDS: Final = (run, tools)


def _show(done: "Ran", needed: float) -> None:
    it = done.report
    rows = [
        (
            one.id,
            one.source.value.replace("_", " "),
            NOTHING if one.score is None else f"{one.score:.2f}",
            NOTHING if one.booked is None or one.outcome != BOOKED else f"{one.booked:.0%}",
            "; ".join(one.failed),
        )
        for one in it.cases
    ]
    print_table(("case", "source", "score", "booked", "failed"), rows, right=("score", "booked"))
    click.echo()
    print_facts(_facts(it, needed, done))
    if done.compared is not None:
        print_facts(_comparison(done.compared))
    else:
        click.echo(f"Next: {command('cases', 'run', it.variant, '--version', it.version, '--against', 'NUMBER')}")


def _facts(it: "RunReport", needed: float, done: "Ran") -> "Iterator[tuple[str, str]]":
    if it.score is not None and it.low is not None and it.high is not None:
        passed = "passes" if it.score >= needed else "does not pass"
        yield "score", f"{it.score:.2f} ({it.low:.2f} to {it.high:.2f}), needed {needed:.2f}: version {it.version} {passed}"
    if it.spread is not None:
        yield "noise", f"its own runs lie {it.spread:.3f} apart"
    yield "customers", _faithful(it.customers)
    lost = f", {number(it.lost)} lost" if it.lost else ""
    yield "replays", f"{number(sum(one.runs for one in it.cases))}, {number(it.reused)} of them of the last week{lost}"
    yield "cost", f"{number(done.spent.calls)} calls, {number(done.spent.tokens)} tokens, ${done.spent.usd:.4f}"
    if it.missing_tools:
        yield "tools", f"nothing stands in for {printable(', '.join(it.missing_tools))}"
    if it.simulated:
        yield "simulated", "a scripted model served"


def _comparison(it: "EvaluationReport") -> "Iterator[tuple[str, str]]":
    interval = "" if it.gain_low is None or it.gain_high is None else f" ({it.gain_low:+.3f} to {it.gain_high:+.3f})"
    yield "gain", f"{it.gain:+.3f}{interval} over the other's {it.incumbent_score:.2f}"
    if it.incumbent_spread is not None:
        yield "its noise", f"the other's own runs lie {it.incumbent_spread:.3f} apart"


def _faithful(it: "Faithfulness") -> str:
    lapses = ", ".join(f"{count} {lapse.value.replace('_', ' ')}" for lapse, count in it.lapses.items())
    stayed = f"{it.share:.0%} of {number(it.replays)} stayed with their goals ({it.low:.0%} to {it.high:.0%})"
    return f"{stayed}; {lapses}" if lapses else stayed
