"""`lifecycle drift explain`: what contributes to a drift."""

from datetime import datetime
from typing import Final

import click

from deployments.cli.completion import episodes, variant_argument
from deployments.cli.shown import MOST_ROWS, at_option, json_option, print_json

METRICS: Final = ("booking_rate", "escalation_rate", "cost", "response_time", "action_distribution")


@click.command()
@variant_argument
@click.option("--metric", type=click.Choice(METRICS), help="Explain this metric, drifting or not.  [default: each that drifts]")
@at_option
@click.option(
    "--episode",
    type=click.IntRange(1),
    metavar="ID",
    shell_complete=episodes,
    help="Explain what this episode of `drift history` found last.",
)
@click.option("--limit", type=click.IntRange(1, MOST_ROWS), default=10, show_default=True, help="How many conversations to list for each.")
@json_option
def explain(*, variant: str, metric: str | None, at: datetime | None, episode: int | None, limit: int, as_json: bool) -> None:
    """Tell what contributes to a drift of VARIANT: segments, actions, failures, and conversations that show it."""
    from deployments.cli.drift_explained import show
    from deployments.wire.attribution import ExplanationWire
    from lifecycle_core.drift.report import Metric
    from lifecycle_core.operations import explaining
    from tasks import context

    if episode is not None and at is not None:
        message = "an episode has a time of its own; leave one of --episode and --at out"
        raise click.UsageError(message)
    named = Metric(metric) if metric else None
    found = explaining.explain(context.database(), variant, context.as_of(at), named, episode=episode, limit=limit)
    if as_json:
        print_json(ExplanationWire.of(found))
    else:
        show(found)
