"""`lifecycle backfill`: many files taken in by the workers of a pool."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.ingest import FORMATS, KEPT, files_in
from deployments.cli.mapping import mapping_options
from deployments.cli.shown import NOTHING, command, json_option, limit_option, minute, print_facts, print_json, print_table, printable

if TYPE_CHECKING:
    from lifecycle_core.traffic.backfill import Progress

WATCHED_EVERY_S = 2.0
SHOWN_FAILURES = 20
FAILED = 5

EPILOG = """\b
Examples:
  lifecycle backfill start exports/2025-09 --runs 3 --watch
  lifecycle backfill show bf_4f1c0a9d2b7e
  lifecycle backfill retry bf_4f1c0a9d2b7e
"""


@click.group(epilog=EPILOG)
def backfill() -> None:
    """Take many files in, by several flow runs.

    Each file is taken in by one of them at a time: by runs of `lifecycle
    serve`, or of workers on other machines, which must see the files at the
    same paths. For a few files `lifecycle ingest` is simpler.
    """


@backfill.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="auto", show_default=True, help="What the records are; see `lifecycle ingest`."
)
@mapping_options
@click.option("--runs", type=click.IntRange(1, 64), default=2, show_default=True, help="How many flow runs work on it at a time.")
@click.option("--watch", is_flag=True, help="Wait until it is over.")
@why_option
@dry_run_option
@json_option
def start(
    *,
    paths: Sequence[str],
    form: str,
    runs: int,
    watch: bool,
    why: str,
    dry_run: bool,
    as_json: bool,
    **mapped: Any,  # noqa: ANN401 - the options of a mapping
) -> None:
    """Take files in, by several flow runs.

    Of a folder all its JSON files are taken. Where Prefect is away the runs
    start by themselves once it is back.
    """
    from deployments.wire.backfills import BackfillWire
    from lifecycle_core.operations import backfills
    from tasks import context, nudges

    files = [str(Path(it).resolve()) for it in files_in(paths)]
    act = acting(why, dry_run=dry_run)
    it = backfills.begin(context.database(), act, files, form, {**mapped, "maps": list(mapped["maps"])}, runs)
    away = None if dry_run else nudges.backfill_begun(it)
    undo = command("backfill", "cancel", it.id)
    if watch and not dry_run:
        _watch(it.id)
    found = backfills.progress(context.database(), it.id)
    if as_json:
        print_json(BackfillWire.of(found))
    else:
        click.echo(f"Backfill {it.id}: {len(files):,} files, {runs} runs at a time")
        _tell(found)
    if away:
        click.echo(printable(away), err=True)
    finish(act, undo=undo, as_json=as_json)


@backfill.command()
@click.argument("backfill_id", metavar="BACKFILL")
@click.option("--watch", is_flag=True, help="Wait until it is over; exit 5 where a file could not be taken in.")
@json_option
def show(*, backfill_id: str, watch: bool, as_json: bool) -> None:
    """Tell how far a backfill has come, and what failed."""
    from deployments.wire.backfills import BackfillWire
    from lifecycle_core.operations import backfills
    from lifecycle_core.traffic.backfill import FileState
    from tasks import context

    if watch:
        _watch(backfill_id)
    found = backfills.progress(context.database(), backfill_id)
    if as_json:
        print_json(BackfillWire.of(found))
    else:
        _tell(found)
    if watch and found.count(FileState.FAILED):
        raise SystemExit(FAILED)


@backfill.command("list")
@limit_option
@json_option
def list_backfills(*, limit: int, as_json: bool) -> None:
    """List backfills, the newest first."""
    from deployments.wire.backfills import BackfillsWire
    from lifecycle_core.operations import backfills
    from tasks import context

    found = backfills.newest(context.database(), limit)
    if as_json:
        print_json(BackfillsWire.of(found))
        return
    if not found:
        click.echo("No backfill was begun yet; `lifecycle backfill start FOLDER` begins one")
        return
    print_table(("begun", "id", "by", "files", "in", "failed", "state"), (_row(it) for it in found))


@backfill.command()
@click.argument("backfill_id", metavar="BACKFILL")
@why_option
@dry_run_option
@json_option
def cancel(*, backfill_id: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Give a backfill up; what was taken in stays."""
    from deployments.wire.backfills import BackfillWire
    from lifecycle_core.operations import backfills
    from tasks import context

    act = acting(why, dry_run=dry_run)
    found = backfills.cancel(context.database(), act, backfill_id)
    if as_json:
        print_json(BackfillWire.of(found))
    else:
        _tell(found)
    finish(act, undo=command("backfill", "retry", backfill_id), as_json=as_json)


