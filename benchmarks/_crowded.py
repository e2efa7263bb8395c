"""Millions of conversations of hundreds of variants within minutes: some are taken in as all traffic is, and then multiplied in the file.

1. A copy is a row under an id of its own, as an import would have written it.
2. Copies are written day by day, not variant by variant, so that a variant's rows lie as scattered as traffic from everywhere does.
3. The sums of an hour add, so that those of copies are so many times the first's; `lifecycle db verify` finds rows and sums equal.

What copies do not show: all of one conversation end at the same moment and say the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np

from benchmarks import _worlds
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import MILD
from lifecycle_core.store import hourly
from lifecycle_core.store.database import Database, sqlite_module
from lifecycle_core.store.tables import TABLES

BUSY: Final = "busy"
"""The variant that has a tenth of all conversations, and drifts."""
DAYS: Final = 28
PER_DAY: Final = 20
DRIFTED_HOURS: Final = 40
_FAST: Final = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000")
"""For a file that nobody reads yet, and that is made anew where its making breaks."""


def crowded(database: Database, variants: int, rows: int) -> int:
    """Fill a new SQLite database with about so many conversations of so many variants: -> how many they are."""
    healthy, drifting = _few(0), _few(DRIFTED_HOURS)
    found = {f"variant-{number:03}": healthy for number in range(variants - 1)} | {BUSY: drifting}
    for name, some in found.items():
        traffic.ingest(database, _worlds.acting(), [replace(it, id=f"{name}-{it.id}", variant=name) for it in some])
    share = {name: (0.1 if name == BUSY else 0.9 / (variants - 1)) for name in found}
    copies = {name: max(1, round(share[name] * rows / len(some))) for name, some in found.items()}
    _multiply(database, copies)
    return sum(copies[name] * len(some) for name, some in found.items())


def _few(drifted_hours: int) -> list[Conversation]:
    """A variant's conversations of some weeks."""
    now, generator = _worlds.acting().at, np.random.default_rng(7)
    spans = (
        (now - timedelta(days=DAYS), DAYS * 24 - drifted_hours, None),
        (now - timedelta(hours=drifted_hours), drifted_hours, _worlds.WORSE),
    )
    return [
        it
        for start, hours, drift in spans
        if hours
        for it in conversations(
            MILD, generator, variant="v", version=1, start=start, hours=hours, per_day=PER_DAY, drift=drift, messages=False
        )
    ]


def _multiply(database: Database, copies: Mapping[str, int]) -> None:
    """Let there be so many of each conversation of these variants, and of their sums."""
    with database.write(_worlds.acting()) as tx:
        for name, times in copies.items():
            kept = hourly.kept(tx.connection(), name)
            hourly.grow(tx.connection(), name, {key: (times - 1) * sums for key, (sums, _) in kept.items()})
    database.close()
    connection = sqlite_module().connect(database.name, isolation_level=None)
    for setting in _FAST:
        connection.execute(f"PRAGMA {setting}")
    columns = [it.name for it in TABLES["conversations"].columns]
    chosen = ", ".join("id || '-' || number" if it == "id" else it for it in columns)
    connection.execute("CREATE TEMP TABLE few AS SELECT * FROM conversations")
    connection.execute("CREATE TEMP TABLE copies (variant TEXT PRIMARY KEY, times INTEGER)")
    connection.executemany("INSERT INTO copies VALUES (?, ?)", list(copies.items()))
    connection.execute("CREATE TEMP TABLE numbers (number INTEGER)")
    connection.executemany("INSERT INTO numbers VALUES (?)", [(it,) for it in range(1, max(copies.values()))])
    into, where = ", ".join(columns), "substr(ended_at, 1, 10) = ?"
    joined = f"few JOIN copies USING (variant) JOIN numbers ON number < times WHERE {where}"
    copied = f"INSERT INTO conversations ({into}) SELECT {chosen} FROM {joined} ORDER BY number % 50, ended_at"  # noqa: S608 - columns
    days = [day for (day,) in connection.execute("SELECT DISTINCT substr(ended_at, 1, 10) FROM few ORDER BY 1")]
    for day in days:
        connection.execute(copied, [day])
    connection.close()
