"""How fast real conversations come in: rows a second for each file of the shared data, against a floor.

The floor is the least that any import does: gunzip, `json.loads`, and one
`executemany` of id and text into SQLite, as safely written as ours.
"""

import gzip
import json
import shlex
import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lifecycle_core.traffic.mapping import Mapping

SHARED: Final = Path(__file__).parents[2] / "shared" / "data"

COMMANDS: Final = {
    "timeline.jsonl.gz": "",
    "tau2.jsonl.gz": "--map variant=run --map booked=success --zone UTC --map segments.task=task_id "
    "--map segments.prompt=prompt_version --crash-where termination=agent_error",
    "tau.jsonl.gz": "--map variant=run --map booked=success --map started_at= --ended-at 2025-11-30T00:00:00Z "
    "--map segments.task=task_id --crash-where termination=error",
    "promptversions.jsonl.gz": "--map variant=run --map booked=success --map errors=error --ended-at 2026-02-28T00:00:00Z "
    "--map segments.task=task_id --map segments.prompt=prompt_hash",
    "sgd/sgd.jsonl.gz": "--map variant=domain --ended-at 2020-01-01T00:00:00Z --map segments.service=service",
}
"""File -> the options of `lifecycle ingest` that take it in."""


@dataclass(frozen=True)
class Measured:
    """One file: its rows, the seconds that they took, and what became of them."""

    rows: int
    seconds: float
    accepted: int
    quarantined: dict[str, int]


def run(rounds: int = 3) -> dict[str, object]:
    """Take each file in `rounds` times, into a fresh database each time; the median counts."""
    loading = _seconds(load_suite)
    print(f"loading Great Expectations, once a command: {loading:.1f} s\n")
    print(f"{'file':26}{'rows':>7}{'rows/s':>9}{'floor/s':>9}{'ratio':>7}{'quarantined':>13}  command")
    told: dict[str, object] = {}
    for name, options in COMMANDS.items():
        path = SHARED / name
        if not path.exists():
            print(f"{name:26} is not beside this project; left out")
            continue
        runs = [(_take_in(path, options), _floor(path)) for _ in range(rounds)]
        ours = statistics.median(it.rows / it.seconds for it, _ in runs)
        floor = statistics.median(it.rows / seconds for it, seconds in runs)
        it = runs[0][0]
        command = f"lifecycle ingest {name} {options}".strip()
        print(f"{name:26}{it.rows:7,}{ours:9,.0f}{floor:9,.0f}{floor / ours:7.1f}{sum(it.quarantined.values()):13,}  {command}")
        told[name] = {
            "rows": it.rows,
            "rowsPerSecond": round(ours),
            "floorRowsPerSecond": round(floor),
            "timesTheFloor": round(floor / ours, 2),
            "accepted": it.accepted,
            "quarantined": it.quarantined,
            "command": command,
        }
    return {"loadSuiteSeconds": round(loading, 2), "files": told}


def mapping_of(path: Path, options: str) -> "Mapping":
    """The mapping that the command's own options stand for."""
    from deployments.cli.ingest import ingest
    from lifecycle_core.traffic.mapping import Mapping

    given = ingest.make_context("ingest", [str(path), *shlex.split(options)]).params
    return Mapping.parse(**{name: given[name] for name in ("maps", "variant", "zone", "ended_at", "crash_where")})


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def load_suite() -> None:
    """Load Great Expectations, which a command does once."""
    from datetime import UTC, datetime

    from lifecycle_core.conversations import Conversation
    from tasks.quality import check

    noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    check([Conversation(id="c", variant="v", ended_at=noon)], noon)


def _take_in(path: Path, options: str) -> Measured:
    from lifecycle_core.traffic.reading import Reading
    from lifecycle_core.traffic.summary import Summary
    from tasks import context, traffic

    summary = Summary()
    with TemporaryDirectory() as folder:
        context.configure(LIFECYCLE_DATABASE_URL=f"sqlite:///{folder}/lifecycle.db")
        database = context.database()
        start = time.perf_counter()
        with path.open("rb") as stream:
            reading = Reading(stream, path.name, mapping_of(path, options))
            for _ in traffic.take_in(reading, summary, context.act("benchmark")):
                pass
        seconds = time.perf_counter() - start
        database.close()
    return Measured(summary.records, seconds, summary.accepted, {it.example: it.records for it in summary.reasons.values()})


def _floor(path: Path) -> float:
    with TemporaryDirectory() as folder, closing(sqlite3.connect(f"{folder}/floor.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE floor (id TEXT PRIMARY KEY, body TEXT)")
        start = time.perf_counter()
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [(json.loads(line)["id"], line) for line in lines]
        with connection:
            connection.executemany("INSERT INTO floor VALUES (?, ?)", rows)
        return time.perf_counter() - start
