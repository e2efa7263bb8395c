"""How long `lifecycle --help` takes, and that of each command and subcommand: whole processes, beside what Python itself takes to start.

The floor is a Python that imports click and ends. What is told is processor time, which is what a start takes on a machine that has
nothing else to do, and the best of some runs, since a start is only ever slowed by others.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import click

from deployments.cli.main import main

LIMIT_S: Final = 0.15


def run(runs: int = 3) -> dict[str, object]:
    """The quickest of so many starts of each."""
    floor = _quickest(["-c", "import click"], runs)
    commands = list(_commands(main, ()))
    seconds = {" ".join(("lifecycle", *words)): _quickest(["-m", "deployments.cli", *words, "--help"], runs) for words in commands}
    print(f"{'':<38}{'ms':>8}\n{'python -c import click':<38}{floor * 1000:>8.0f}")
    for name, it in sorted(seconds.items(), key=lambda pair: -pair[1]):
        print(f"{name:<38}{it * 1000:>8.0f}")
    slowest = max(seconds, key=seconds.__getitem__)
    return {
        "commands": len(seconds),
        "floor_ms": round(floor * 1000),
        "root_ms": round(seconds["lifecycle"] * 1000),
        "slowest": slowest,
        "slowest_ms": round(seconds[slowest] * 1000),
        "over_150_ms": sum(it > LIMIT_S for it in seconds.values()),
    }


def _commands(command: click.Command, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield tuple(words)
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _commands(inner, (*words, name))


def _quickest(arguments: Sequence[str], runs: int) -> float:
    return min(_taken(arguments) for _ in range(runs))


def _taken(arguments: Sequence[str]) -> float:
    before = _spent()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return _spent() - before


def _spent() -> float:
    """Processor seconds of the processes that were waited for."""
    it = resource.getrusage(resource.RUSAGE_CHILDREN)
    return it.ru_utime + it.ru_stime
