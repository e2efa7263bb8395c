"""`--watch`: look again and again; on a terminal one page that is drawn anew, in a pipe a line for each thing that has changed.

1. A page is never put on the terminal's other screen: what was seen last stays to be read.
2. With `--json` each change is the whole answer once more, one object a line.
3. It ends with what it watches, after `--timeout` with 3, or by Ctrl-C with 130.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import wraps
from io import StringIO
from typing import NamedTuple

import click

from deployments.cli.asking import GivenUpError
from deployments.cli.shown import printable, span, typed

EVERY_S = 2.0
GONE = "no more"


class Watch(NamedTuple):
    """How to watch: seconds between two looks, and after how many to give up; None for never."""

    every_s: float
    timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: `show` prints it whole; `facts` are what would be worth a line if it changed; `over` when nothing more will come."""

    show: Callable[[], None]
    facts: Mapping[str, str] = field(default_factory=dict)
    over: bool = False


def watch_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--watch`, `--every` and `--timeout`; it gets `watch`, which is None where it is not asked to."""

    @wraps(command)
    def run(*, watch: bool, every: float | None, timeout: float | None, **given: object) -> None:
        if not watch and (every or timeout):
            message = "--every and --timeout are for --watch; give it, too"
            raise click.UsageError(message)
        if watch and given.get("at") is not None:
            message = "--watch tells how it stands as time goes by; leave --at out"
            raise click.UsageError(message)
        command(watch=Watch(every or EVERY_S, timeout) if watch else None, **given)

    seconds = click.FloatRange(0.1, 86_400)
    run = click.option("--timeout", type=seconds, metavar="SECONDS", help="How long to watch; then exit with 3.  [default: for ever]")(run)
    run = click.option("--every", type=seconds, metavar="SECONDS", help="Between two looks of --watch.  [default: 2]")(run)
    return click.option("--watch", is_flag=True, help="Go on looking: a page on a terminal, a line per change in a pipe.")(run)


def follow(look: Callable[[], Look], watch: Watch | None, *, as_json: bool) -> None:
    """Show what `look` sees: once, or as long as is watched; raises GivenUpError when that is too long."""
    if watch is None:
        look().show()
        return
    with _told(as_json=as_json) as tell:
        for seen in _looks(look, watch):
            tell(seen)


def _looks(look: Callable[[], Look], watch: Watch) -> Iterator[Look]:
    ends = None if watch.timeout_s is None else time.monotonic() + watch.timeout_s
    while True:
        seen = look()
        yield seen
        if seen.over:
            return
        left = watch.every_s if ends is None else min(watch.every_s, ends - time.monotonic())
        if left <= 0:
            message = f"watched for {span(watch.timeout_s or 0)}, and it goes on; give --timeout more, or ask again"
            raise GivenUpError(message)
        time.sleep(left)


@contextmanager
def _told(*, as_json: bool) -> Iterator[Callable[[Look], None]]:
    if not as_json and sys.stdout.isatty():
        with _redrawn() as draw:
            yield draw
        return
    before: dict[str, str] | None = None

    def tell(seen: Look) -> None:
        nonlocal before
        lines = list(_changes(before or {}, seen.facts))
        if as_json and (lines or before is None):
            seen.show()
        elif not as_json:
            for it in lines:
                click.echo(printable(it))
        before = dict(seen.facts)
        sys.stdout.flush()

    yield tell


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    from tasks import context

    now = typed(context.now())
    for name, words in after.items():
        if before.get(name) != words:
            yield f"{now}  {name}: {words}"
    for name in before:
        if name not in after:
            yield f"{now}  {name}: {GONE}"


class _Page(StringIO):
    """What is printed for a terminal, caught: colours and widths are the terminal's."""

    def isatty(self) -> bool:
        return True


@contextmanager
def _redrawn() -> Iterator[Callable[[Look], None]]:
    from rich.live import Live
    from rich.text import Text

    from deployments.cli.shown import console

    with Live(console=console(), auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:

        def draw(seen: Look) -> None:
            page = _Page()
            with redirect_stdout(page):
                seen.show()
            live.update(Text.from_ansi(page.getvalue()), refresh=True)

        yield draw