@backfill.command()
@click.argument("backfill_id", metavar="BACKFILL")
@why_option
@dry_run_option
@json_option
def retry(*, backfill_id: str, why: str, dry_run: bool, as_json: bool) -> None:
    """Try anew what failed; what was cancelled goes on."""
    from deployments.wire.backfills import BackfillWire
    from lifecycle_core.operations import backfills
    from tasks import context, nudges

    act = acting(why, dry_run=dry_run)
    tried = backfills.retry(context.database(), act, backfill_id)
    found = backfills.progress(context.database(), backfill_id)
    away = None if dry_run or found.over else nudges.backfill_begun(found.backfill, again=True)
    if as_json:
        print_json(BackfillWire.of(found))
    else:
        click.echo(f"{tried:,} files that could not be taken in are tried anew")
        _tell(found)
    if away:
        click.echo(printable(away), err=True)
    finish(act, no_undo=KEPT, as_json=as_json)


def _watch(backfill_id: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from lifecycle_core.operations import backfills
    from lifecycle_core.traffic.backfill import FileState
    from tasks import context

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        files = bar.add_task(printable(backfill_id), total=None)
        while True:
            found = backfills.progress(context.database(), backfill_id)
            bar.update(files, total=len(found.files), completed=len(found.files) - found.count(FileState.PENDING))
            if found.over:
                return
            time.sleep(WATCHED_EVERY_S)


def _tell(found: "Progress") -> None:
    from lifecycle_core.traffic.backfill import FileState
    from tasks import context

    counts = found.counts
    print_facts(
        (
            ("Files", f"{len(found.files):,}"),
            ("In", f"{found.count(FileState.DONE):,}"),
            ("Pending", "given up" if found.backfill.cancelled_at else f"{found.count(FileState.PENDING):,}"),
            ("Could not be taken in", f"{found.count(FileState.FAILED):,}"),
            ("Runs at work", f"{len(found.at_work(context.outside()))} of {found.backfill.runs}"),
            ("Records", f"{counts.records:,}"),
            ("Refused", f"{counts.quarantined:,}"),
        )
    )
    failed = [it for it in found.files if it.state is FileState.FAILED]
    for it in failed[:SHOWN_FAILURES]:
        error = it.error or ""
        click.echo(printable(f"  {error}" if it.path in error else f"  {it.path}: {error}"))
    if len(failed) > SHOWN_FAILURES:
        click.echo(f"  and {len(failed) - SHOWN_FAILURES:,} more; --json names all")
    if failed:
        click.echo(f"Try them anew: {command('backfill', 'retry', found.backfill.id)}")


def _row(it: "Progress") -> tuple[str, ...]:
    from lifecycle_core.traffic.backfill import FileState

    done, failed = it.count(FileState.DONE), it.count(FileState.FAILED)
    standing = "cancelled" if it.backfill.cancelled_at else "over" if it.over else "at work"
    begun = it.backfill
    return (
        minute(begun.begun_at),
        begun.id,
        begun.begun_by,
        f"{len(it.files):,}",
        f"{done:,}",
        f"{failed:,}" if failed else NOTHING,
        standing,
    )
