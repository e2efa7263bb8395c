"""`lifecycle drift`: has a variant's behaviour changed, when did it, and does the watch go on."""

import sys
from datetime import datetime
from functools import partial

import click

from deployments.cli.changing import acting, dry_run_option, finish
from deployments.cli.completion import variant_argument
from deployments.cli.drift_backtest import backtest
from deployments.cli.drift_explain import explain
from deployments.cli.drift_history import episode, history
from deployments.cli.drift_known import known
from deployments.cli.shown import (
    BAD_NEWS,
    NOTHING,
    at_option,
    command,
    json_option,
    minute,
    print_facts,
    print_json,
    span,
)
from deployments.cli.watching import Look, Watch, follow, watch_options

EPILOG = """\b
Exit codes: 0 no drift, or too few conversations to tell; 5 drift.
"""


@click.group()
def drift() -> None:
    """Whether a variant's behaviour has changed, and when it did."""


for _command in (backtest, episode, explain, history, known):
    drift.add_command(_command)


@drift.command(epilog=EPILOG)
@variant_argument
@at_option
@click.option(
    "--mode", type=click.Choice(["evidence", "threshold"]), help="What decides: evidence beside the threshold, or the bare threshold."
)
@click.option("--record", is_flag=True, help="Keep the check, and the episode that it opens, prolongs or closes, as the watch does.")
@dry_run_option
@watch_options
@json_option
def check(*, variant: str, at: datetime | None, mode: str | None, record: bool, dry_run: bool, watch: Watch | None, as_json: bool) -> None:
    """Check VARIANT for drift in its five metrics."""
    from deployments.cli.drift_report import show
    from deployments.wire.drift import DriftWire
    from lifecycle_core.operations import drift as operations
    from lifecycle_core.policy import Mode
    from tasks import context

    if dry_run and not record:
        message = "--dry-run is for --record; a check without it keeps nothing"
        raise click.UsageError(message)
    if watch is not None:
        if record:
            message = "--watch keeps nothing, and --record would keep every look; leave one of them out"
            raise click.UsageError(message)
        follow(partial(_look, variant, mode, as_json=as_json), watch, as_json=as_json)
        return
    if record and mode is not None:
        message = "--record keeps what the watch would find, which decides by the variant's own mode; leave one of --record and --mode out"
        raise click.UsageError(message)
    instant = context.as_of(at)
    act = acting(dry_run=dry_run) if record else None
    if act is not None:
        report = operations.check_and_record(context.database(), act, variant, instant)
    else:
        report = operations.check(context.database(), variant, instant, Mode(mode) if mode else None)
    if as_json:
        print_json(DriftWire.of(report))
    else:
        show(report)
    if act is not None:
        finish(act, no_undo="what was found is kept; where the change is meant, say so by drift known", as_json=as_json)
    if report.drifts:
        sys.exit(BAD_NEWS)


def _look(variant: str, mode: str | None, *, as_json: bool) -> Look:
    from deployments.cli.drift_report import show
    from deployments.cli.drift_verdict import name
    from deployments.wire.drift import DriftWire
    from lifecycle_core.operations import drift as operations
    from lifecycle_core.policy import Mode
    from tasks import context

    report = operations.check(context.database(), variant, context.now(), Mode(mode) if mode else None)
    facts = {"version": str(report.version)}
    for it in report.metrics:
        facts[name(it.metric)] = f"{it.status.value.replace('_', ' ')}{f', {it.severity}' if it.drifting and it.severity else ''}"
    return Look(lambda: print_json(DriftWire.of(report)) if as_json else show(report), facts)


@drift.command()
@at_option
@json_option
def metrics(*, at: datetime | None, as_json: bool) -> None:
    """Tell how the watch itself goes, over all variants."""
    from deployments.wire.watch import DriftMetricsWire
    from lifecycle_core.drift.episodes import MANY_PER_WEEK
    from lifecycle_core.operations import drift as operations
    from tasks import context

    found = operations.metrics(context.database(), context.as_of(at))
    if as_json:
        print_json(DriftMetricsWire.of(found))
        return
    age = f", {span(found.last_check_age_s)} ago" if found.last_check_age_s is not None else ""
    by_metric = ", ".join(f"{metric} {count:,}" for metric, count in found.by_metric.items() if count)
    print_facts(
        (
            ("checks recorded", f"{found.checks:,}, {found.checks_last_day:,} of them in the last day"),
            ("last check", f"{minute(found.last_check_at)}{age}"),
            ("episodes", f"{found.episodes:,}, {found.open_episodes:,} of them go on"),
            ("found a week", f"{found.detections_last_week:,} in the last; {found.detections_per_week:.2f} on average of the last four"),
            (f"over {MANY_PER_WEEK} a week", ", ".join(found.drifting_often) or "no variant, in the last week"),
            ("by metric", by_metric or NOTHING),
        )
    )
    if not found.checks:
        click.echo(f"Next: {command('serve')}")
