"""The one question that a command asks: whether what is about to be lost may be."""

import sys

import click


def ask(question: str) -> None:
    """Go on after a yes; raises click.Abort after a no, and UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        message = "this loses data and there is no terminal to ask at; give --yes"
        raise click.UsageError(message)
    click.confirm(question, abort=True, err=True)
