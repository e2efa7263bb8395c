"""`lifecycle retrain candidates`: every prompt that was proposed in a session, the one that went on, and why the others did not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import session_argument
from deployments.cli.shown import NOTHING, command, json_option, print_json, print_table, printable

if TYPE_CHECKING:
    from lifecycle_core.retraining.improvement import Candidate, PromptImprovement


@click.command()
@session_argument
@json_option
def candidates(*, session: str, as_json: bool) -> None:
    """List the prompts that were proposed in SESSION, and why all but one did not go on."""
    from deployments.wire.improvement import PromptImprovementWire
    from lifecycle_core.operations import retraining
    from lifecycle_core.retraining.errors import ForbiddenMoveError
    from tasks import context

    found = retraining.session(context.database(), session).prompt_improvement
    if found is None:
        message = f"session {session} has proposed no prompt; lifecycle retrain status {session} tells how far it is"
        raise ForbiddenMoveError(message)
    if as_json:
        print_json(PromptImprovementWire.of(found))
        return
    if found.candidates:
        print_table(
            ("candidate", "edits", "score", "what became of it"),
            [(str(it.number), _edits(it), NOTHING if it.score is None else f"{it.score:.2f}", _fate(it, found)) for it in found.candidates],
        )
    for line in _told(found):
        click.echo(line)
    click.echo(f"Next: {command('retrain', 'status', session)}")


def _edits(it: "Candidate") -> str:
    return ", ".join(printable(f"{edit.action} {edit.section} ({edit.cites})") for edit in it.edits) or NOTHING


def _fate(it: "Candidate", found: "PromptImprovement") -> str:
    if it.number == found.chosen:
        return "went on"
    return printable("; ".join(it.refusals)) if it.refusals else "another one scored better, or came first"


def _told(found: "PromptImprovement") -> Iterator[str]:
    yield f"Written by: {found.engine}{', simulated' if found.simulated else ''}"
    yield f"Because: {printable(found.why)}"
    if found.choice is not None:
        for edit in found.choice.edits:
            yield f"{edit.action} {printable(edit.section)}: {printable(edit.text or edit.old)} [{printable(edit.motive)}]"
