"""How fast drift is found: a check with few conversations and with a million, a sweep of a fleet, and other libraries beside it.

1. Simulated conversations, seven weeks of one variant in the world mild, go in by `operations.traffic.ingest`; then
   `operations.drift.check` is timed, through SQLite with its write-ahead log.
2. The rollups of a thousand variants are written by the store, and `operations.drift.sweep` is timed.
3. A million conversations in memory: the verdict from their rollup table, which is what the others give and less than a check's
   whole report, and Evidently, NannyML and pandas on their rows.
   The last day is compared with all days before. Pandas computes the plan's five figures of both and judges nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks._fleet import swept
from benchmarks._peers import CHECKERS, PeerError, ask
from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.background import NOTHING
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.glance import glance
from lifecycle_core.operations import drift, traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.simulation import stream
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import ACTIONS, MILD, Drawn, draw
from lifecycle_core.store.database import Database

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
VARIANT: Final = "baseline"
DAYS: Final = 49
FEW: Final = 10_000
BATCH: Final = 20_000
Columns = dict[str, NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.str_]]


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds, p50: by the clock, and of the processor, which other programs on the machine change less."""

    ms: float
    cpu_ms: float

    @classmethod
    def to(cls, act: Callable[[], object], rounds: int) -> Self:
        """Do it once unmeasured, then so many times."""
        act()
        times = []
        for _ in range(rounds):
            start, worked = perf_counter(), process_time()
            act()
            times.append((perf_counter() - start, process_time() - worked))
        return cls(*(round(1000 * median(it), 3) for it in zip(*times, strict=True)))

    def __str__(self) -> str:
        return f"{self.ms:.2f} ms (processor {self.cpu_ms:.2f})"


@dataclass(frozen=True, slots=True)
class Stored:
    """A check through the store: the conversations behind it, and the seconds that they took to come in."""

    conversations: int
    ingest_s: float
    check: Took


def run(conversations: int = 1_000_000, rounds: int = 100, variants: int = 1000, repeats: int = 3) -> dict[str, object]:
    """Measure all three; `rounds` of a check, `repeats` of a library's."""
    few, many = stored(min(FEW, conversations), rounds), stored(conversations, rounds)
    growth = many.check.ms / few.check.ms
    for it in (few, many):
        print(f"a check with {it.conversations:,} conversations ingested (in {it.ingest_s:.1f} s): {it.check}", flush=True)
    print(f"growth: {growth:.2f} times\n", flush=True)
    fleet = swept(variants, NOW)
    print(f"a sweep of {fleet.variants:,} variants, {fleet.rollups:,} rollups: {fleet.sweep_s:.2f} s (processor {fleet.sweep_cpu_s:.2f})")
    print(f"the same on rollup tables in memory: {fleet.core_s:.2f} s (processor {fleet.core_cpu_s:.2f})")
    print(f"its process: at most {fleet.peak_mb:.0f} MB, of these {fleet.base_mb:.0f} before")
    print(f"{fleet.speaking} variants had more to say than a glance tells; {fleet.drifting} drift\n", flush=True)
    return {
        "p50_ms": many.check.ms,
        "p50_10k_ms": few.check.ms,
        "growth_10k_to_1m": round(growth, 2),
        "ingest_s": round(many.ingest_s, 1),
        "sweep_1000_variants_s": round(fleet.sweep_s, 2),
        "sweep_core_s": round(fleet.core_s, 2),
        "sweep_peak_mb": round(fleet.peak_mb),
        **beside_others(conversations, rounds, repeats),
        "conversations": conversations,
        "few": asdict(few),
        "many": asdict(many),
        "sweep": asdict(fleet),
    }


def simulated(conversations: int) -> Iterator[Conversation]:
    """So many, about, over the seven weeks before now."""
    yield from stream.conversations(
        MILD,
        np.random.default_rng(7),
        variant=VARIANT,
        version=1,
        start=NOW - timedelta(days=DAYS),
        hours=24 * DAYS,
        per_day=conversations / DAYS,
        messages=False,
    )


