"""The one question that a command asks: whether what is about to be lost may be; and the end of what was not waited for."""

import sys
from typing import Final

import click

GIVEN_UP: Final = 3


class GivenUpError(click.ClickException):
    """What somebody said no to, or did not wait for."""

    exit_code = GIVEN_UP


def ask(question: str) -> None:
    """Go on after a yes; raises GivenUpError after a no, and UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        message = "this loses data and there is no terminal to ask at; give --yes"
        raise click.UsageError(message)
    if not click.confirm(question, err=True):
        message = "Cancelled: nothing was changed"
        raise GivenUpError(message)
