"""`lifecycle quarantine`: the records that could not be taken in."""

import click

from deployments.cli.shown import json_option, minute, print_json, print_table

SHOWN_CHARACTERS = 80


@click.group()
def quarantine() -> None:
    """The records that could not be taken in, and why."""


@quarantine.command("list")
@click.option("--source", metavar="PATH", help="Only those of one file, as it was named to ingest.")
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
        click.echo("nothing is in quarantine")
        return
    print_table(
        ("received", "line", "reason", "content"),
        ((minute(it.received_at), f"{it.source}:{it.line}", it.reason, _cut(it.content)) for it in found),
    )


def _cut(content: str) -> str:
    return content if len(content) <= SHOWN_CHARACTERS else f"{content[:SHOWN_CHARACTERS]}…"