def stored(conversations: int, rounds: int) -> Stored:
    """Take so many in, and time a check of them."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(database)
        read, seconds, count = simulated(conversations), 0.0, 0
        while batch := list(islice(read, BATCH)):
            start = perf_counter()
            count += traffic.ingest(database, Provenance("benchmark", NOW), batch).accepted
            seconds += perf_counter() - start
        took = Took.to(lambda: drift.check(database, VARIANT, NOW), rounds)
        database.close()
    return Stored(count, seconds, took)


def beside_others(conversations: int, rounds: int, repeats: int) -> dict[str, object]:
    """The detector on rollups in memory, and others on the rows of the same conversations: what each took, and how many times as long."""
    start = epoch_hour(NOW) - 24 * DAYS
    drawn = draw(MILD, np.random.default_rng(7), start=start, hours=24 * DAYS, per_day=conversations / DAYS)
    table = tabulate(drawn, start=start, hours=24 * DAYS)
    columns = columns_of(drawn)
    core, whole = (Took.to(act, rounds) for act in (lambda: glance(table, Policy(), NOW, NOTHING), lambda: detect(table, Policy(), NOW)))
    print(f"{len(drawn.hour):,} conversations in memory\n{'the verdict, from rollups':<32}{core}", flush=True)
    print(f"{'the whole report of a check':<32}{whole}", flush=True)
    told: dict[str, object] = {"core_ms": core.ms, "core_cpu_ms": core.cpu_ms, "report_ms": whole.ms, "report_cpu_ms": whole.cpu_ms}
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.npz"
        np.savez(rows, allow_pickle=False, **columns)
        for library in CHECKERS:
            try:
                asked = ask(library, rows, repeats)
            except PeerError as error:
                print(f"{library} could not be asked: {error}", flush=True)
                told |= {f"speedup_vs_{library}_1m": None, f"{library}_why_not": str(error)}
                continue
            ratio, least = (1000 * it / core.ms for it in (asked.rows_s, asked.categories_s))
            name = f"{library} {asked.version}"
            print(f"{name:<32}{asked.rows_s:.3f} s, {ratio:,.0f} times; labels prepared: {asked.categories_s:.3f} s, {least:,.0f} times")
            told |= {f"speedup_vs_{library}_1m": round(ratio), f"{library}_1m_s": round(asked.rows_s, 3)}
            told |= {f"speedup_vs_{library}_prepared_1m": round(least), f"{library}_prepared_1m_s": round(asked.categories_s, 3)}
    figures = Took.to(five_figures_of(columns), repeats)
    print(f"{'pandas, five figures':<32}{figures}", flush=True)
    return {**told, "pandas_ms": figures.ms, "pandas_over_core": round(figures.ms / core.ms, 1)}


def columns_of(drawn: Drawn) -> Columns:
    """A row a conversation, as an application would hold it; of its calls, the commonest. `later` tells the last day."""
    return {
        "booked": drawn.booked,
        "escalated": drawn.escalated,
        "cost_usd": drawn.cost_usd,
        "latency_s": drawn.latency_s,
        "action": np.array(ACTIONS)[drawn.calls.argmax(axis=1)],
        "later": drawn.hour >= epoch_hour(NOW) - 24,
    }


def five_figures_of(columns: Columns) -> Callable[[], list[object]]:
    """The plan's five figures of both windows, by pandas."""
    import pandas as pd

    rows = pd.DataFrame({name: column.astype(object) if name == "action" else column for name, column in columns.items()})

    def figures() -> list[object]:
        told: list[object] = []
        for later in (False, True):
            window: pd.DataFrame = rows[rows["later"] == later]
            told += [window[["booked", "escalated", "cost_usd"]].mean(), window["latency_s"].median()]
            told.append(window["action"].value_counts(normalize=True))
        return told

    return figures
