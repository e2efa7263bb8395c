"""The summary of an ingest, for people."""

import sys
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from deployments.wire.traffic import SummaryWire

SHOWN_VARIANTS = 12
SHOWN_MESSAGES = 2
PIPE_COLUMNS = 200


def show(said: SummaryWire) -> None:
    """Print `said`: the counts, why records were refused, what the source left open, and what to type next."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS, highlight=False)
    console.print(_counts(said))
    if said.reasons:
        console.print(_reasons(said))
    if said.variants:
        console.print(_variants(said))
    for title, counts, of in (
        ("Fields not used", said.unused_fields, said.records),
        ("Not told", said.untold_fields, said.records - said.quarantined),
    ):
        if counts:
            console.print(Text(f"{title}: {_listed(counts, of)}"))
    for remark in said.remarks:
        console.print(Text(f"Odd: {remark}"))
    for record in said.first_records:
        messages = record["messages"]
        cut = [*messages[:SHOWN_MESSAGES], f"… and {len(messages) - SHOWN_MESSAGES} more"] if len(messages) > SHOWN_MESSAGES else messages
        console.print(JSON.from_data({**record, "messages": cut}))
    if said.next and not said.dry_run:
        console.print(Text(f"Next: {said.next}"))


def _counts(said: SummaryWire) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    if said.dry_run:
        table.add_row("would be taken", f"{said.records - said.quarantined:,}")
        table.add_row("would be quarantined", f"{said.quarantined:,}")
        return table
    table.add_row("accepted", f"{said.accepted:,}")
    table.add_row("already known", f"{said.known:,}", f"{said.differing:,} with other content: the first is kept" if said.differing else "")
    table.add_row("quarantined", f"{said.quarantined:,}", "lifecycle quarantine list shows them" if said.quarantined else "")
    return table


def _reasons(said: SummaryWire) -> Table:
    table = Table("records", "why they were refused, by the first of them", "lines", box=box.SIMPLE_HEAD)
    for it in said.reasons:
        more = " …" if it.records > len(it.lines) else ""
        table.add_row(f"{it.records:,}", Text(it.example), Text(", ".join(it.lines) + more))
    return table


def _variants(said: SummaryWire) -> Table:
    table = Table("variant", "conversations", "first ended", "last ended", box=box.SIMPLE_HEAD)
    for it in said.variants[:SHOWN_VARIANTS]:
        assumed = " (assumed)" if it.assumed_ends else ""
        ends = (f"{end:%Y-%m-%d %H:%M:%SZ}{assumed}" for end in (it.first_ended_at, it.last_ended_at))
        table.add_row(Text(it.variant), f"{it.conversations:,}", *ends)
    if len(said.variants) > SHOWN_VARIANTS:
        table.add_row(
            f"… and {len(said.variants) - SHOWN_VARIANTS} more", f"{sum(it.conversations for it in said.variants[SHOWN_VARIANTS:]):,}"
        )
    return table


def _listed(counts: Mapping[str, int], of: int) -> str:
    return ", ".join(name if records == of else f"{name} ({records:,} of {of:,})" for name, records in counts.items())
