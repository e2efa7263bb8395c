"""`lifecycle audit`: who changed what, and whether anybody has changed that since."""

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from deployments.cli.changing import acting, dry_run_option, finish
from deployments.cli.shown import (
    BAD_NEWS,
    NOTHING,
    Instant,
    command,
    json_option,
    limit_option,
    minute,
    print_facts,
    print_json,
    print_table,
    printable,
    typed,
)

if TYPE_CHECKING:
    from lifecycle_core.anchors import Anchors
    from lifecycle_core.operations.audit import AuditVerification

PRINTED = "-"
APPENDED = "an anchor is only ever added to"
MOST_COLUMNS, MOST_CHARACTERS = 4, 40
UNCHECKED = {
    "none": "not signed",
    "not_checked": "signed; set LIFECYCLE_AUDIT_KEY to check the signatures",
    "good": "signatures good",
    "bad": "SIGNATURES BAD",
}

since_option = click.option("--since", type=Instant(), metavar="TIME", help="Only what was changed then or later, ISO 8601 with a zone.")


@click.group()
def audit() -> None:
    """Who changed what, and whether anybody has changed that since.

    Every change of state is a row, chained to the one before it by its hash.
    """


@audit.command("list")
@click.option("--subject", metavar="TEXT", help="Only rows whose subject begins so, such as model_versions:baseline/.")
@click.option("--by", metavar="WHO", help="Only what one made, such as cli:ada.")
@click.option("--request", "request_id", metavar="ID", help="Only what one request changed.")
@since_option
@limit_option
@json_option
def list_changes(*, subject: str | None, by: str | None, request_id: str | None, since: datetime | None, limit: int, as_json: bool) -> None:
    """List changes of state, the newest first."""
    from deployments.wire.audit import ChangesWire
    from lifecycle_core.operations import audit as operations
    from tasks import context

    since = None if since is None else context.as_of(since)
    found = operations.newest(context.database(), operations.Asked(subject, by, request_id, since), limit)
    if as_json:
        print_json(ChangesWire.of(found, limit))
        return
    if not found:
        click.echo("No such change is in the audit log")
        return
    print_table(
        ("number", "at", "by", "subject", "what changed", "why"),
        ((str(it.number), minute(it.at), it.by, it.subject, _changed(it.before, it.after), it.why or NOTHING) for it in found),
        right=("number",),
    )


@audit.command()
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@json_option
def show(*, number: int, as_json: bool) -> None:
    """Show row NUMBER of the log: who, in which request, and each column before and after."""
    from deployments.wire.audit import ChangeWire
    from lifecycle_core.operations import audit as operations
    from tasks import context

    it = operations.change(context.database(), number)
    if as_json:
        print_json(ChangeWire.of(it))
        return
    print_facts(
        (
            ("number", str(it.number)),
            ("at", typed(it.at)),
            ("by", it.by),
            ("why", it.why or NOTHING),
            ("request", it.request_id or NOTHING),
            ("subject", it.subject),
            ("hash", it.hash),
            ("hash before", it.previous_hash or NOTHING),
        )
    )
    print_table(("column", "before", "after"), ((name, _told(it.before.get(name)), _told(value)) for name, value in it.after.items()))


@audit.command()
@click.option("--anchors", metavar="FILE", help="Anchors to hold it against; - reads printed ones.  [default: LIFECYCLE_AUDIT_ANCHORS]")
@click.option("--export", "export", type=click.File(encoding="utf-8"), metavar="FILE", help="Check an export, and no database.")
@json_option
def verify(*, anchors: str | None, export: TextIO | None, as_json: bool) -> None:
    """Hold the log against itself, its anchors, and the rows that it tells of.

    Edits, deletions and insertions are seen anywhere; a log that was cut short,
    or written anew with all hashes, up to the last anchor. Exits with 5 where
    something is not as it must be.
    """
    from deployments.wire.audit import AuditVerificationWire, read_export
    from lifecycle_core.operations import audit as operations
    from tasks import context

    held_against = _anchors(anchors)
    if export is None:
        found = operations.verify(context.database(), held_against)
    else:
        found = operations.verify_export(read_export(export), held_against)
    if as_json:
        print_json(AuditVerificationWire.of(found))
    else:
        _tell(found, whole=export is None)
    if found.found:
        sys.exit(BAD_NEWS)


