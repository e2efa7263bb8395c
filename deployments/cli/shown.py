"""How commands read instants and show what they found: one table, one way to write a time, no hostile byte to a terminal."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import wraps
from textwrap import fill
from typing import TYPE_CHECKING, Final, Protocol

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

BAD_NEWS: Final = 5
"""What a command exits with that ran well and has bad news: a drift, a damaged database."""
NOTHING: Final = "-"
MOST_ROWS: Final = 1000
SCHEMA_VERSION: Final = 1
"""Of what `--json` prints: it counts up when a field goes or changes its meaning, and not when one is added."""
VERSION_NUMBER: Final = click.IntRange(1, 2**31 - 1)

_PIPE_COLUMNS: Final = 200
"""In a pipe a row is one line, however long; a table takes no more than it needs."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


class Instant(click.ParamType[datetime]):
    """A time in ISO 8601. Whether it can be meant, `tasks.context.as_of` says."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time in ISO 8601; write it as 2025-10-07T12:00:00Z", param, ctx)


at_option = click.option("--at", type=Instant(), metavar="TIME", help="Ask as of this time, ISO 8601 with a zone.  [default: now]")
limit_option = click.option(
    "--limit", type=click.IntRange(1, MOST_ROWS), default=50, show_default=True, help="How many at most, the newest first."
)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--json`, and `--output` for whichever way it tells what it found."""

    @wraps(command)
    def run(*, output: str | None, **given: object) -> None:
        from deployments.cli.writing import sent_to

        with sent_to(output):
            command(**given)

    run = click.option("--output", metavar="FILE", help="Write to this file, whole or not at all; - is standard output.")(run)
    return click.option("--json", "as_json", is_flag=True, help="Print what the API would answer, one JSON object.")(run)


class Wire(Protocol):
    """A shape of `deployments.wire`."""

    def model_dump_json(self, *, by_alias: bool) -> str:
        """Its JSON."""


def print_json(said: Wire) -> None:
    """Print what the route would answer, after the version of these shapes."""
    click.echo(f'{{"schemaVersion":{SCHEMA_VERSION},{said.model_dump_json(by_alias=True)[1:]}')


def console() -> "Console":
    """Standard output for people: colours on a terminal alone, unless `--color` says otherwise, and no markup in what others wrote."""
    from rich.console import Console

    asked = click.get_current_context(silent=True)
    color = asked.find_root().color if asked else None
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    return Console(
        width=width, highlight=False, markup=False, emoji=False, force_terminal=color or None, no_color=None if color is None else not color
    )


def table(headers: Sequence[str], rows: Iterable[Sequence["str | Text"]], *, right: Sequence[str] = ()) -> "Table":
    """A table with a row for each of `rows`; the columns named in `right` hold figures."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for it in headers:
        made.add_column(it, justify="right" if it in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(printable(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def print_table(headers: Sequence[str], rows: Iterable[Sequence["str | Text"]], *, right: Sequence[str] = ()) -> None:
    """Print such a table."""
    console().print(table(headers, rows, right=right))


def tell(lines: Iterable[str]) -> None:
    """Print lines; on a terminal no wider than it is, what does not fit is indented."""
    for line in lines:
        words = printable(line)
        indent = "    " if not line.startswith(" ") else "      "
        click.echo(fill(words, console().width, subsequent_indent=indent) if sys.stdout.isatty() else words)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and what they are, one a line."""
    told = list(facts)
    width = max(len(name) for name, _ in told)
    for name, words in told:
        click.echo(f"{name:{width}}  {printable(words)}")


def coloured(words: str, style: str) -> "Text":
    """`words` in a colour, where there are colours."""
    from rich.text import Text

    return Text(printable(words), style)


def printable(text: str) -> str:
    r"""Hostile text as a terminal may be shown it.

    >>> printable("\x1b[31mred")
    '�[31mred'
    """
    return "".join(it if it.isprintable() else "�" for it in text)


def minute(instant: datetime | None) -> str:
    """An instant to the minute, in UTC.

    >>> from datetime import UTC
    >>> minute(datetime(2025, 10, 7, 12, 30, 9, tzinfo=UTC)), minute(None)
    ('2025-10-07 12:30Z', '-')
    """
    return NOTHING if instant is None else f"{instant:%Y-%m-%d %H:%MZ}"


def typed(instant: datetime) -> str:
    """An instant as it is typed on a command line.

    >>> from datetime import UTC
    >>> typed(datetime(2025, 10, 7, 12, tzinfo=UTC))
    '2025-10-07T12:00:00Z'
    """
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def span(seconds: float) -> str:
    """A length of time, in its largest whole unit.

    >>> span(30), span(5400), span(200_000)
    ('30 s', '1 h', '2 days')
    """
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f} min"
    return f"{seconds // _HOUR_S:.0f} h" if seconds < 2 * _DAY_S else f"{seconds // _DAY_S:.0f} days"


def number(value: int | None) -> str:
    """A whole number, or a dash where there is none.

    >>> number(1254), number(None)
    ('1,254', '-')
    """
    return NOTHING if value is None else f"{value:,}"


def command(*words: object) -> str:
    r"""A command as a user may type it after "lifecycle".

    >>> command("versions", "activate", "my agent", 2)
    "lifecycle versions activate 'my agent' 2"
    >>> command("status", "\x1b[31mred")
    "lifecycle status '�[31mred'"
    """
    from shlex import quote

    return printable(" ".join(["lifecycle", *(quote(str(it)) for it in words)]))
