"""`lifecycle status`: how everything stands, on one page."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from deployments.cli.retrain_report import progress_of
from deployments.cli.shown import (
    NOTHING,
    at_option,
    coloured,
    command,
    json_option,
    minute,
    number,
    print_facts,
    print_json,
    print_table,
    span,
)
from deployments.cli.watching import Look, Watch, follow, watch_options

if TYPE_CHECKING:
    from rich.text import Text

    from lifecycle_core.operations.standing import Overview
    from lifecycle_core.operations.status import Status, VariantStatus

STALE_S = 2 * 3600
"""Twice the watch's interval: a check that is older means a watch that stands still."""


@click.command()
@at_option
@watch_options
@json_option
def status(*, at: datetime | None, watch: Watch | None, as_json: bool) -> None:
    """Tell how everything stands, on one page."""
    follow(partial(_look, at, as_json=as_json), watch, as_json=as_json)


def _look(at: datetime | None, *, as_json: bool) -> Look:
    from deployments.wire.status import StatusWire
    from lifecycle_core.operations import standing
    from lifecycle_core.operations import status as operations
    from tasks import context

    instant = context.as_of(at)
    found, loop = operations.status(context.database(), instant), standing.overview(context.database(), instant, newest=0)
    if as_json:
        return Look(lambda: print_json(StatusWire.of(found, loop, context.settings().prefect_url)), _facts(found, loop))
    return Look(lambda: _show(found, loop, context.database().name), _facts(found, loop))


def _facts(found: "Status", loop: "Overview") -> dict[str, str]:
    """What is worth a line when it changes."""
    return {
        **{it.summary.variant_name: _standing(it) for it in found.variants},
        "quarantined": number(found.quarantined),
        **{f"retraining {it.session.variant}": progress_of(it) for it in loop.open},
        **{f"probation of {it.variant}": f"version {it.version}" for it in loop.probations},
    }


def _standing(it: "VariantStatus") -> str:
    summary = it.summary
    return f"version {number(summary.active_version)}, {number(summary.conversations)} conversations, {_state(it)}"


def _show(found: "Status", loop: "Overview", database: str) -> None:
    if found.variants:
        print_table(
            ("variant", "active", "versions", "conversations", "newest ended", "last check", "state"),
            (_row(it) for it in found.variants),
            right=("active", "versions", "conversations"),
        )
        click.echo()
    print_facts(
        (
            ("database", f"{database}, schema {found.revision}"),
            ("conversations", number(found.conversations)),
            ("quarantined", f"{number(found.quarantined)}{'; lifecycle quarantine list shows them' if found.quarantined else ''}"),
            ("drifts that go on", number(len(found.open_episodes))),
            *((f"retraining {it.session.variant}", progress_of(it)) for it in loop.open),
            *((f"probation of {it.variant}", f"version {it.version}, until {minute(it.ends_at)}") for it in loop.probations),
            ("last check", _age(found)),
        )
    )
    if not found.variants:
        click.echo(f"Next: {command('ingest', 'FILE')}")


def _row(it: "VariantStatus") -> "tuple[str | Text, ...]":
    checked = minute(it.last_check.at) if it.last_check else "never"
    summary = it.summary
    versions = (number(summary.active_version), number(summary.total_versions), number(summary.conversations))
    return summary.variant_name, *versions, minute(summary.last_ended_at), checked, _state(it)


def _state(it: "VariantStatus") -> "str | Text":
    if it.open_episode:
        drifts = ", ".join(metric.value for metric in it.open_episode.drifts)
        return coloured(f"drift, {it.open_episode.severity}: {drifts}", "bold red")
    return it.last_check.status.value.replace("_", " ") if it.last_check else NOTHING


def _age(found: "Status") -> str:
    if found.last_check_at is None or found.last_check_age_s is None:
        return "never; lifecycle serve checks every variant each hour"
    late = "; no watch is running: lifecycle serve starts it" if found.last_check_age_s > STALE_S else ""
    return f"{minute(found.last_check_at)}, {span(found.last_check_age_s)} ago{late}"
