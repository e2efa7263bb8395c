"""`lifecycle demo`."""

import json
import sys
from functools import partial

import click

from deployments.cli.main import FAILED


@click.command()
@click.option("--yes", is_flag=True, help="Say yes to the review; asked on a terminal alone.")
@click.option("--keep", is_flag=True, help="Leave everything up in the end, until Ctrl-C.")
@click.option("--keep-data", is_flag=True, help="Leave the data folder, to look into it.")
def demo(*, yes: bool, keep: bool, keep_data: bool) -> None:
    """Play the whole loop on simulated traffic, from a drift to a promotion.

    Needs no key and nothing that is installed or served here: folder and ports
    are its own. The last line is one JSON object; it fails unless every part of
    it truly happened.
    """
    from deployments.demo.play import Wish, play
    from deployments.demo.screen import Screen

    terminal = sys.stdout.isatty()
    ask = partial(click.confirm, default=True) if terminal and sys.stdin.isatty() and not yes else None
    screen = Screen(partial(click.echo, nl=False), terminal=terminal)
    if not play(screen, lambda told: click.echo(f"\n{json.dumps(told)}"), Wish(ask=ask, keep=keep, keep_data=keep_data)):
        sys.exit(FAILED)
