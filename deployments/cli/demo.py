"""`lifecycle demo`."""

import json
import sys

import click

from deployments.cli.main import FAILED


@click.command()
@click.option("--keep", is_flag=True, help="Leave the data folder, to look into it.")
def demo(*, keep: bool) -> None:
    """Play one loop on simulated traffic: a drift and the way back.

    Needs no key and nothing that is installed or served here: folder and ports
    are its own. The last line is one JSON object; it fails unless every part of
    it truly happened.
    """
    from deployments.demo.play import play

    outcome = play(click.echo, keep=keep)
    click.echo(f"\n{json.dumps(outcome)}")
    if not outcome["ok"]:
        sys.exit(FAILED)
