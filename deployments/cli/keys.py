"""`lifecycle keys`: who may ask the API for what."""

from datetime import timedelta

import click

from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.completion import key_names
from deployments.cli.shown import NOTHING, command, json_option, minute, print_json, print_table, printable
from lifecycle_core.access import Role

EPILOG = """\b
Roles:
  read     ask everything
  ingest   send conversations, read the active prompt: what an agent needs
  operate  also change versions, policies and retrainings
  approve  also decide about a candidate
  admin    also make and revoke keys
"""


@click.group(epilog=EPILOG)
def keys() -> None:
    """Keys to the API, each with the roles that it may be used for.

    Without any key everybody on this machine may do everything, and nobody
    else anything. From the first key on everybody needs one. This command
    works on the database itself and needs none.
    """


@keys.command()
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([it.value for it in Role]), help="What it is for. Repeatable."
)
@click.option("--expires", "days", type=click.IntRange(1, 3650), metavar="DAYS", help="How long it is good.  [default: for ever]")
@why_option
@dry_run_option
@json_option
def create(*, name: str, roles: tuple[str, ...], days: int | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Make a key called NAME, and print it once.

    Standard output has the key alone, so that it can be piped to where it is
    kept; only its hash is kept here.
    """
    from deployments.wire.keys import MadeKeyWire
    from lifecycle_core.operations import keys as operations
    from tasks import context

    act, secret = acting(why, dry_run=dry_run), context.new_secret()
    database = context.database()
    first = not operations.any_made(database)
    expires = timedelta(days=days) if days else None
    made = operations.create(database, act, name, roles=[Role(it) for it in roles], secret=secret, expires_in=expires)
    undo = command("keys", "revoke", name)
    if as_json:
        print_json(MadeKeyWire.made(made, secret, act.at))
        finish(act, undo=undo, as_json=True)
        return
    until = f" until {minute(made.expires_at)}" if made.expires_at else ""
    click.echo(f"Key {printable(name)} ({made.id}) is good for {', '.join(made.roles)}{until}; it is shown this once:", err=True)
    click.echo(secret.text)
    if first:
        click.echo("It is the first: within a second the API asks everybody for a key, also on this machine", err=True)
    finish(act, undo=undo, as_json=True)


@keys.command("list")
@json_option
def list_keys(*, as_json: bool) -> None:
    """List every key that was made, the newest first."""
    from deployments.wire.keys import KeysWire
    from lifecycle_core.operations import keys as operations
    from tasks import context

    found, at = operations.list_keys(context.database()), context.now()
    if as_json:
        print_json(KeysWire.of(found, at, loopback=context.settings().loopback))
        return
    if not found:
        click.echo("No key was made yet: everybody on this machine may do everything, and nobody else anything")
        click.echo(f"Next: {command('keys', 'create', 'ada', '--role', 'admin')}")
        return
    print_table(
        ("name", "id", "roles", "state", "made", "by", "expires", "last used"),
        (
            (
                it.name,
                it.id,
                ", ".join(it.roles),
                it.state(at),
                minute(it.created_at),
                it.created_by,
                minute(it.expires_at) if it.expires_at else "never",
                minute(it.last_used_at) if it.last_used_at else NOTHING,
            )
            for it in found
        ),
    )


@keys.command()
@click.argument("name", shell_complete=key_names)
@why_option
@dry_run_option
@json_option
def revoke(*, name: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Let the key called NAME, or of that id, be good no more.

    There is no way back: make another. Where it was the last one that is
    good, nobody can ask the API until another is made.
    """
    from deployments.wire.keys import KeyWire
    from lifecycle_core.operations import keys as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    it = operations.revoke(context.database(), act, name)
    another = f"a key once revoked is gone; another: {command('keys', 'create', f'{it.name}-2', *(f'--role={role}' for role in it.roles))}"
    if as_json:
        print_json(KeyWire.at(it, act.at))
        finish(act, no_undo=another, as_json=True)
        return
    if it.revoked_at != act.at:
        click.echo(f"Key {printable(it.name)} was revoked at {minute(it.revoked_at)} already; nothing changed")
        return
    click.echo(f"Key {printable(it.name)} ({it.id}) is good no more, within a second")
    if not any(other.usable(act.at) for other in operations.list_keys(context.database())):
        click.echo("It was the last one that was good: nobody can ask the API now")
    finish(act, no_undo=another)
