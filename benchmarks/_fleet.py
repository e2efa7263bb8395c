"""A thousand variants and a sweep over them: the time, and what a process that does nothing else needs of memory."""

import multiprocessing
import re
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Final

import numpy as np

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.background import NOTHING
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.glance import glance
from lifecycle_core.drift.windows import instant
from lifecycle_core.operations import drift, traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import RollupKey, epoch_hour
from lifecycle_core.simulation.hourly import hourly
from lifecycle_core.simulation.worlds import ACTIONS, MILD
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.store import hourly as store
from lifecycle_core.store.database import Database

PER_DAY: Final = 200
DAYS: Final = 49
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep took.

    sweep_s : through the store, with a check of each variant of which there is more to say, the median of some.
    core_s : the same without a store, on rollup tables in memory, one after the other.
    sweep_cpu_s, core_cpu_s : of the processor, which other programs on the machine change less.
    peak_mb : the most memory that a process which sweeps and does nothing else had; base_mb : what it had before.
    speaking : variants for which a glance was not enough; drifting : those of them that drift, though all are healthy.
    write_s : until the rollups were written.
    """

    variants: int
    rollups: int
    write_s: float
    sweep_s: float
    sweep_cpu_s: float
    core_s: float
    core_cpu_s: float
    peak_mb: float
    base_mb: float
    speaking: int
    drifting: int


def swept(variants: int, now: datetime, seed: int = 7) -> Swept:
    """Write the rollups of so many healthy variants, and sweep over them in a fresh process."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/lifecycle.db"
        database = Database(url)
        upgrade(database)
        act = Provenance("benchmark", now)
        traffic.ingest(database, act, [_last(_name(it), now) for it in range(variants)])
        start, core, rollups = perf_counter(), np.zeros(2), 0
        for table in _tables(variants, now, seed):
            begun = _clocks()
            if glance(table, Policy(), now, NOTHING) is None:
                detect(table, Policy(), now)
            core += _clocks() - begun
            with database.write(act) as tx:
                store.grow(tx.connection(), table.variant, _by_key(table))
            rollups += len(table.hours)
        written = perf_counter() - start - float(core[0])
        database.close()
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            seconds, base, peak, reports = alone.apply(_sweep, (url, now))
    sweep_s, sweep_cpu_s = np.median(seconds, axis=0).tolist()
    core_s, core_cpu_s = core.tolist()
    return Swept(variants, rollups, written, sweep_s, sweep_cpu_s, core_s, core_cpu_s, peak, base, *reports)


def _name(place: int) -> str:
    return f"variant-{place:04d}"


def _last(variant: str, now: datetime) -> Conversation:
    """A conversation that makes the variant and its actions known."""
    calls = tuple(name for place, name in enumerate(ACTIONS) for _ in range(len(ACTIONS) - place))
    return Conversation(id="last", variant=variant, version=1, ended_at=now - timedelta(minutes=1), actions=calls)


def _tables(variants: int, now: datetime, seed: int) -> Iterator[RollupTable]:
    start = epoch_hour(now) - 24 * DAYS
    for place in range(variants):
        generator = np.random.default_rng([seed, place])
        yield from hourly(MILD, generator, start=start, hours=24 * DAYS, per_day=PER_DAY, variant=_name(place))


def _by_key(table: RollupTable) -> dict[RollupKey, Array]:
    keys = zip(table.hours.tolist(), table.provider_fault.tolist(), strict=True)
    return {RollupKey(table.variant, 1, instant(hour), fault): sums for (hour, fault), sums in zip(keys, table.dense(), strict=True)}


def _sweep(url: str, now: datetime) -> tuple[list[Array], float, float, tuple[int, int]]:
    database, base = Database(url), _peak_mb()
    seconds: list[Array] = []
    for _ in range(ROUNDS):
        start = _clocks()
        reports = [drift.check(database, it, now) for it in drift.sweep(database, now).speaking]
        seconds.append(_clocks() - start)
    database.close()
    return seconds, base, _peak_mb(), (len(reports), sum(bool(it.drifts) for it in reports))


def _clocks() -> Array:
    """Seconds by the clock, and of the processor."""
    return np.array([perf_counter(), process_time()])


def _peak_mb() -> float:
    """The most memory that this process has had so far, its children aside."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere a spawned process may be told what its parent had
        held = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if held:
            return int(held[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
