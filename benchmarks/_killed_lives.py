"""Sessions that are killed at one boundary after the other, each life in a process of its own, until they have ended.

A life takes a session from where its rows stand towards its end, and does beside that something of what else writes. It ends by SIGKILL
at the first boundary at which none has ended yet, else after a number of boundaries that chance gives. After every kill the database is
looked at: its file, the invariants in SQL, versions, moves and the chain of the audit log. All of it is verified, verdicts and sums
worked out anew, after every so many kills and at the end of each session. A session that its lives do not bring to an end is unfinished.

Lives are forked from a process that has made all that a life makes, and has the statements that it needs compiled: a kill costs some
fifty milliseconds of processor.
"""

import gc
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks._boundaries import Passed, kill_after
from benchmarks._driven import in_a_child
from lifecycle_core.operations.database import verify
from lifecycle_core.store import audit_checks, damage, invariants, session_checks, verification
from lifecycle_core.store.database import Database

BOUNDARIES: Final = 30
"""So many are passed before a kill, on average, where all are known."""
MOST_LIVES: Final = 400
VERIFIED_EVERY: Final = 20

Life = Callable[[int, int, Passed], str]
"""Takes a session on by its number and the life's, and tells how it ended; says which calls it makes."""


@dataclass(slots=True)
class Killed:
    """What became of the sessions. kills : by the boundary at which a life ended; ended : sessions, by their status."""

    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    problems: list[str] = field(default_factory=list)


def killed(start: Path, place: Path, live: Life, kills: int, seed: int) -> Killed:
    """Kill sessions `kills` times in all; what is cut short by their number goes on.

    start : the folder of the database that each begins with; place : the folder in which it lives, one after the other.
    """
    told, chance = Killed(), random.Random(seed)  # noqa: S311 - moments, and no secrets
    number = 0
    database = Database(f"sqlite:///{place}/lifecycle.db")
    gc.freeze()  # what is there already is looked at by no child, and so copied into none
    while told.kills.total() < kills:
        shutil.copytree(start, place)
        _to_its_end(database, place, partial(live, number), told, kills, chance)
        shutil.rmtree(place)
        number += 1
    return told


def _to_its_end(  # noqa: PLR0917 - one loop
    database: Database, place: Path, live: Callable[[int, Passed], str], told: Killed, kills: int, chance: random.Random
) -> None:
    log, out = place / "boundary", place / "told.json"
    for life in range(MOST_LIVES):
        passes = int(chance.expovariate(1 / BOUNDARIES))
        spared = told.kills.total() >= kills

        def lived(passes: int = passes, life: int = life, *, spared: bool = spared) -> Mapping[str, object]:
            passed = _unheard if spared else kill_after(1 + passes, tuple(told.kills), log)
            return {"ended": live(life, passed)}

        status = in_a_child(lived, out)
        told.lives += 1
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            told.kills[log.read_text()] += 1
            _look(database, told, whole=told.kills.total() % VERIFIED_EVERY == 0)
            continue
        _look(database, told, whole=True)
        if status == 0:
            told.ended[out.read_text().split('"')[3]] += 1
            return
        told.problems.append(f"life {life} of a session: its process ended with {status}")
    told.unfinished += 1


def _unheard(*_boundary: object) -> None:
    """Let a boundary pass."""


def _look(database: Database, told: Killed, *, whole: bool) -> None:
    if whole:
        told.problems += verify(database).problems
    else:
        with database.read() as tx:
            told.problems += (
                *damage.of_file(tx),
                *verification.versions(tx),
                *invariants.broken(tx),
                *session_checks.unlawful(tx),
                *audit_checks.broken_links(tx),
            )
    database.close()  # nothing is open when the next life is forked
