"""`lifecycle db`: the schema of the database, and whether its contents hold."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from deployments.cli.asking import ask
from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.shown import BAD_NEWS, NOTHING, command, json_option, print_facts, print_json, printable

if TYPE_CHECKING:
    from lifecycle_core.provenance import Provenance
    from lifecycle_core.store.database import Database

UPGRADE: Final = "lifecycle db upgrade   # which brings back the tables, and not what stood in them"


@click.group()
def db() -> None:
    """The database: its schema, and whether its contents hold."""


@db.command()
@why_option
@dry_run_option
@json_option
def upgrade(*, why: str, dry_run: bool, as_json: bool) -> None:
    """Bring the schema to this program's; every command that opens the database does."""
    from deployments.wire.installation import SchemaWire
    from lifecycle_core.operations import database as operations

    with _opened(why, dry_run=dry_run) as (database, act):
        before = operations.revision(database)
        applied = operations.upgrade(database, act)
        told = ", ".join(applied)
        if as_json:
            print_json(SchemaWire(database=database.name, before=before, after=operations.revision(database), moved=applied))
        elif dry_run:
            click.echo(f"{database.name} {f'would get revision {told}' if told else 'is up to date'}")
        else:
            click.echo(f"{database.name} {f'has revision {told} now' if told else 'was up to date'}")
        back = command("db", "downgrade", before or "base", "--yes")
        finish(act, undo=back, as_json=as_json, database=database, changed=bool(applied))


@db.command()
@click.argument("to", metavar="REVISION")
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@dry_run_option
@json_option
def downgrade(*, to: str, yes: bool, why: str, dry_run: bool, as_json: bool) -> None:
    """Take the schema back to REVISION, "base" for nothing at all.

    What stands in a table that is dropped is lost, and any command but this one
    and `db revision` brings the schema up again.
    """
    from deployments.wire.installation import SchemaWire
    from lifecycle_core.operations import database as operations

    with _opened(why, dry_run=dry_run) as (database, act):
        if not yes and not dry_run:
            ask(f"Everything in {database.name} that revision {to} has no place for is lost. Go on?")
        before = operations.revision(database)
        taken_back = operations.downgrade(database, to, act)
        after, told = operations.revision(database), ", ".join(taken_back)
        if as_json:
            print_json(SchemaWire(database=database.name, before=before, after=after, moved=taken_back))
        elif dry_run:
            click.echo(f"{database.name} {f'would lose revision {told}' if told else f'is at {to} already'}")
        else:
            click.echo(f"{database.name} {f'has lost revision {told}' if told else f'was at {to} already'}")
        if taken_back and after is None and not dry_run:
            click.echo(f"Undo: {UPGRADE}\nNo audit: the log went with the rest", err=as_json)
        else:
            finish(act, undo=UPGRADE, as_json=as_json, database=database, changed=bool(taken_back))


@contextmanager
def _opened(why: str, *, dry_run: bool) -> "Iterator[tuple[Database, Provenance]]":
    """The database as it is, whatever its schema, and who changes it; of a dry run a rehearsal of it, which is taken back."""
    from dataclasses import replace

    from lifecycle_core.operations import database as operations
    from tasks import context

    act = acting(why)
    with closing(context.opened()) as database:
        if not dry_run:
            yield database, act
            return
        with operations.rehearsed(database) as trying:
            yield trying, replace(act, dry_run=True)


@db.command()
@json_option
def revision(*, as_json: bool) -> None:
    """Print the revision of the schema."""
    from deployments.wire.installation import RevisionWire
    from lifecycle_core.operations import database as operations
    from tasks import context

    with closing(context.opened()) as database:
        found = operations.revision(database)
        if as_json:
            print_json(RevisionWire(database=database.name, revision=found))
        else:
            click.echo(found or NOTHING)


@db.command()
@click.argument("to", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def backup(*, to: Path, as_json: bool) -> None:
    """Copy the database to FILE while it is used, and verify what was copied.

    Of PostgreSQL the file is one of pg_dump --format=custom, which must be on the
    PATH.
    """
    from deployments.wire.verification import VerificationWire
    from lifecycle_core.operations import backups
    from tasks import context

    found = backups.back_up(context.database(), to)
    if as_json:
        print_json(VerificationWire.of(found))
    else:
        click.echo(f"{to} holds {found.conversations:,} conversations and {found.audit_rows:,} rows of the audit log; verified")


@db.command()
@click.argument("backup", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@dry_run_option
def restore(*, backup: Path, yes: bool, why: str, dry_run: bool) -> None:
    """Let the database hold what the backup FILE holds.

    What it held is kept first: beside a file of SQLite, in the data folder where
    it is PostgreSQL. The backup is verified before, and an older program's is
    brought up to this one's schema. Refused while the folder is served; stop
    other writers of this database yourself.
    """
    from dataclasses import replace

    from deployments.supervisor.folder import held
    from lifecycle_core.operations import backups
    from tasks import context

    act = replace(acting(why), dry_run=dry_run)
    with closing(context.opened()) as database:
        backups.expect_restorable(database, backup)
        place = Path(database.name) if database.dialect == "sqlite" else context.settings().data_dir / "lifecycle.dump"
        aside = place.with_name(f"{place.name}.before-{act.at:%Y%m%dT%H%M%S%fZ}")
        if not yes and not dry_run:
            ask(f"Everything in {database.name} gives way to {backup}. Go on?")
        with held(context.settings().data_dir) if not dry_run else nullcontext():
            backups.restore(database, backup, aside, act)
        done = ("would hold", "would be") if dry_run else ("holds", "is")
        click.echo(f"{database.name} {done[0]} what {backup} holds; what it held {done[1]} kept as {aside}")
        finish(act, undo=command("db", "restore", str(aside), "--yes"), as_json=False, database=database, changed=True)


@db.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Count everything anew: rollups from conversations, active versions, the audit log's chain.

    Exits with 5 where something is not as it must be.
    """
    from deployments.wire.verification import VerificationWire
    from lifecycle_core.operations import database as operations
    from tasks import context

    found = operations.verify(context.database(), context.outside())
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
