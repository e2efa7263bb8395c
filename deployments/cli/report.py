"""`lifecycle report`: what was done and why, as a page to be read, sent or kept."""

from pathlib import Path

import click

from deployments.cli.completion import session_argument
from deployments.cli.shown import printable

HTML, MARKDOWN = "html", "markdown"


@click.group()
def report() -> None:
    """What was done and why, as a page to be read, sent or kept."""


@report.command()
@session_argument
@click.option(
    "--format",
    "as_format",
    type=click.Choice([HTML, MARKDOWN]),
    default=HTML,
    show_default=True,
    help="One HTML file that needs no other and runs no script, or Markdown.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file, whole or not at all; - is standard output.",
)
def retrain(*, session: str, as_format: str, output: Path | None) -> None:
    """Tell the retraining SESSION from its beginning to where it stands.

    Why it began, what it learnt from, why conversations fail, how the prompt
    was changed, the cases, the shadow test with its evidence and gates,
    conversations side by side, the decision, and how the new version does.
    """
    from deployments.cli.writing import written
    from tasks import reports
    from tasks.markdown import whole

    found = reports.of_session(session)
    if as_format == HTML:
        from deployments.reports.page import page

        made = page(found)
    else:
        made = f"{whole(found)}\n"
    with written(output) as file:
        click.echo(made, file=file, nl=False)
    if output is not None:
        click.echo(f"Written: {printable(str(output))}, {len(made.encode()):,} bytes", err=True)
