"""`lifecycle training`: what a retraining learns from, to be looked at and taken away. Masked, always."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import learners
from deployments.cli.shown import at_option, coloured, command, json_option, minute, number, print_facts, print_json, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lifecycle_core.retraining.training_data import DataSummary

ALL = "all"
FEWEST = 10
"""So many examples are asked for by those who tune models."""

learner_argument = click.argument("name", metavar="NAME", shell_complete=learners)


@click.group()
def training() -> None:
    """What a retraining learns from: masked, each conversation once, split by goals."""


@training.command()
@learner_argument
@at_option
@json_option
def show(*, name: str, at: datetime | None, as_json: bool) -> None:
    """Tell what the session NAME learnt from, or one of the variant NAME would now."""
    from deployments.wire.improvement import TrainingDataWire
    from tasks import context
    from tasks import training as tasks

    found = tasks.summary(name, context.as_of(at))
    if as_json:
        print_json(TrainingDataWire.of(found))
        return
    print_facts(_facts(found))
    if found.checks:
        click.echo()
        print_table(
            ("asked", "found", ""), ((it.asked, it.found, coloured(*_said(holds=it.holds, needed=it.needed))) for it in found.checks)
        )
    click.echo(f"Next: {command('training', 'export', name, '--format', 'openai', '--output', 'training.jsonl')}")


@training.command()
@learner_argument
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["openai", "preferences"]),
    required=True,
    help="Chats of successes to imitate, or pairs of replies of which one is to be preferred.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "select", "held-out", ALL]),
    default="train",
    show_default=True,
    help="Of which goals. A model that learns from held-out goals cannot be judged by them.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file, whole or not at all; - is standard output.",
)
@at_option
def export(*, name: str, as_format: str, split: str, output: Path | None, at: datetime | None) -> None:
    """Write out what the session or variant NAME is learnt from, to tune a model.

    Of a variant it is what a session that begins now would learn from. Each
    line is JSON in OpenAI's formats for fine-tuning and for preferences (DPO).
    """
    import json

    from deployments.cli.writing import written
    from lifecycle_core.retraining.cases import Split
    from tasks import context
    from tasks import training as tasks

    wanted = None if split == ALL else Split(split.replace("-", "_"))
    made = tasks.export(name, context.as_of(at), tasks.Format(as_format), wanted)
    with written(output) as file:
        file.writelines(f"{json.dumps(it, ensure_ascii=False)}\n" for it in made.lines)
    click.echo(f"{number(len(made.lines))} examples", err=True)
    for why, count in made.left_out.items():
        click.echo(f"  left out: {number(count)}, {printable(why)}", err=True)
    if len(made.lines) < FEWEST:
        click.echo(f"Few: those who tune models ask for {FEWEST} examples at least; see --split and maxTrainingExamples", err=True)


def _facts(found: "DataSummary") -> "Iterator[tuple[str, str]]":
    yield "conversations", f"{number(found.size)}: {number(found.successes)} successes, {number(found.failures)} failures"
    yield "handed over", number(found.escalations)
    if found.window is not None:
        yield "ended", f"{minute(found.window.start)} to {minute(found.window.end)}"
    yield "left out", f"{number(found.duplicates)} doubles, {number(found.left_out)} over one customer's share"
    for split, count in found.splits.items():
        yield split.value.replace("_", " "), number(count)
    if found.simulated:
        yield "simulated", "a scripted model served some of them"


def _said(*, holds: bool, needed: bool) -> tuple[str, str]:
    return ("holds", "green") if holds else ("refuses", "red") if needed else ("is short", "yellow")
