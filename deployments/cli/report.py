"""`lifecycle report`: what was done and why, as a page to be read, sent or kept."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import session_argument, variant_argument
from deployments.cli.shown import at_option, printable

if TYPE_CHECKING:
    from datetime import datetime

    from lifecycle_core.retraining.report.blocks import Report

HTML, MARKDOWN = "html", "markdown"


def _written(told: "Callable[..., Report]") -> Callable[..., None]:
    """Give a command that tells a report its formats and its output."""

    @wraps(told)
    def run(*, as_format: str, output: Path | None, **given: object) -> None:
        from deployments.cli.writing import written
        from tasks.markdown import whole

        found = told(**given)
        if as_format == HTML:
            from deployments.reports.page import page

            made = page(found)
        else:
            made = f"{whole(found)}\n"
        with written(output) as file:
            click.echo(made, file=file, nl=False)
        if output is not None:
            click.echo(f"Written: {printable(str(output))}, {len(made.encode()):,} bytes", err=True)

    run = click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write to this file, whole or not at all; - is standard output.",
    )(run)
    return click.option(
        "--format",
        "as_format",
        type=click.Choice([HTML, MARKDOWN]),
        default=HTML,
        show_default=True,
        help="One HTML file that needs no other and runs no script, or Markdown.",
    )(run)


@click.group()
def report() -> None:
    """What was done and why, as a page to be read, sent or kept."""


@report.command()
@session_argument
@_written
def retrain(*, session: str) -> "Report":
    """Tell the retraining SESSION from its beginning to where it stands.

    Why it began, what it learnt from, why conversations fail, how the prompt
    was changed, the cases, the shadow test with its evidence and gates,
    conversations side by side, the decision, and how the new version does.
    """
    from tasks import reports

    return reports.of_session(session)


@report.command()
@variant_argument
@at_option
@_written
def drift(*, variant: str, at: "datetime | None") -> "Report":
    """Tell how VARIANT does: five metrics with their intervals, day by day, episodes, and what may be done.

    Nothing is recorded by it.
    """
    from tasks import context, reports

    return reports.of_drift(variant, context.as_of(at))


@report.command()
@at_option
@_written
def daily(*, at: "datetime | None") -> "Report":
    """Sum up 24 hours of all variants: traffic, drifts, retrainings, versions, messages."""
    from tasks import context, reports

    return reports.of_days(context.as_of(at), 1)


@report.command()
@at_option
@_written
def weekly(*, at: "datetime | None") -> "Report":
    """Sum up seven days of all variants: traffic, drifts, retrainings, versions, messages."""
    from tasks import context, reports

    return reports.of_days(context.as_of(at), 7)
