"""What every command that changes something shares: who acts and why, a dry run, and at its end the undo and the audit number."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lifecycle_core.provenance import Provenance
    from lifecycle_core.store.database import Database

why_option = click.option("--why", default="", metavar="REASON", help="Why; the audit log keeps it.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Try all of it, say what it would do, and keep nothing.")
if_match_option = click.option("--if-match", "expected", metavar="ETAG", help="Only where its etag is still this one; * for any.")


def acting(why: str = "", *, dry_run: bool = False) -> "Provenance":
    """Who changes something from the command line, now; the request gets a name, under which the audit log keeps it.

    dry_run : from here on to its end the command changes a rehearsal of the database, which is taken back.
    """
    from dataclasses import replace
    from getpass import getuser
    from uuid import uuid4

    from tasks import context

    if dry_run:
        click.get_current_context().with_resource(context.rehearsal())
    return replace(context.act(f"cli:{getuser()}", why, f"cli-{uuid4().hex}"), dry_run=dry_run)


def finish(
    act: "Provenance",
    *,
    undo: str | None = None,
    no_undo: str = "",
    as_json: bool = False,
    database: "Database | None" = None,
    changed: bool | None = None,
) -> None:
    """End a change: say that it was a dry run, or which command undoes it and which rows of the audit log tell it.

    Every command that changes something calls this at its end; a test of the house looks.
    no_undo : why there is no way back, where there is none. as_json : standard output belongs to the answer.
    database : where the log is; else this process's. changed : whether something was; else the log tells.
    Where nothing had to be changed there is nothing to say.
    """
    from lifecycle_core.operations import audit
    from tasks import context

    if act.dry_run:
        click.echo("Dry run: nothing was changed", err=True)
        return
    numbers = () if changed is False else audit.of_request(database or context.database(), act.request_id or "")
    if not numbers and not changed:
        return
    if undo:
        click.echo(f"Undo: {undo}", err=as_json)
    elif no_undo:
        click.echo(f"No undo: {no_undo}", err=as_json)
    if numbers:
        span = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        click.echo(f"Audit: {span}", err=as_json)
