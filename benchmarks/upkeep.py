"""What the hourly sums cost a conversation that comes in: microseconds with them and without, one a transaction and in batches of 100.

Simulated traffic of 200 conversations a day goes into SQLite by `operations.traffic.ingest`, as safely written as ever. Without the
sums it is the same way in, which then counts nothing. Both go in by turns, so that what else the machine does meets both.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, process_time
from typing import Final

import numpy as np

from benchmarks._databases import places
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.simulation import stream
from lifecycle_core.simulation.worlds import MILD
from lifecycle_core.store import conversations as store
from lifecycle_core.store.database import Database

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
PER_DAY: Final = 200
BATCH: Final = 100

Times = list[tuple[float, float]]
"""Microseconds a conversation of each transaction: by the clock, and of the processor."""


def run(conversations: int = 4000) -> dict[str, object]:
    """Take `conversations` in, in either size of batch, with the sums and without."""
    told: dict[str, object] = {}
    print("microseconds a conversation, p50; in brackets those of the processor\n")
    print(f"{'in a transaction':<18}{'with sums':>20}{'without':>20}{'more':>18}")
    for size in (1, BATCH):
        kept, bare = measure(list(simulated(conversations)), size)
        figures = [(round(clock, 1), round(cpu, 1)) for clock, cpu in (_middle(kept), _middle(bare))]
        more = tuple(round(a - b, 1) for a, b in zip(*figures, strict=True))
        shown = [f"{clock:,.1f} ({cpu:,.1f})" for clock, cpu in (*figures, more)]
        print(f"{size:<18}{shown[0]:>20}{shown[1]:>20}{shown[2]:>18}", flush=True)
        names = ("with_us", "without_us", "more_us")
        told[f"batches_of_{size}"] = {
            **{name: clock for name, (clock, _) in zip(names, (*figures, more), strict=True)},
            **{f"cpu_{name}": cpu for name, (_, cpu) in zip(names, (*figures, more), strict=True)},
        }
    return told


def simulated(conversations: int) -> Iterator[Conversation]:
    """So many, about, up to now."""
    hours = round(24 * conversations / PER_DAY)
    start = datetime.fromtimestamp(NOW.timestamp() - 3600 * hours, UTC)
    yield from stream.conversations(
        MILD, np.random.default_rng(7), variant="baseline", version=1, start=start, hours=hours, per_day=PER_DAY
    )


def measure(given: Sequence[Conversation], size: int) -> tuple[Times, Times]:
    """The times of each transaction of `size` conversations with the sums, and without."""
    with places()["sqlite"]() as one, places()["sqlite"]() as other:
        databases = [Database(url) for url in (one, other)]
        for it in databases:
            upgrade(it)
        kept: Times = []
        bare: Times = []
        for start in range(0, len(given) - size + 1, size):
            batch = given[start : start + size]
            kept.append(_took(databases[0], batch))
            with _counting_nothing():
                bare.append(_took(databases[1], batch))
        for it in databases:
            it.close()
    return kept, bare


def _took(database: Database, batch: Sequence[Conversation]) -> tuple[float, float]:
    act = Provenance("benchmark", max(it.ended_at for it in batch))
    start, worked = perf_counter(), process_time()
    traffic.ingest(database, act, batch)
    return tuple(1e6 * took / len(batch) for took in (perf_counter() - start, process_time() - worked))  # type: ignore[return-value]


@contextmanager
def _counting_nothing() -> Iterator[None]:
    real = store.count
    store.count = lambda *_: None
    try:
        yield
    finally:
        store.count = real


def _middle(times: Times) -> tuple[float, float]:
    clock, cpu = (median(it) for it in zip(*times, strict=True))
    return clock, cpu
