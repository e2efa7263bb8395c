"""What the list of all variants costs where they have much traffic: by what it is asked, on SQLite and PostgreSQL.

One variant's conversations are taken in as any are, and its rows and sums are then copied for every other variant; so a million
conversations are there within a minute. What is told is the median of some times, and that with a thousandth of the conversations.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Final

from sqlalchemy import text

from benchmarks._databases import places
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import status, traffic, versions, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAYS: Final = 49
FIRST: Final = "v0000"
COPIED: Final = ("conversations", "hourly_rollups")
QUESTIONS: Final[dict[str, Callable[[Database], object]]] = {
    "versions list, a page of 100": lambda it: versions_asked.summaries(it, 100),
    "versions list, all": lambda it: versions_asked.summaries(it, None),
    "status": lambda it: status.status(it, NOW),
    "metrics for Prometheus": lambda it: status.gauges(it, NOW),
}


def run(variants: int = 500, conversations: int = 1_000_000, rounds: int = 5) -> dict[str, object]:
    """Ask each question so often of so many variants with so many conversations together."""
    told: dict[str, dict[str, list[float]]] = {}
    for kind, place in places().items():
        for many in (conversations // 1000, conversations):
            with place() as url:
                database = Database(url)
                _fill(database, variants, max(many // variants, 1))
                told.setdefault(kind, {})
                for name, ask in QUESTIONS.items():
                    told[kind].setdefault(name, []).append(median(_times(lambda ask=ask: ask(database), rounds)))
                database.close()
    print(f"{variants:,} variants; milliseconds with {conversations // 1000:,} and with {conversations:,} conversations")
    for kind, questions in told.items():
        for name, (few, many) in questions.items():
            print(f"{kind:<12}{name:<32}{few * 1000:>10.1f}{many * 1000:>10.1f}")
    slowest = {kind: max(times[-1] for times in questions.values()) for kind, questions in told.items()}
    return {"variants": variants, "conversations": conversations} | {f"{kind}_slowest_ms": round(it * 1000) for kind, it in slowest.items()}
