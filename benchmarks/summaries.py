"""What the list of all variants costs where they have much traffic: by what it is asked, on SQLite and PostgreSQL.

One variant's conversations are taken in as any are, and its rows and sums are then copied for every other variant; so a million
conversations are there within a minute. Beside it stands what a hundredth of them costs.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks._databases import places
from lifecycle_core.conversations import Conversation, Message
from lifecycle_core.operations import status, traffic, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAYS: Final = 49
COPIED: Final = {"variants": "name", "conversations": "variant", "hourly_rollups": "variant"}
"""Table -> the column in which the variant stands."""
QUESTIONS: Final[dict[str, Callable[[Database], object]]] = {
    "versions list, a page of 100": lambda it: versions_asked.list_variants(it, 100),
    "versions list, all": versions_asked.list_variants,
    "status": lambda it: status.status(it, NOW),
    "gauges of /metrics": lambda it: status.gauges(it, NOW),
}
SERIES: Final = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {variants})"


def run(variants: int = 500, conversations: int = 1_000_000, rounds: int = 5) -> dict[str, object]:
    """Ask each question so often of so many variants with so many conversations together."""
    print(f"{variants:,} variants; milliseconds, the median of {rounds}\n{'':<12}{'':<30}{'conversations':>15}{'ms':>8}")
    slowest: dict[str, object] = {}
    for kind, place in places().items():
        for many in (conversations // 100, conversations):
            with place() as url, closing(Database(url)) as database:
                _fill(database, variants, max(many // variants, 1))
                taken = {name: median(_times(partial(ask, database), rounds)) for name, ask in QUESTIONS.items()}
            for name, it in taken.items():
                print(f"{kind:<12}{name:<30}{many:>15,}{it * 1000:>8.1f}")
            slowest[kind] = round(max(taken.values()) * 1000)
    return {"variants": variants, "conversations": conversations} | {f"{kind}_slowest_ms": it for kind, it in slowest.items()}


def _fill(database: Database, variants: int, each: int) -> None:
    act = Provenance("benchmark", NOW)
    upgrade(database, act)
    traffic.ingest(database, act, list(_conversations(each)))
    with database.migrate() as connection:
        for table, named in COPIED.items():
            columns = TABLES[table].columns.keys()
            told = ", ".join("'v' || n" if it == named else it for it in columns)
            insert = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {told} FROM {table} CROSS JOIN series"  # noqa: S608 - our own names
            connection.exec_driver_sql(f"{SERIES.format(variants=variants)} {insert}")
        connection.exec_driver_sql("ANALYZE")


def _conversations(each: int) -> Iterator[Conversation]:
    for number in range(each):
        yield Conversation(
            id=f"c{number}",
            variant="v",
            ended_at=NOW - timedelta(days=DAYS * (number + 0.5) / each),
            booked=number % 3 > 0,
            escalated=number % 20 == 0,
            cost_usd=0.02,
            response_times_s=(2.0, 3.0),
            actions=("look_up", "book"),
            messages=(Message(role="user", content="A table for two on Friday, please. " * 10),),  # type: ignore[typeddict-item]
        )


def _times(ask: Callable[[], object], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        begun = perf_counter()
        ask()
        yield perf_counter() - begun
