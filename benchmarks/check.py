"""How long a check takes, with few conversations and with a million, beside pandas on the same rows in memory.

The real conversations are put on a clock, four weeks of one variant; the others
are simulated, seven weeks of the world mild without what was said. Both go in by
`operations.traffic.ingest`. Pandas computes the plan's five figures of the last
day and the six before, and judges nothing.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from benchmarks.ingest import COMMANDS, SHARED, mapping_of
from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.detect import detect, span
from lifecycle_core.operations import drift, traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.rollups import latency_s
from lifecycle_core.simulation import stream
from lifecycle_core.simulation.worlds import MILD
from lifecycle_core.store import conversations as store
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.reading import Reading

if TYPE_CHECKING:
    import pandas as pd

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
VARIANT: Final = "baseline"
TAU2: Final = "tau2.jsonl.gz"
WEEKS: Final = 7
BATCH: Final = 20_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One check, by its parts: the conversations, the seconds that they took to come in, and what each part takes."""

    conversations: int
    ingest_s: float
    detect: "Took"
    check: "Took"
    pandas: "Took"


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds, p50: by the clock, and of the processor, which other programs on the machine change less."""

    ms: float
    cpu_ms: float

    @classmethod
    def to(cls, act: Callable[[], object], rounds: int) -> Self:
        """Do it so many times."""
        times = []
        for _ in range(rounds):
            start, worked = perf_counter(), process_time()
            act()
            times.append((perf_counter() - start, process_time() - worked))
        return cls(*(round(1000 * median(it), 2) for it in zip(*times, strict=True)))

    def __str__(self) -> str:
        return f"{self.ms:.2f} ({self.cpu_ms:.2f})"


def run(conversations: int = 1_000_000, rounds: int = 30) -> dict[str, object]:
    """Measure both, the median of `rounds` each; `conversations` simulated."""
    sources = {"simulated": simulated(conversations)}
    if (SHARED / TAU2).exists():
        sources = {TAU2: real(), **sources}
    else:
        print(f"{TAU2} is not beside this project; left out")
    print("milliseconds of one check, p50; in brackets those of the processor\n")
    print(f"{'conversations':<16}{'rows':>10}{'ingest, s':>11}{'detect':>18}{'check':>18}{'pandas':>18}{'pandas/check':>14}")
    told: dict[str, object] = {}
    for name, source in sources.items():
        it = measure(source, rounds)
        ratio = it.pandas.ms / it.check.ms
        print(
            f"{name:<16}{it.conversations:>10,}{it.ingest_s:>11.1f}{it.detect!s:>18}{it.check!s:>18}{it.pandas!s:>18}{ratio:>14.1f}",
            flush=True,
        )
        told[name] = {**asdict(it), "pandas_over_detect": round(it.pandas.ms / it.detect.ms, 2), "pandas_over_check": round(ratio, 2)}
    return told


def real() -> Iterator[Conversation]:
    """The conversations of tau2, evenly over the four weeks before now, as of one variant."""
    with (SHARED / TAU2).open("rb") as lines:
        read = [it for batch in Reading(lines, TAU2, mapping_of(SHARED / TAU2, COMMANDS[TAU2])).batches() for it in batch.conversations]
    order = np.random.default_rng(7).permutation(len(read)).tolist()
    for place, it in enumerate(order):
        ended_at = NOW - timedelta(weeks=4) * ((place + 0.5) / len(read))
        yield replace(read[it], variant=VARIANT, version=1, started_at=None, ended_at=ended_at)


def simulated(conversations: int) -> Iterator[Conversation]:
    """So many, about, over the seven weeks before now."""
    start, hours = NOW - timedelta(weeks=WEEKS), WEEKS * 168
    per_day = conversations / (7 * WEEKS)
    generator = np.random.default_rng(7)
    yield from stream.conversations(MILD, generator, variant=VARIANT, version=1, start=start, hours=hours, per_day=per_day, messages=False)


def measure(source: Iterable[Conversation], rounds: int) -> Measured:
    """Take the conversations in, and time a check of them."""
    columns = Columns()
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(database)
        read, seconds = iter(source), 0.0
        while batch := list(islice(read, BATCH)):
            columns.add(batch)
            start = perf_counter()
            traffic.ingest(database, Provenance("benchmark", NOW), batch)
            seconds += perf_counter() - start
        window = span(Policy(), NOW)
        with database.read() as tx:
            table = store.table(tx, VARIANT, 1, window.start, window.end)
        rows, calls = columns.frames()
        measured = Measured(
            len(rows),
            seconds,
            Took.to(lambda: detect(table, Policy(), NOW), rounds),
            Took.to(lambda: drift.check(database, VARIANT, NOW), rounds),
            Took.to(lambda: five_figures(rows, calls), rounds),
        )
        database.close()
    return measured


class Columns:
    """What pandas is given of each conversation and of each call, as numbers, so that it need not parse anything."""

    def __init__(self) -> None:
        self.ended, self.booked, self.escalated, self.cost, self.latency = (array("d") for _ in range(5))
        self.call_ended, self.call = array("d"), array("i")
        self.names: dict[str, int] = {}

    def add(self, batch: Iterable[Conversation]) -> None:
        """Note a batch."""
        for it in batch:
            ended, unknown = it.ended_at.timestamp(), float("nan")
            for column, value in (
                (self.ended, ended),
                (self.booked, it.booked),
                (self.escalated, it.escalated),
                (self.cost, it.cost_usd),
                (self.latency, latency_s(it)),
            ):
                column.append(unknown if value is None else float(value))
            for name in it.actions:
                self.call_ended.append(ended)
                self.call.append(self.names.setdefault(name, len(self.names)))

    def frames(self) -> "tuple[pd.DataFrame, pd.DataFrame]":
        """A row a conversation, and a row a call."""
        import pandas as pd

        names = ("ended", "booked", "escalated", "cost", "latency")
        rows = pd.DataFrame({name: np.frombuffer(getattr(self, name)) for name in names})
        calls = pd.DataFrame({"ended": np.frombuffer(self.call_ended), "action": np.frombuffer(self.call, dtype=np.intc)})
        return rows, calls


def five_figures(rows: "pd.DataFrame", calls: "pd.DataFrame") -> list[object]:
    """The plan's five figures of the last day and of the six days before it."""
    now = NOW.timestamp()
    told: list[object] = []
    for start, end in ((now - 86_400, now), (now - 7 * 86_400, now - 86_400)):
        window = rows[(rows["ended"] >= start) & (rows["ended"] < end)]
        called = calls.loc[(calls["ended"] >= start) & (calls["ended"] < end), "action"]
        told += [window[["booked", "escalated", "cost"]].mean(), window["latency"].median(), called.value_counts(normalize=True)]
    return told