@audit.command()
@click.option("--to", metavar="FILE", help="Where to append it; - only prints it.  [default: LIFECYCLE_AUDIT_ANCHORS]")
@dry_run_option
@json_option
def anchor(*, to: str | None, dry_run: bool, as_json: bool) -> None:
    """Write down how long the log is and its last hash, and print that line.

    Keep the file, or the printed lines, where nobody who can write the database
    can edit them. Nothing is anchored that does not follow from the anchors
    before. `lifecycle serve` does this by itself every hour.
    """
    from deployments.wire.audit import AnchoredWire
    from lifecycle_core.operations import audit as operations
    from tasks import context

    it, act = context.settings(), acting(dry_run=dry_run)
    file = it.audit_anchors if to in {None, PRINTED} else Path(str(to))
    made = operations.anchor(context.database(), act, file, it.audit_key, keep=to != PRINTED)
    if as_json:
        print_json(AnchoredWire.of(made))
    else:
        click.echo(made.anchor.line)
    if not made.appended:
        click.echo(f"Nothing was added to the log since this anchor of {minute(made.anchor.at)}", err=True)
    elif dry_run or to == PRINTED:
        click.echo("It was printed and not kept", err=True)
    else:
        click.echo(f"Kept in {printable(str(file))}; it holds {made.anchor.rows:,} rows", err=True)
    finish(act, no_undo=APPENDED, as_json=True, changed=made.appended and to != PRINTED)


@audit.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file, whole or not at all; - is standard output.",
)
@since_option
@click.option(
    "--format", "as_format", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="JSON lines can be verified."
)
def export(*, output: Path | None, since: datetime | None, as_format: str) -> None:
    """Write the log out, the oldest change first, and its head at last.

    `lifecycle audit verify --export FILE` checks JSON lines without a database.
    """
    from deployments.cli.audit_export import csv_lines
    from deployments.cli.writing import written
    from deployments.wire.audit import export_lines
    from lifecycle_core.operations import audit as operations
    from tasks import context

    changes = operations.exported(context.database(), None if since is None else context.as_of(since))
    lines = (csv_lines if as_format == "csv" else export_lines)(changes)
    with written(output) as file:
        file.writelines(f"{line}\n" for line in lines)


def _anchors(file: str | None) -> "Anchors":
    from lifecycle_core.anchors import read
    from lifecycle_core.operations import audit as operations
    from tasks import context

    it = context.settings()
    if file == PRINTED:
        return read(sys.stdin, it.audit_key, pieces=True)
    if file is not None and not Path(file).exists():
        message = f"there are no anchors in {file}"
        raise click.BadParameter(message, param_hint="--anchors")
    return operations.read_anchors(it.audit_anchors if file is None else Path(file), it.audit_key)


def _tell(found: "AuditVerification", *, whole: bool) -> None:
    last = found.last_anchor
    anchors = f"{found.anchors:,}, the last of {minute(last.at)} holds row {last.id:,}; {UNCHECKED[found.signatures]}" if last else NOTHING
    facts = [("audit log", f"{found.rows:,} rows, head {found.head or NOTHING}"), ("anchors", anchors)]
    if whole:
        facts.append(("not yet anchored", f"{found.not_anchored:,}"))
    print_facts((*facts, ("problems", f"{found.found:,}")))
    for it in found.problems:
        click.echo(f"  {printable(it)}")
    if found.found > len(found.problems):
        click.echo(f"  and {found.found - len(found.problems):,} more")
    if whole and found.not_anchored and not found.found:
        click.echo(f"Next: {command('audit', 'anchor')}")


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The change in a line.

    >>> _changed({"is_active": 0, "tags": None}, {"is_active": 1, "tags": {}})
    'is_active 0 → 1, tags {}'
    """
    told = [
        f"{name} {_cut(_told(value))}" if before.get(name) is None else f"{name} {_cut(_told(before[name]))} → {_cut(_told(value))}"
        for name, value in after.items()
        if value is not None or before.get(name) is not None
    ]
    more = f", and {len(told) - MOST_COLUMNS} more" if len(told) > MOST_COLUMNS else ""
    return ", ".join(told[:MOST_COLUMNS]) + more


def _told(value: object) -> str:
    import json

    return NOTHING if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
