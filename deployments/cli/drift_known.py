"""`lifecycle drift known`: a change that is meant is no drift."""

import click

from deployments.cli.shown import acting, command, json_option, minute, print_json, printable


@click.command()
@click.argument("episode", type=click.IntRange(1, 2**31 - 1))
@click.option("--reason", required=True, metavar="TEXT", help="Why it is meant; the audit log keeps it.")
@json_option
def known(*, episode: int, reason: str, as_json: bool) -> None:
    """Say that the change of EPISODE is meant: end its alarms and begin the reference anew.

    EPISODE is an id of `lifecycle drift history`. There is no way back: what came
    before the change is compared with nothing from then on.
    """
    from deployments.cli.drift_verdict import listed, name
    from deployments.wire.watch import KnownWire
    from lifecycle_core.operations import drift as operations
    from tasks import context

    act = acting()
    told = operations.known(context.database(), act, episode, reason)
    if as_json:
        print_json(KnownWire.of(told))
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
