"""Simultaneous activations and rollbacks from several processes: none may be lost, none doubled.

Each process changes the active version of the same two variants as fast as it
can, and notes each change that was acknowledged. Afterwards every note must be
one row of the trail, each row must follow from the one before it, each variant
must have one active version, and the audit log must be whole.
"""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from time import perf_counter

import numpy as np

from benchmarks._databases import places
from lifecycle_core.errors import DatabaseUnavailableError, NothingToRollBackError
from lifecycle_core.operations import versions, versions_asked
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

VARIANTS = ("baseline", "casual")
VERSIONS = 6
START = datetime(2025, 10, 7, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Noted:
    """What one process was told: its acknowledged changes by name, how many changed nothing or were refused, and each one's seconds."""

    acknowledged: list[str]
    unchanged: int
    refused: int
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a race."""

    asked: int
    acknowledged: int
    unchanged: int
    refused: int
    lost: int
    doubled: int
    problems: tuple[str, ...]
    seconds: float
    p50_ms: float
    p99_ms: float


def run(changes: int = 1000, processes: int = 4) -> dict[str, object]:
    """Race on SQLite and on PostgreSQL; `changes` in all, by `processes`."""
    measured: dict[str, object] = {"changes": changes, "processes": processes}
    print(f"{changes} activations and rollbacks from {processes} processes")
    print("database    acknowledged  unchanged  refused  lost  doubled  problems  seconds  p50 ms  p99 ms")
    for name, place in places().items():
        with place() as url:
            it = race(url, changes, processes)
        print(
            f"{name:<12}{it.acknowledged:>12}{it.unchanged:>11}{it.refused:>9}{it.lost:>6}{it.doubled:>9}{len(it.problems):>10}"
            f"{it.seconds:>9.1f}{it.p50_ms:>8.1f}{it.p99_ms:>8.1f}"
        )
        for problem in it.problems:
            print(f"  {problem}")
        measured[name] = {
            "acknowledged": it.acknowledged,
            "lost": it.lost,
            "doubled": it.doubled,
            "problems": len(it.problems),
            "seconds": round(it.seconds, 2),
            "p99_ms": round(it.p99_ms, 1),
        }
    return measured


def race(url: str, changes: int, processes: int) -> Outcome:
    """Let `processes` make `changes` in all on the database at `url`, and count what is left of them."""
    database = Database(url)
    upgrade(database)
    act = Provenance("benchmark", START)
    for variant in VARIANTS:
        for number in range(VERSIONS):
            versions.register(database, act, variant=variant, system_prompt=f"prompt {number}")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_meet_at, initargs=(context.Barrier(processes),)) as pool:
        noted = list(pool.map(_change, range(processes), [url] * processes, [changes // processes] * processes))
    acknowledged = [name for it in noted for name in it.acknowledged]
    kept = Counter(it.why for variant in VARIANTS for it in versions_asked.history(database, variant, 10 * changes).activations)
    problems = verify(database).problems
    database.close()
    each = np.array([it for process in noted for it in process.seconds]) * 1000
    return Outcome(
        asked=len(each),
        acknowledged=len(acknowledged),
        unchanged=sum(it.unchanged for it in noted),
        refused=sum(it.refused for it in noted),
        lost=sum(name not in kept for name in acknowledged),
        doubled=sum(times - 1 for times in kept.values()) + len(set(kept) - set(acknowledged)),
        problems=problems,
        seconds=max(sum(it.seconds) for it in noted),
        p50_ms=float(np.percentile(each, 50)),
        p99_ms=float(np.percentile(each, 99)),
    )


_barrier: Barrier | None = None


def _meet_at(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603 - a barrier reaches a process as it starts, or never
    _barrier = barrier


def _change(process: int, url: str, changes: int) -> Noted:
    database, chance = Database(url), np.random.default_rng(process)
    acknowledged: list[str] = []
    unchanged = refused = 0
    seconds: list[float] = []
    upgrade(database)
    if _barrier is not None:
        _barrier.wait()
    for number in range(changes):
        name = f"change {number} of process {process}"
        act = Provenance(f"process {process}", START + timedelta(seconds=number), name)
        variant, version = VARIANTS[chance.integers(len(VARIANTS))], int(chance.integers(VERSIONS)) + 1
        began, activates = perf_counter(), bool(chance.integers(2))
        try:
            changed = _made(database, act, variant, version if activates else None)
        except NothingToRollBackError:
            refused += 1
        else:
            unchanged += not changed
            acknowledged.extend([name] if changed else [])
        seconds.append(perf_counter() - began)
    database.close()
    return Noted(acknowledged, unchanged, refused, seconds)


def _made(database: Database, act: Provenance, variant: str, version: int | None) -> bool:
    """Activate `version`, or roll back; asked again for as long as others hold the database: -> whether it changed anything."""
    while True:
        try:
            if version is None:
                return bool(versions.roll_back(database, act, variant))
            return versions.activate(database, act, variant, version).why == act.why
        except DatabaseUnavailableError:
            continue
