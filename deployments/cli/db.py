"""`lifecycle db`: the schema of the database, and whether its contents hold."""

import sys
from contextlib import closing

import click

from deployments.cli.asking import ask
from deployments.cli.changing import acting, dry_run_option
from deployments.cli.shown import BAD_NEWS, NOTHING, json_option, print_facts, print_json, printable


@click.group()
def db() -> None:
    """The database: its schema, and whether its contents hold."""


@db.command()
@dry_run_option
def upgrade(*, dry_run: bool) -> None:
    """Bring the schema to this program's; every command that opens the database does."""
    from lifecycle_core.operations import database as operations
    from tasks import context

    with closing(context.opened()) as database:
        if dry_run:
            with operations.rehearsed(database) as trying:
                told = ", ".join(operations.upgrade(trying))
            click.echo(f"{database.name} {f'would get revision {told}' if told else 'is up to date'}")
            return
        applied = ", ".join(operations.upgrade(database, acting()))
        click.echo(f"{database.name} {f'has revision {applied} now' if applied else 'was up to date'}")


@db.command()
@click.argument("to", metavar="REVISION")
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
def downgrade(*, to: str, yes: bool, dry_run: bool) -> None:
    """Take the schema back to REVISION, "base" for nothing at all.

    What stands in a table that is dropped is lost, and any command but this one
    and `db revision` brings the schema up again.
    """
    from lifecycle_core.operations import database as operations
    from tasks import context

    with closing(context.opened()) as database:
        if dry_run:
            with operations.rehearsed(database) as trying:
                told = ", ".join(operations.downgrade(trying, to))
            click.echo(f"{database.name} {f'would lose revision {told}' if told else f'is at {to} already'}")
            return
        if not yes:
            ask(f"Everything in {database.name} that revision {to} has no place for is lost. Go on?")
        taken_back = ", ".join(operations.downgrade(database, to, acting()))
        click.echo(f"{database.name} {f'has lost revision {taken_back}' if taken_back else f'was at {to} already'}")
    if taken_back:
        click.echo("Undo: lifecycle db upgrade, which brings back the tables and not what stood in them")


@db.command()
def revision() -> None:
    """Print the revision of the schema."""
    from lifecycle_core.operations import database as operations
    from tasks import context

    with closing(context.opened()) as database:
        click.echo(operations.revision(database) or NOTHING)


@db.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Count everything anew: rollups from conversations, active versions, the audit log's chain.

    Exits with 5 where something is not as it must be.
    """
    from deployments.wire.verification import VerificationWire
    from lifecycle_core.operations import database as operations
    from tasks import context

    found = operations.verify(context.database())
    if as_json:
        print_json(VerificationWire.of(found))
    else:
        print_facts(
            (
                ("conversations", f"{found.conversations:,}"),
                ("rollups", f"{found.rollups_checked:,} hours counted anew"),
                ("audit log", f"{found.audit_rows:,} rows, head {found.audit_head}"),
                ("problems", f"{len(found.problems):,}"),
            )
        )
        for it in found.problems:
            click.echo(f"  {printable(it)}")
    if found.problems:
        sys.exit(BAD_NEWS)
