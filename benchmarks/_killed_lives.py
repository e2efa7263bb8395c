"""Sessions that are killed at one boundary after the other, each life in a process of its own, until they have ended.

A life takes a session from where its rows stand towards its end, and does beside that what else writes. It ends by SIGKILL at the first
boundary at which none has ended yet, else after a number of boundaries that chance gives. After every kill the whole database is
verified. A session that its lives do not bring to an end is unfinished.
"""

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks._boundaries import Passed, kill_after
from benchmarks._driven import in_a_child
from lifecycle_core.operations.database import verify
from lifecycle_core.store.database import Database

BOUNDARIES: Final = 60
"""So many are passed before a kill, on average, where all are known."""
MOST_LIVES: Final = 400

Life = Callable[[Path, int, int, Passed], str]
"""Takes a session on in a folder, by its number and the life's, and tells how it ended; says which calls it makes."""


@dataclass(slots=True)
class Killed:
    """What became of the sessions. kills : by the boundary at which a life ended; ended : sessions, by their status."""

    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    problems: list[str] = field(default_factory=list)


def killed(start: Path, live: Life, kills: int, seed: int) -> Killed:
    """Kill sessions `kills` times in all, each from the database in the folder `start` on; what is cut short by their number goes on."""
    told, chance = Killed(), random.Random(seed)  # noqa: S311 - moments, and no secrets
    number = 0
    while told.kills.total() < kills:
        folder = start.parent / f"session{number}"
        shutil.copytree(start, folder)
        _to_its_end(folder, live, told, kills, number, chance)
        shutil.rmtree(folder)
        number += 1
    return told


def _to_its_end(folder: Path, live: Life, told: Killed, kills: int, number: int, chance: random.Random) -> None:  # noqa: PLR0917 - one loop
    for life in range(MOST_LIVES):
        spared = told.kills.total() >= kills
        after = 1 + int(chance.expovariate(1 / BOUNDARIES))
        log, out = folder / "boundary", folder / "told.json"

        def lived(after: int = after, life: int = life, log: Path = log, *, spared: bool = spared) -> Mapping[str, object]:
            passed = _unheard if spared else kill_after(after, tuple(told.kills), log)
            return {"ended": live(folder, number, life, passed)}

        status = in_a_child(lived, out)
        told.lives += 1
        _look(folder, told)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            told.kills[log.read_text()] += 1
        elif status == 0:
            told.ended[out.read_text().split('"')[3]] += 1
            return
        else:
            told.problems.append(f"session {number}, life {life}: its process ended with {status}")
    told.unfinished += 1


def _unheard(*_boundary: object) -> None:
    """Let a boundary pass."""


def _look(folder: Path, told: Killed) -> None:
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    told.problems += verify(database).problems
    database.close()
