"""Simulated variants, each watched hour by hour by the product's own replay: what alarmed, and when."""

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from time import perf_counter
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.backtest import Alarm, Segment, replay
from lifecycle_core.drift.incidents import incident_hours, shares_of
from lifecycle_core.drift.report import Comparison
from lifecycle_core.drift.windows import LOOK_BACK_HOURS
from lifecycle_core.policy import Policy
from lifecycle_core.rollup_tables import RollupTable, Served
from lifecycle_core.simulation.hourly import Stage, hourly
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, WORLDS, Behaviour

START: Final = 487_728
"""2025-08-22T00:00Z, in hours since 1970."""
DAY: Final = 24
WEEK: Final = 7 * DAY
QUARTER: Final = 13 * WEEK
SHOWS_IN: Final[Mapping[str, Comparison]] = MappingProxyType(
    {
        "booking": Comparison.BOOKING_RATE,
        "escalation": Comparison.ESCALATION_RATE,
        "cost": Comparison.COST,
        "latency": Comparison.RESPONSE_TIME,
        "action": Comparison.ACTION_DISTRIBUTION,
        "runaways": Comparison.COST_TAIL,
        "stalls": Comparison.RESPONSE_TIME_TAIL,
    }
)
"""The first word of a drift's name -> the comparison in which it shows."""
_PIECE: Final = 4
"""Variants that a process is given at a time."""


SOME_FREE: Final = replace(HEALTHY, free=0.01)
"""Healthy, with all three shares that may go missing at 1%."""


class Kind(StrEnum):
    """What happens to a variant while it is watched.

    HEALTHY : nothing, for a quarter after its 49 days of history; one in a hundred conversations costs nothing.
    DRIFTING : drifts from a random hour on, watched for 35 days. CURED : the same, but mended after 14 days.
    YOUNG : nothing, from the end of its second day to that of its 28th.
    PROMOTED : another version from a random hour on, watched for 28 days.
    """

    HEALTHY = "healthy"
    DRIFTING = "drifting"
    CURED = "cured"
    YOUNG = "young"
    PROMOTED = "promoted"


_WATCHED: Final = {Kind.HEALTHY: QUARTER, Kind.DRIFTING: 5 * WEEK, Kind.CURED: 5 * WEEK, Kind.YOUNG: 26 * DAY, Kind.PROMOTED: 4 * WEEK}
ILL: Final = 2 * WEEK
_YOUNG_FROM: Final = 2 * DAY


@dataclass(frozen=True, slots=True)
class Cell:
    """Variants that differ by chance alone: so many conversations a day, in a world, to which something happens.

    drifts : those that begin together; of different metrics, so that they know nothing of each other.
    """

    kind: Kind
    world: str
    per_day: int
    drifts: tuple[str, ...] = ()

    def behaviour(self) -> Behaviour:
        """The agent's, once all drifts have begun."""
        healthy = asdict(HEALTHY)
        changes = {key: value for it in self.drifts for key, value in asdict(DRIFTS[it]).items() if value != healthy[key]}
        return replace(HEALTHY, **changes)

    def seed(self) -> tuple[int, ...]:
        """Numbers that no other cell has."""
        drifts = sum(2**place for place, name in enumerate(DRIFTS) if name in self.drifts)
        return list(Kind).index(self.kind), list(WORLDS).index(self.world), self.per_day, drifts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the watch of one variant found, in hours since 1970.

    begin : when what happened did, or the watch began. alarms : by the hour at which they were entered.
    incidents : kinds of those in traffic and missing values, and every hour that found them.
    """

    begin: int
    alarms: tuple[Alarm, ...]
    incidents: tuple[tuple[str, int], ...] = ()

    def episodes(self, comparison: Comparison | None = None) -> int:
        """How often it alarmed, by `comparison` or by any; alarms entered within a day of each other are one."""
        return apart(it.entered for it in self.alarms if comparison in {None, it.comparison})

    def false_incidents(self, kind: str) -> int:
        """How often an incident of a `kind` was told of; hours within a day of each other are one."""
        return apart(hour for it, hour in self.incidents if it == kind)

    def all_false_incidents(self) -> int:
        """Those of all kinds."""
        return sum(self.false_incidents(it) for it in {kind for kind, _ in self.incidents})

    def delay(self, drift: str) -> float:
        """Hours from the beginning of `drift` to the alarm of its metric or the metric's tail; infinite where there was none."""
        metric = _comparison(drift).metric
        return min((float(it.entered - self.begin) for it in self.alarms if it.comparison.metric is metric), default=np.inf)

    def ended(self, drift: str) -> tuple[bool, float] | None:
        """Whether the alarm of `drift` ended before it was cured, and the hours from the cure to its end; None where there was none."""
        cured = self.begin + ILL
        alarms = [it for it in self.alarms if it.comparison is _comparison(drift) and it.entered <= cured]
        if not alarms:
            return None
        ends = [np.inf if it.ended is None else float(it.ended - cured) for it in alarms]
        return ends[0] <= 0, max(ends) if max(ends) > 0 else np.nan


