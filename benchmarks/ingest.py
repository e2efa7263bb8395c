"""How fast conversations come in: native JSON lines without and with messages, into SQLite and PostgreSQL, against a floor.

The floor is the least that an import does: `json.loads`, and the driver's own
way to write the same columns (`executemany`, or COPY) under the same key and
index, as safely, one commit a batch. It validates nothing, keeps no sums and
knows no conversation again. Ours and the floor's go in by turns.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from benchmarks import _native_files
from benchmarks._databases import places
from benchmarks._real_files import load_suite
from lifecycle_core.operations.database import upgrade
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import BATCH_RECORDS, Reading
from lifecycle_core.traffic.summary import Summary
from tasks import context, traffic

COLUMNS: Final = tuple(it.name for it in TABLES["conversations"].columns)
JSON_COLUMNS: Final = frozenset({"response_times_s", "actions", "errors", "messages", "segments"})
_ASSUMED: Final[dict[str, Any]] = {
    **dict.fromkeys(("errors", "messages"), ()),
    **dict.fromkeys(("ended_at_assumed", "provider_fault"), False),
    "received_at": "2025-09-30T00:00:00Z",
}
"""What the columns hold that a file does not tell."""
_SHAPES: Final = {"without messages": False, "with messages": True}


@dataclass(frozen=True, slots=True)
class Turn:
    """Rows a second of one turn: taken in, the same again, and the floor's."""

    ours: float
    again: float
    floor: float


def run(rows: int = 60_000, rounds: int = 3, most: int = 1_000_000) -> dict[str, object]:
    """Take files of `rows` conversations in, `rounds` times each into fresh databases, and one of `most` to see the memory it takes."""
    load_suite()
    told: dict[str, Any] = {}
    print(f"{'rows a second':34}{'taken in':>10}{'floor':>10}{'fraction':>10}{'same again':>12}{'quicker':>9}")
    for kind, opened in places().items():
        for shape, messages in _SHAPES.items():
            with TemporaryDirectory() as folder:
                file = Path(folder) / "traffic.jsonl"
                _native_files.write(file, rows if not messages else rows // 2, messages=messages)
                turns = []
                for _ in range(rounds):
                    with opened() as url:
                        ours, again = _take_in(file, url)
                    with opened() as url:
                        turns.append(Turn(ours, again, _floor(file, url)))
            fraction = median(it.ours / it.floor for it in turns)
            quicker = median(it.again / it.ours for it in turns)
            ours, again, floor = (median(getattr(it, name) for it in turns) for name in ("ours", "again", "floor"))
            print(f"{f'{kind}, {shape}':34}{ours:>10,.0f}{floor:>10,.0f}{fraction:>10.2f}{again:>12,.0f}{quicker:>9.1f}", flush=True)
            told[f"{kind}_{shape.replace(' ', '_')}"] = {
                "rows_per_s": round(ours),
                "floor_rows_per_s": round(floor),
                "fraction_of_floor": round(fraction, 3),
                "second_import_speedup": round(quicker, 1),
            }
    peak, seconds = _peak(most)
    print(f"\n`lifecycle ingest` of {most:,} conversations: {seconds:,.0f} s, at most {peak:,.0f} MB of memory")
    return {
        "fraction_of_floor": min(it["fraction_of_floor"] for name, it in told.items() if name.startswith("sqlite")),
        "fraction_of_floor_postgresql": min(it["fraction_of_floor"] for name, it in told.items() if name.startswith("postgresql")),
        "second_import_speedup": min(it["second_import_speedup"] for it in told.values()),
        "peak_mb_1m": round(peak),
        "seconds_1m": round(seconds),
        "cases": told,
    }


def _take_in(file: Path, url: str) -> tuple[float, float]:
    context.configure(LIFECYCLE_DATABASE_URL=url)
    with closing(context.database()):
        return _once(file), _once(file)


def _once(file: Path) -> float:
    summary = Summary()
    start = perf_counter()
    with file.open("rb") as stream:
        for _ in traffic.take_in(Reading(stream, file.name, Mapping.parse()), summary, context.act("benchmark")):
            pass
    return summary.records / (perf_counter() - start)


def _floor(file: Path, url: str) -> float:
    into = _into_sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _into_postgresql(url)
    rows = 0
    with into as write, file.open("rb") as lines:
        start = perf_counter()
        while batch := list(islice(lines, BATCH_RECORDS)):
            write([_row(json.loads(line)) for line in batch])
            rows += len(batch)
        return rows / (perf_counter() - start)


def _row(told: dict[str, Any]) -> list[Any]:
    all_told = _ASSUMED | told
    return [json.dumps(all_told[name]) if name in JSON_COLUMNS else all_told.get(name) for name in COLUMNS]


@contextmanager
def _into_sqlite(path: str) -> Iterator[Callable[[Sequence[Sequence[Any]]], None]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"CREATE TABLE conversations ({', '.join(COLUMNS)}, PRIMARY KEY (variant, id))")
        connection.execute("CREATE INDEX by_end ON conversations (variant, ended_at)")
        insert = f"INSERT INTO conversations VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - names of ours

        def write(rows: Sequence[Sequence[Any]]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows)
            connection.execute("COMMIT")

        yield write


@contextmanager
def _into_postgresql(url: str) -> Iterator[Callable[[Sequence[Sequence[Any]]], None]]:
    import psycopg

    upgrade(Database(url))
    with psycopg.connect(url) as connection:
        copy_in = f"COPY conversations ({', '.join(COLUMNS)}) FROM STDIN"

        def write(rows: Sequence[Sequence[Any]]) -> None:
            with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
                for row in rows:
                    copy.write_row(row)
            connection.commit()

        yield write


def _peak(rows: int) -> tuple[float, float]:
    """The most memory in megabytes that the command took for a file of so many conversations, and its seconds."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "traffic.jsonl"
        _native_files.write(file, rows, messages=False)
        command = [sys.executable, "-m", "deployments.cli", "ingest", str(file), "--json"]
        start = perf_counter()
        environment = {**os.environ, "LIFECYCLE_DATA_DIR": folder}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as program:  # noqa: S603 - this program
            _, status, used = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
    if program.returncode:
        message = f"{' '.join(command)} ended with {program.returncode}"
        raise RuntimeError(message)
    return used.ru_maxrss * 1024 / 1e6, seconds
