"""`lifecycle shadow`: the tests of candidates beside their incumbents."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import sessions
from deployments.cli.shown import at_option, command, json_option, print_json, print_table
from deployments.cli.watching import Look, Watch, follow, watch_options

if TYPE_CHECKING:
    from lifecycle_core.operations.standing import Standing


@click.group()
def shadow() -> None:
    """Tests of candidates beside their incumbents."""


@shadow.command()
@at_option
@watch_options
@json_option
def status(*, at: datetime | None, watch: Watch | None, as_json: bool) -> None:
    """List the shadow tests that go on, with their progress."""
    follow(partial(_look, at, as_json=as_json), watch, as_json=as_json)


def _look(at: datetime | None, *, as_json: bool) -> Look:
    from deployments.cli.retrain_report import evidence_of
    from deployments.wire.shadow import ShadowStatusWire
    from lifecycle_core.operations import standing
    from tasks import context

    found = standing.shadow_tests(context.database(), context.as_of(at))
    facts = {it.session.session_id: evidence_of(it) for it in found}
    return Look(lambda: print_json(ShadowStatusWire.of(found)) if as_json else _show(found), facts)


def _show(found: "Sequence[Standing]") -> None:
    from deployments.cli.retrain_report import progress_of

    if not found:
        click.echo("No shadow test goes on")
        click.echo(f"Next: {command('retrain', 'status')}")
        return
    print_table(
        ("session", "candidate", "in place of", "state", "better", "worse"),
        (
            (
                it.session.session_id,
                it.session.new_variant or "",
                f"version {it.session.incumbent_version}",
                progress_of(it),
                f"e = {it.analysis.e_better:,.1f}" if it.analysis else "",
                f"e = {it.analysis.e_worse:,.1f}" if it.analysis else "",
            )
            for it in found
        ),
    )
    click.echo(f"Next: {command('shadow', 'analysis', found[0].session.session_id)}")


@shadow.command()
@click.argument("session", required=False, shell_complete=sessions)
@at_option
@json_option
def analysis(*, session: str | None, at: datetime | None, as_json: bool) -> None:
    """Tell what the shadow test of SESSION says, or the newest one."""
    from deployments.cli.retrain_report import next_of, show_analysis
    from deployments.wire.shadow import ShadowTestWire
    from lifecycle_core.operations import shadow as operations
    from lifecycle_core.operations import standing
    from tasks import context

    database, instant = context.database(), context.as_of(at)
    if session is None:
        found = standing.newest_tested(database, None, instant)
    else:
        operations.analysis(database, session, instant)
        found = standing.of_session(database, session, instant)
    if as_json:
        print_json(ShadowTestWire.of(found))
        return
    click.echo(f"{found.session.session_id}: {found.session.new_variant}, in place of version {found.session.incumbent_version}")
    if found.analysis is not None:
        show_analysis(found.analysis)
    for line in next_of(found):
        click.echo(line)