def apart(hours: Iterable[int]) -> int:
    """How many groups of hours lie more than a day apart."""
    ordered = np.sort(np.array(list(hours), dtype=np.int64))
    return int(len(ordered) > 0) + int(np.count_nonzero(np.diff(ordered) > DAY))


def outcome(cell: Cell, seed: int, variant: int, watched: int | None = None) -> Outcome:
    """What is found in the `variant`th variant of a cell; the same `seed` gives the same.

    watched : hours for which it is watched, in place of those of its kind.
    """
    generator = np.random.default_rng([seed, *cell.seed(), variant])
    begin = START + int(generator.integers(WEEK)) + (_YOUNG_FROM if cell.kind is Kind.YOUNG else LOOK_BACK_HOURS)
    start = begin - _YOUNG_FROM if cell.kind is Kind.YOUNG else START
    stages = [Stage(start, SOME_FREE if cell.kind is Kind.HEALTHY else HEALTHY)]
    if cell.kind in {Kind.DRIFTING, Kind.CURED, Kind.PROMOTED}:
        stages.append(Stage(begin, cell.behaviour(), version=2 if cell.kind is Kind.PROMOTED else 1))
    if cell.kind is Kind.CURED:
        stages.append(Stage(begin + ILL))
    end = begin + (watched or _WATCHED[cell.kind])
    tables = hourly(WORLDS[cell.world], generator, start=start, hours=end - start, per_day=cell.per_day, stages=stages)
    ends = np.arange(begin, end) + 1
    since, before = (begin, tables[0]) if len(tables) > 1 else (None, None)
    found = replay([Segment(table=tables[-1], begins=begin, since=since, before=before)], Policy(), ends)
    return Outcome(begin, found.alarms, _incidents(tables[0], ends) if cell.kind is Kind.HEALTHY else ())


def _incidents(table: RollupTable, ends: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    traffic = Served(table.hours, table.column("conversations"))
    found = incident_hours(shares_of(table.hours, table.column), traffic, ends, Policy().min_samples_for_comparison)
    return tuple((kind, hour) for kind, there in found.items() for hour in ends[there].tolist())


class Runs:
    """The outcomes of cells, as many of each as were asked for."""

    def __init__(self, pool: ProcessPoolExecutor, seed: int) -> None:
        self.pool, self.seed = pool, seed
        self.found: dict[Cell, list[Outcome]] = {}

    def of(self, cell: Cell) -> list[Outcome]:
        """The outcomes of a cell's variants so far."""
        return self.found[cell]

    def complete(self, wanted: Mapping[Cell, int]) -> None:
        """Watch what is missing of the wanted number of variants of each cell."""
        started, told = perf_counter(), 0
        missing = {cell: range(len(self.found.setdefault(cell, [])), number) for cell, number in wanted.items()}
        pieces = [(cell, it[place : place + _PIECE]) for cell, it in missing.items() for place in range(0, len(it), _PIECE)]
        for (cell, _), outcomes in zip(pieces, self.pool.map(_outcomes, pieces, [self.seed] * len(pieces)), strict=True):
            self.found[cell] += outcomes
            told += len(outcomes)
            if len(self.found[cell]) == wanted[cell]:
                seconds = perf_counter() - started
                name = f"{cell.kind}, {cell.world}, {cell.per_day:,} a day {', '.join(cell.drifts)}".rstrip()
                print(f"  {seconds:6.0f} s, {told:,} of {sum(map(len, missing.values())):,} variants: {name}", flush=True)


def _outcomes(piece: tuple[Cell, range], seed: int) -> list[Outcome]:
    cell, variants = piece
    return [outcome(cell, seed, it) for it in variants]


@contextmanager
def runs(seed: int) -> Iterator[Runs]:
    """Runs in as many processes as there are processors, each of one thread."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        yield Runs(pool, seed)


def _comparison(drift: str) -> Comparison:
    return SHOWS_IN[drift.split(maxsplit=1)[0]]
