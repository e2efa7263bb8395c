"""`lifecycle quarantine`: the records that could not be taken in."""

from dataclasses import replace
from typing import Any

import click

from deployments.cli.asking import ask
from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.mapping import mapping_options
from deployments.cli.shown import json_option, minute, print_facts, print_json, print_table, printable

SHOWN_CHARACTERS = 80
KEPT = "what was taken in stays; the same again changes nothing"
GONE = "what was let go of is gone here; it stands in the file that it came from"


def _named(_context: click.Context, _parameter: click.Parameter, path: str | None) -> str | None:
    from lifecycle_core.traffic.rejected import source_name

    return None if path is None else source_name(path)


source_option = click.option("--source", metavar="PATH", callback=_named, help="Only those of one file, as it was named to ingest.")


@click.group()
def quarantine() -> None:
    """The records that could not be taken in, and why."""


@quarantine.command("list")
@source_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest first.")
@json_option
def list_quarantined(*, source: str | None, limit: int, as_json: bool) -> None:
    """List refused records with file, line and reason, the newest first."""
    from deployments.wire.traffic import QuarantineWire
    from lifecycle_core.operations import traffic
    from tasks import context

    found = traffic.quarantined(context.database(), limit, source)
    if as_json:
        print_json(QuarantineWire.of(found))
        return
    if not found:
        click.echo("Nothing is in quarantine")
        return
    print_table(
        ("received", "line", "reason", "content"),
        ((minute(it.received_at), f"{it.source}:{it.line}", it.reason, _cut(it.content)) for it in found),
    )


@quarantine.command("show")
@click.argument("place", metavar="FILE:LINE")
@json_option
def show_quarantined(*, place: str, as_json: bool) -> None:
    """Show a refused record whole, with its reason; FILE:LINE as the list tells it."""
    from deployments.wire.traffic import QuarantineWire
    from lifecycle_core.errors import InvalidInputError
    from lifecycle_core.operations import traffic
    from tasks import context

    source, _, line = place.rpartition(":")
    if not source or not line.isdecimal():
        message = f"{place!r} is no FILE:LINE; name the record as `lifecycle quarantine list` does, such as traffic.jsonl:12"
        raise InvalidInputError(message, field="place")
    found = traffic.quarantined_at(context.database(), source, int(line))
    if as_json:
        print_json(QuarantineWire.of(found))
        return
    for it in found:
        print_facts((("record", f"{printable(it.source)}:{it.line}"), ("received", minute(it.received_at)), ("why", printable(it.reason))))
        click.echo(printable(it.content) + ("" if it.whole else f"… (the first {len(it.content):,} characters are kept)"))


@quarantine.command()
@source_option
@mapping_options
@why_option
@dry_run_option
@json_option
def retry(*, source: str | None, why: str, dry_run: bool, as_json: bool, **mapped: Any) -> None:  # noqa: ANN401 - the options of a mapping
    """Judge refused records again, and take in those that can be by now.

    By the options that they lacked, such as --variant or --zone. What is taken
    in leaves the quarantine; what is refused again stays.
    """
    from deployments.cli.ingest_summary import show
    from deployments.wire.traffic import SummaryWire
    from lifecycle_core.traffic.mapping import Mapping
    from lifecycle_core.traffic.summary import Summary
    from tasks import traffic

    act, summary = acting(why, dry_run=False), Summary()
    traffic.retry(Mapping.parse(**mapped), summary, act, source, keep=not dry_run)
    said = SummaryWire.of(summary, at=act.at, first=[] if dry_run else None)
    if as_json:
        print_json(said)
    elif said.records:
        show(said)
    else:
        click.echo("Nothing is in quarantine" if source is None else f"Nothing of {printable(source)} is in quarantine")
    finish(replace(act, dry_run=dry_run), no_undo=KEPT, as_json=as_json, changed=bool(said.records - said.quarantined))


@quarantine.command()
@source_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@dry_run_option
@json_option
def drop(*, source: str | None, yes: bool, why: str, dry_run: bool, as_json: bool) -> None:
    """Let go of refused records that have been dealt with.

    A record that was mended and taken in leaves its old self here until then.
    """
    from deployments.wire.traffic import DroppedWire
    from lifecycle_core.operations import traffic
    from tasks import context

    of = "all sources" if source is None else printable(source)
    if not yes and not dry_run:
        ask(f"The refused records of {of} are lost. Go on?")
    act = acting(why, dry_run=dry_run)
    dropped = traffic.drop_quarantined(context.database(), act, source)
    if as_json:
        print_json(DroppedWire(source=source, dropped=dropped))
    else:
        let_go = "would be let go of" if dry_run else "let go of"
        click.echo(f"{dropped:,} refused {'record' if dropped == 1 else 'records'} of {of} {let_go}")
    finish(act, no_undo=GONE, as_json=as_json)


def _cut(content: str) -> str:
    return content if len(content) <= SHOWN_CHARACTERS else f"{content[:SHOWN_CHARACTERS]}…"
