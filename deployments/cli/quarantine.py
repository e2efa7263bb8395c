"""`lifecycle quarantine`: the records that could not be taken in."""

import sys

import click

PIPE_COLUMNS = 200
SHOWN_CHARACTERS = 80


@click.group()
def quarantine() -> None:
    """The records that could not be taken in, and why."""


@quarantine.command("list")
@click.option("--source", metavar="PATH", help="Only those of one file, as it was named to ingest.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print them whole, as one JSON object.")
def list_quarantined(*, source: str | None, limit: int, as_json: bool) -> None:
    """List refused records with file, line and reason, the newest first."""
    from deployments.wire.traffic import QuarantineWire
    from lifecycle_core.operations import traffic
    from tasks import context

    found = traffic.quarantined(context.database(), limit, source)
    if as_json:
        click.echo(QuarantineWire.of(found).model_dump_json(by_alias=True))
        return
    if not found:
        click.echo("nothing is in quarantine")
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("received", "line", "reason", "content", box=box.SIMPLE_HEAD)
    for it in found:
        content = it.content if len(it.content) <= SHOWN_CHARACTERS else f"{it.content[:SHOWN_CHARACTERS]}…"
        table.add_row(f"{it.received_at:%Y-%m-%d %H:%MZ}", Text(f"{it.source}:{it.line}"), Text(it.reason), Text(_printable(content)))
    Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS, highlight=False).print(table)


def _printable(text: str) -> str:
    """Hostile text as a terminal may be shown it."""
    return "".join(it if it.isprintable() else "�" for it in text)
