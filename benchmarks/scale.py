"""Ten million conversations in one SQLite database: how fast they come in, what they weigh, and what a question costs then.

Native JSON lines as an exporter writes them, over the same 90 days and four variants however many there are, so that more means busier
hours. Files are written and taken in by pieces. A check, a page of the history, a sweep and a mining of failures are asked of the large
database and of one with 10,000, by turns, so that what else the machine does meets both.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks import _native_files
from benchmarks._native_files import DAYS, START, VARIANTS
from benchmarks._real_files import load_suite
from lifecycle_core.operations import drift, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from lifecycle_core.traffic.summary import Summary
from tasks import context, failures, traffic

PIECE: Final = 250_000
FEW: Final = 10_000
NOW: Final = START + timedelta(days=DAYS)
PAGE: Final = 50
TURNS: Final = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """A database of so many conversations: its URL, rows a second as they came in, and bytes a row."""

    url: str
    rows: int
    rows_per_s: float
    bytes_a_row: float


def run(rows: int = 10_000_000, with_messages: int = 1_000_000, rounds: int = 30) -> dict[str, object]:
    """Take `rows` in without messages and `with_messages` with them, and ask each, and one with 10,000, the same `rounds` times."""
    load_suite()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        told: dict[str, object] = {}
        for shape, messages, most in (("without messages", False, rows), ("with messages", True, with_messages)):
            few, many = (_stored(place, count, messages=messages) for count in (FEW, most))
            print(f"{many.rows:,} {shape}: {many.rows_per_s:,.0f} rows/s, {many.bytes_a_row:,.0f} bytes a row", flush=True)
            grown = {name: _grown(few, many, question, rounds) for name, question in _QUESTIONS.items()}
            for name, (before, after) in grown.items():
                print(
                    f"  {name:<22}{before:9.2f} ms with {FEW:,}{after:9.2f} ms with {many.rows:,}: {after / before:.2f} times", flush=True
                )
            key = shape.replace(" ", "_")
            told |= {f"rows_per_s_{key}": round(many.rows_per_s), f"bytes_a_row_{key}": round(many.bytes_a_row)}
            told |= {f"{name.replace(' ', '_')}_growth_{key}": round(after / before, 2) for name, (before, after) in grown.items()}
        return {"rows": rows, "check_growth_10k_to_10m": told["check_growth_without_messages"], **told}


_QUESTIONS: Final[dict[str, Callable[[Database], object]]] = {
    "check": lambda database: drift.check(database, VARIANTS[0], NOW),
    "history page": lambda database: drift.history(database, VARIANTS[0], PAGE),
    "fleet sweep": lambda database: drift.sweep(database, NOW),
    "failure mining": lambda _: failures.analysis(VARIANTS[0], NOW),
}


def _stored(place: Path, rows: int, *, messages: bool) -> Stored:
    name = f"{rows}-{'with' if messages else 'without'}"
    file, data, seconds = place / "piece.jsonl", place / f"{name}.db", 0.0
    _use(f"sqlite:///{data}")
    began_with = Provenance("benchmark", START)
    versions.register(context.database(), began_with, variant=VARIANTS[0], system_prompt="Book what the customer asks for.")
    versions.activate(context.database(), began_with, VARIANTS[0], 1)
    lines = _native_files.conversations(rows, messages=messages)
    left = rows
    while left:
        with file.open("w") as written:
            written.writelines(f"{json.dumps(it, separators=(',', ':'))}\n" for it in islice(lines, PIECE))
        began = perf_counter()
        with file.open("rb") as stream:
            for _ in traffic.take_in(Reading(stream, file.name, Mapping.parse()), Summary(), Provenance("benchmark", NOW)):
                pass
        seconds += perf_counter() - began
        left -= min(left, PIECE)
    context.database().close()
    return Stored(f"sqlite:///{data}", rows, rows / seconds, data.stat().st_size / rows)


def _use(url: str) -> None:
    context.configure(LIFECYCLE_DATABASE_URL=url)


def _grown(few: Stored, many: Stored, question: Callable[[Database], object], rounds: int) -> tuple[float, float]:
    """Milliseconds, p50, of a question to each, asked by turns of some rounds."""
    times: dict[str, list[float]] = {few.url: [], many.url: []}
    for _ in range(TURNS):
        for url, took in times.items():
            _use(url)
            database = context.database()
            question(database)  # the file comes into memory
            for _ in range(-(-rounds // TURNS)):
                began = perf_counter()
                question(database)
                took.append(1000 * (perf_counter() - began))
            database.close()
    return median(times[few.url]), median(times[many.url])
