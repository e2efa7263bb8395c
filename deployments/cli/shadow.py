"""`lifecycle shadow`: the tests of candidates beside their incumbents."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from deployments.cli.completion import sessions
from deployments.cli.shown import at_option, command, json_option, number, print_json, print_table, printable
from deployments.cli.watching import Look, Watch, follow, watch_options

if TYPE_CHECKING:
    from lifecycle_core.operations.standing import Standing
    from lifecycle_core.retraining.curve import Curve

SHOWN_EVERY: Final = 20
"""Samples from one line to the next, of evidence as it grew."""


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


@shadow.command()
@click.argument("session", required=False, shell_complete=sessions)
@json_option
def agreement(*, session: str | None, as_json: bool) -> None:
    """Tell whether both versions of SESSION's shadow test act alike, or of the newest one.

    At turns of recorded conversations: the tool each calls next, or words. It
    says how much the behaviour changes, never which version is better.
    """
    from deployments.wire.evidence import AgreementWire
    from lifecycle_core.operations import standing
    from tasks import context
    from tasks.agreement import kept

    name = session or standing.newest_tested(context.database(), None, context.now()).session.session_id
    found = kept(name)
    if as_json:
        print_json(AgreementWire.of(name, found))
        return
    if found.difference is None or found.floor is None:
        click.echo(f"{printable(name)} has asked nobody yet; the first watch of its shadow test does")
        return
    where = f"{number(found.turns)} turns of {number(found.conversations)} recorded conversations"
    click.echo(f"The candidate acts otherwise at {found.difference:.1%} of {where}; the incumbent than itself at {found.floor:.1%}")
    if found.low is not None and found.high is not None:
        click.echo(f"Over that: {100 * (found.excess or 0):+.1f} points (95%: {100 * found.low:+.1f} to {100 * found.high:+.1f})")
    click.echo("Note: behaviour at recorded turns; it never tells which version is better")


@shadow.command()
@click.argument("session", required=False, shell_complete=sessions)
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the evidence into an .svg or .png.")
@json_option
def evidence(*, session: str | None, plot: Path | None, as_json: bool) -> None:
    """Tell how the evidence of SESSION's shadow test grew, or of the newest one.

    Sample by sample for programs and in the picture; for people at each look.
    """
    from deployments.plots import files
    from deployments.wire.evidence import EvidenceCurveWire
    from lifecycle_core.operations import evidence as operations
    from lifecycle_core.operations import standing
    from tasks import context

    if plot is not None:
        files.expect_writable(plot)
    database = context.database()
    name = session or standing.newest_tested(database, None, context.now()).session.session_id
    found = operations.grown(database, name)
    if plot is not None:
        from deployments.plots.evidence import drawn

        files.replace(plot, drawn(found, name, files.kind(plot)))
    if as_json:
        print_json(EvidenceCurveWire.of(name, found))
        return
    _show_curve(name, found)
    if plot is not None:
        click.echo(f"Drawn: {printable(str(plot))}")


def _show_curve(name: str, it: "Curve") -> None:
    if not it.points:
        click.echo(f"{printable(name)} has no sample yet")
        return
    headings = ("samples", "better", "worse", "more hand-offs", "futile", "incumbent", "candidate")
    seen = [one for one in it.points if one.look or one.n % SHOWN_EVERY == 0 or one is it.points[-1]]
    print_table(
        headings,
        (
            (
                f"{one.n}{' look' if one.look else ''}",
                *(f"{e:,.2f}" for e in (one.e_better, one.e_worse, one.e_worse_escalation, one.futility)),
                f"{one.incumbent_rate:.1%}",
                f"{one.candidate_rate:.1%}",
            )
            for one in seen
        ),
        right=headings[1:],
    )
    click.echo(f"Shown at e = {it.level:.0f}; futile at {it.futility_level:.0f}")
    click.echo(f"Next: {command('shadow', 'analysis', printable(name))}")
