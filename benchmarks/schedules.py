"""A hundred thousand schedules of activations, swaps, rollbacks, promotions and tags, each raced by four processes on a variant of its own.

The processes meet at a barrier before each schedule, and then all do at once what it gives each of them. What they were told is
held against what is kept: one active version, a trail without a gap that a model of fifty lines can make, tags where they belong,
each acknowledged change once and no other; and in the end the whole database against its audit log. Some databases are raced at the
same time, so that no core waits while SQLite makes writers sleep.
"""

import multiprocessing
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from time import perf_counter
from typing import Final

from benchmarks import _schedules
from benchmarks._databases import places
from benchmarks._schedules import ACTORS, Told
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.store.database import Database

PREPARED: Final = 250
"""Schedules made in one transaction."""
PATIENCE_S: Final = 120.0
CHANGES: Final = ("activate", "swap", "rollback")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some schedules on one database.

    decisions : operations that met another of somebody else's on the same variant; doubles : changes that stand in a trail once more.
    changes : of the active version, by hand; promotions : by a retraining; refused : operations, by the code of the refusal.
    broken : a sentence for each thing that is not as it must be; seconds : of the races alone.
    """

    schedules: int
    operations: int
    decisions: int
    doubles: int
    changes: int
    promotions: int
    refused: dict[str, int]
    broken: tuple[str, ...]
    seconds: float


def run(schedules: int = 100_000, postgresql: int = 5_000, batch: int = 5_000, lanes: int = 2, first: int = 0) -> dict[str, object]:
    """Race `schedules` in all from number `first` on, so many of them on PostgreSQL; `batch` a database, `lanes` of SQLite at a time."""
    last = first + schedules
    shares = {"sqlite": range(first, last - postgresql), "postgresql": range(last - postgresql, last)}
    print(f"{schedules:,} schedules, {ACTORS} processes each, {lanes} databases of {batch:,} at a time")
    print("database     schedules  operations  decisions  changes  promotions  refused  doubles  broken  seconds  a second")
    measured: dict[str, object] = {}
    outcomes: list[Outcome] = []
    for name, numbers in shares.items():
        parts = [numbers[place : place + batch] for place in range(0, len(numbers), batch)]
        began = perf_counter()
        with ThreadPoolExecutor(lanes if name == "sqlite" else 1) as pool:  # one server of PostgreSQL at a time
            found = list(pool.map(lambda part, name=name: _raced(name, part), parts))
        seconds, total = perf_counter() - began, _together(found)
        outcomes += found
        refused = sum(total.refused.values())
        print(
            f"{name:<12}{total.schedules:>10,}{total.operations:>12,}{total.decisions:>11,}{total.changes:>9,}{total.promotions:>12,}{refused:>9,}"
            f"{total.doubles:>9}{len(total.broken):>8}{seconds:>9.0f}{total.schedules / seconds:>10.1f}",
            flush=True,
        )
        for sentence in total.broken[:20]:
            print(f"  {sentence}")
        measured[name] = {
            "schedules": total.schedules,
            "operations": total.operations,
            "decisions": total.decisions,
            "doubles": total.doubles,
            "changes": total.changes,
            "promotions": total.promotions,
            "refused": total.refused,
            "broken": len(total.broken),
            "seconds": round(seconds, 1),
        }
    total = _together(outcomes)
    counted = {name: getattr(total, name) for name in ("schedules", "operations", "decisions", "doubles")}
    return {**counted, "broken": len(total.broken), **measured}


def _raced(kind: str, schedules: Sequence[int]) -> Outcome:
    with places(in_memory=True)[kind]() as url:
        it = race(url, schedules)
    told = f"{kind}, schedules {schedules[0]:,} to {schedules[-1]:,}: {len(it.broken)} broken, {it.seconds:.0f} s"
    print(told, file=sys.stderr, flush=True)
    return it


def race(url: str, schedules: Sequence[int]) -> Outcome:
    """Race the schedules of these numbers, one after the other, on the database at `url`, and look at what is left."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ExitStack() as stack:
        barrier = context.Barrier(ACTORS)
        pools = [stack.enter_context(ProcessPoolExecutor(1, context, initializer=_meet_at, initargs=(barrier,))) for _ in range(ACTORS)]
        pools[0].submit(_prepare, url, schedules).result()
        began = perf_counter()
        playing = [pool.submit(_play, url, schedules, actor) for actor, pool in enumerate(pools)]
        answers = [told for it in playing for told in it.result()]
        seconds = perf_counter() - began
        broken, doubles = pools[0].submit(_look, url, answers).result()
    return Outcome(
        schedules=len(schedules),
        operations=len(answers),
        decisions=sum(map(_schedules.contended, _by_schedule(answers).values())),
        doubles=doubles,
        changes=sum(it.kind in CHANGES and it.revision is not None for it in answers),
        promotions=len({it.schedule for it in answers if it.kind == "promote" and it.version is not None}),
        refused=dict(Counter(it.refused for it in answers if it.refused)),
        broken=broken,
        seconds=seconds,
    )


_barrier: Barrier | None = None


def _meet_at(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603 - a barrier reaches a process as it starts, or never
    _barrier = barrier


def _prepare(url: str, schedules: Sequence[int]) -> None:
    database = Database(url)
    upgrade(database)
    like = _schedules.proven(database)
    for first in range(0, len(schedules), PREPARED):
        _schedules.prepare(database, like, schedules[first : first + PREPARED])
    database.close()


def _play(url: str, schedules: Sequence[int], actor: int) -> list[Told]:
    database = Database(url)
    upgrade(database)
    answers: list[Told] = []
    for schedule in schedules:
        if _barrier is not None:
            _barrier.wait(PATIENCE_S)
        answers += _schedules.played(database, schedule, actor)
    database.close()
    return answers


def _look(url: str, answers: Sequence[Told]) -> tuple[tuple[str, ...], int]:
    database = Database(url)
    broken = (*_schedules.broken(database, _by_schedule(answers)), *verify(database).problems)
    doubles = _schedules.doubles(database)
    database.close()
    return broken, doubles


def _by_schedule(answers: Sequence[Told]) -> dict[int, list[Told]]:
    told: dict[int, list[Told]] = {}
    for it in answers:
        told.setdefault(it.schedule, []).append(it)
    return told


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        schedules=sum(it.schedules for it in outcomes),
        operations=sum(it.operations for it in outcomes),
        decisions=sum(it.decisions for it in outcomes),
        doubles=sum(it.doubles for it in outcomes),
        changes=sum(it.changes for it in outcomes),
        promotions=sum(it.promotions for it in outcomes),
        refused=dict(sum((Counter(it.refused) for it in outcomes), Counter())),
        broken=tuple(sentence for it in outcomes for sentence in it.broken),
        seconds=sum(it.seconds for it in outcomes),
    )
