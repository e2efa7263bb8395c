"""Tampering with the audit log at random, a thousand times in each way: how much of it is told, and how long a look takes.

The tamperer may write the whole database, knows how it is checked, and has not the key of the anchors. Two ways cannot be told
and are counted apart: to rewrite what no anchor holds yet, and to rewrite database and anchors together where no key is set.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks._audited import START, anchored, fill
from benchmarks._tamperings import DETECTED, UNDETECTABLE, Scene
from lifecycle_core.anchors import Anchor, read
from lifecycle_core.chain import GENESIS, link
from lifecycle_core.operations import audit
from lifecycle_core.operations.database import rehearsed, upgrade
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES

KEY: Final = b"a key that the tamperer has not"
ANCHORS: Final = 8
PARTIAL_INDEXES: Final = ("one_active_version", "one_open_episode", "one_open_session", "one_open_probation", "activations_by_revision")
"""Which a tamperer drops, for they would refuse him."""


@dataclass(frozen=True, slots=True)
class Told:
    """Of so many tamperings of one kind: how many were told, how many left rows that were told to be not anchored, and one sentence."""

    kind: str
    tamperings: int
    detected: int
    not_anchored: int
    example: str


def run(tamperings: int = 1000, rounds: int = 10, processes: int = 2, links: int = 200_000) -> dict[str, object]:
    """Tamper so often in each way with a log of some hundreds of changes; then look at one of `links` rows."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "lifecycle.db")
        rows = prepared(path, rounds)
        print(f"{tamperings} tamperings of each kind with a log of {rows} rows and {ANCHORS} anchors")
        kinds = {**DETECTED, **UNDETECTABLE}
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
            told = list(pool.map(partial(tampered, path, times=tamperings), kinds, range(len(kinds))))
        print(f"{'kind':<34}{'detected':>10}{'missed':>8}  for example")
        for it in told:
            print(f"{it.kind:<34}{it.detected:>10}{it.tamperings - it.detected:>8}  {it.example[:100]}")
    seconds = look(links)
    print(f"a look at {links} rows, each with a row of a table: {seconds:.1f} s")
    return {**figures(told), "rows": rows, "verify_links": links, "verify_s": round(seconds, 1)}


def figures(told: Sequence[Told]) -> dict[str, object]:
    """What was told of what can be, by kind; and of what cannot."""
    due = [it for it in told if it.kind in DETECTED]
    beyond = [it for it in told if it.kind in UNDETECTABLE]
    return {
        "tamperings": sum(it.tamperings for it in due),
        "detected": sum(it.detected for it in due),
        "missed": {it.kind: it.tamperings - it.detected for it in due},
        "undetectable": {it.kind: {"tamperings": it.tamperings, "detected": it.detected, "not_anchored": it.not_anchored} for it in beyond},
    }


def prepared(path: Path, rounds: int) -> int:
    """Make the database that is tampered with; -> how many rows its log has."""
    with closing(Database(f"sqlite:///{path}")) as database:
        upgrade(database)
        fill(database, rounds)
        with database.migrate() as connection:
            for name in PARTIAL_INDEXES:
                connection.exec_driver_sql(f"DROP INDEX {name}")
        found = audit.verify(database, read([], None))
    if found.problems:
        message = f"the log is broken before anybody has touched it: {found.problems[0]}"
        raise RuntimeError(message)
    return found.rows


def tampered(path: Path, kind: str, seed: int, *, times: int) -> Told:
    """Tamper so often in one way with a copy of the database, and take it back each time."""
    chance = np.random.default_rng(seed)
    key = None if kind == "rewrite_with_anchors_and_no_key" else KEY
    tamper = {**DETECTED, **UNDETECTABLE}[kind]
    detected = not_anchored = 0
    example = ""
    with TemporaryDirectory() as folder, closing(Database(f"sqlite:///{copyfile(path, Path(folder, 'copy.db'))}")) as database:
        log = list(audit.exported(database))
        for _ in range(times):
            lengths = sorted({int(it) for it in chance.integers(2, len(log) - 1, ANCHORS)})
            anchors = anchored(log, lengths, key)
            with rehearsed(database) as trying, trying.migrate() as connection:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                left = tamper(Scene(log, lengths, anchors, chance, connection))
                found = audit.verify(trying, read(_lines(left), key))
            detected += found.found > 0
            not_anchored += found.not_anchored > 0
            example = example or next(iter(found.problems), f"{found.not_anchored} rows are not yet anchored")
    return Told(kind, times, detected, not_anchored, example)


def look(links: int) -> float:
    """The seconds that a look takes at a log of so many rows, each of which made a row of a table."""
    with TemporaryDirectory() as folder, closing(Database(f"sqlite:///{folder}/lifecycle.db")) as database:
        upgrade(database)
        _write(database, links)
        began = perf_counter()
        found = audit.verify(database, read([], None))
        seconds = perf_counter() - began
    if found.problems or found.rows != links:
        message = f"a log of {links} rows has {found.rows}, and {found.found} problems: {found.problems[:1]}"
        raise RuntimeError(message)
    return seconds


def _write(database: Database, links: int) -> None:
    """Write a log of changes of policies past everything that guards it, for an honest one would take an hour."""
    previous = GENESIS
    with database.migrate() as connection:
        for start in range(0, links, 10_000):
            rows: list[Mapping[str, object]] = []
            for number in range(start, min(start + 10_000, links)):
                said = {"before": {"policy": None}, "after": {"policy": {"alpha": number}}, "subject": f"policies:variant {number}"}
                whole = {"at": START, "by": "cli:ada", "why": "a reason", "request_id": f"r{number}", **said}
                hashed = link(previous, at=START, by="cli:ada", why="a reason", request_id=f"r{number}", **said)  # type: ignore[arg-type]
                rows.append({**whole, "previous_hash": previous, "hash": hashed})
                previous = hashed
            connection.execute(TABLES["audit_log"].insert(), rows)
            kept = [{"variant": f"variant {it}", "policy": {"alpha": it}, "updated_at": START} for it in range(start, start + len(rows))]
            connection.execute(TABLES["policies"].insert(), kept)


def _lines(anchors: Sequence[Anchor]) -> list[str]:
    return [it.line for it in anchors]
