"""`lifecycle drift known`: a change that is meant is no drift."""

import click

from deployments.cli.changing import acting, dry_run_option, finish
from deployments.cli.completion import episodes
from deployments.cli.shown import command, json_option, minute, print_json, printable

KNOWN = "what is known to be meant is compared with nothing from before"


@click.command()
@click.argument("episode", type=click.IntRange(1, 2**31 - 1), shell_complete=episodes)
@click.option("--reason", required=True, metavar="TEXT", help="Why it is meant; the audit log keeps it.")
@dry_run_option
@json_option
def known(*, episode: int, reason: str, dry_run: bool, as_json: bool) -> None:
    """Say that the change of EPISODE is meant: end its alarms and begin the reference anew.

    EPISODE is an id of `lifecycle drift history`. There is no way back: what came
    before the change is compared with nothing from then on.
    """
    from deployments.cli.drift_verdict import listed, name
    from deployments.wire.watch import KnownWire
    from lifecycle_core.operations import drift as operations
    from tasks import context

    act = acting(reason, dry_run=dry_run)
    told = operations.known(context.database(), act, episode, reason)
    if as_json:
        print_json(KnownWire.of(told))
        finish(act, no_undo=KNOWN, as_json=True)
        return
    it = told.episode
    what = listed([name(metric) for metric in it.drifts])
    click.echo(f"Known: the change in {what} of {printable(it.variant)}, version {it.version}, is meant")
    click.echo(printable(f"Said at {minute(it.known_at)} by {it.known_by}: {it.known_because}"))
    if it.known_at != act.at:
        click.echo("It was known already; nothing changed")
    click.echo("From the next check on:")
    for sentence in told.meaning:
        click.echo(f"  {sentence}")
    click.echo(f"Next: {command('drift', 'check', it.variant)}")
    finish(act, no_undo=KNOWN)
