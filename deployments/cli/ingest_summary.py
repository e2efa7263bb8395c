"""The summary of an ingest, for people."""

import json
from collections.abc import Iterator, Mapping

import click

from deployments.cli.shown import console, minute, print_facts, print_table, printable
from deployments.wire.traffic import SummaryWire

SHOWN_VARIANTS = 12
SHOWN_MESSAGES = 2
OPTIONS = {
    "variant": "--variant NAME, or --map variant=FIELD",
    "ended_at": "--ended-at TIME, or --map ended_at=FIELD",
    "zone": "--zone ZONE: times say none",
    "outcome": "--outcome EXPR, or --map booked=FIELD; else it is unknown",
}


def show(said: SummaryWire) -> None:
    """Print `said`: the counts, why records were refused, what the source left open, and what to type next."""
    print_facts((*_read_as(said), *_counts(said)))
    if said.reasons:
        click.echo()
        _show_reasons(said)
    if said.variants:
        click.echo()
        _show_variants(said)
    for title, counts, of in (
        ("Fields not used", said.unused_fields, said.records),
        ("Not told", said.untold_fields, said.records - said.quarantined),
    ):
        if counts:
            click.echo(f"{title}: {printable(_listed(counts, of))}")
    for remark in said.remarks:
        click.echo(f"Odd: {printable(remark)}")
    for record in said.first_records:
        messages = record["messages"]
        cut = [*messages[:SHOWN_MESSAGES], f"… and {len(messages) - SHOWN_MESSAGES} more"] if len(messages) > SHOWN_MESSAGES else messages
        console().print_json(printable(json.dumps({**record, "messages": cut}, ensure_ascii=False)))
    if said.next and not said.dry_run:
        click.echo(f"Next: {printable(said.next)}")


def _read_as(said: SummaryWire) -> Iterator[tuple[str, str]]:
    if said.format != "native":
        yield "read as", f"{said.format}: {', '.join(said.known_by)}"
    if said.unknown and said.dry_run:
        yield "yet to be given", "; ".join(f"{it} ({OPTIONS[it]})" for it in said.unknown)


def _counts(said: SummaryWire) -> Iterator[tuple[str, str]]:
    if said.dry_run:
        yield "would be taken", f"{said.records - said.quarantined:,}"
        yield "would be quarantined", f"{said.quarantined:,}"
        return
    yield "accepted", f"{said.accepted:,}"
    yield "already known", f"{said.known:,}{f'; {said.differing:,} with other content: the first is kept' if said.differing else ''}"
    yield "quarantined", f"{said.quarantined:,}{'; lifecycle quarantine list shows them' if said.quarantined else ''}"


def _show_reasons(said: SummaryWire) -> None:
    more = {True: " …", False: ""}
    print_table(
        ("records", "why they were refused, by the first of them", "lines"),
        ((f"{it.records:,}", it.example, f"{', '.join(it.lines)}{more[it.records > len(it.lines)]}") for it in said.reasons),
        right=("records",),
    )


def _show_variants(said: SummaryWire) -> None:
    shown, rest = said.variants[:SHOWN_VARIANTS], said.variants[SHOWN_VARIANTS:]
    rows = [
        (it.variant, f"{it.conversations:,}", *(f"{minute(end)}{' (assumed)' if it.assumed_ends else ''}" for end in ends))
        for it in shown
        for ends in ((it.first_ended_at, it.last_ended_at),)
    ]
    if rest:
        rows.append((f"… and {len(rest)} more", f"{sum(it.conversations for it in rest):,}", "", ""))
    print_table(("variant", "conversations", "first ended", "last ended"), rows, right=("conversations",))


def _listed(counts: Mapping[str, int], of: int) -> str:
    return ", ".join(name if records == of else f"{name} ({records:,} of {of:,})" for name, records in counts.items())
