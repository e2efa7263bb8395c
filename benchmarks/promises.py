"""What a watch may be held to: how often it cries wolf, and how soon it sees a drift.

Simulated variants, each from a seed of its own, watched hour by hour with the
statistics of a check. The demands stand beside the figures; at few variants a
figure is a rough one, and `python -m benchmarks promises --variants 80` takes
hours.
"""

import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import LOOK_BACK_HOURS
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.watches import watch
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, MILD, WORLDS, Behaviour, draw

START: Final = 487_728
"""2025-08-22T00:00Z, in hours since 1970."""
QUARTER: Final = 2184
WEEK: Final = 168
TRAFFIC: Final = (20, 50, 200, 1000, 10_000)
FALSE_ALARMS: Final[Mapping[str, float]] = MappingProxyType({name: 1.2 if name == "rough" else 1.0 for name in WORLDS})
"""World -> false episodes a variant and quarter, at most."""
METRICS: Final = MappingProxyType(
    {
        "booking": Metric.BOOKING_RATE,
        "escalation": Metric.ESCALATION_RATE,
        "cost": Metric.COST,
        "latency": Metric.RESPONSE_TIME,
        "action": Metric.ACTION_DISTRIBUTION,
    }
)
"""The first word of a drift's name -> where it shows."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A drift of which at least `share` must be caught within `hours`; `median`, where given, is the most hours that half may take."""

    drift: str
    hours: int
    share: float
    median: float | None = None


@dataclass(frozen=True, slots=True)
class Drifting:
    """Drifts of different metrics, which begin together in one variant of so many conversations a day, and know nothing of each other."""

    per_day: int
    demands: tuple[Demand, ...]

    @property
    def hours(self) -> int:
        """How long it is watched."""
        return max(it.hours for it in self.demands)

    def behaviour(self) -> Behaviour:
        """The agent's, once all of them have begun."""
        healthy = asdict(HEALTHY)
        changes = {key: value for it in self.demands for key, value in asdict(DRIFTS[it.drift]).items() if value != healthy[key]}
        return replace(HEALTHY, **changes)


DELAYS: Final = (
    Drifting(20, (Demand("booking .55", 168, 0.65), Demand("cost x2", 168, 0.90), Demand("latency x1.4", 168, 0.90))),
    Drifting(20, (Demand("latency x2", 168, 0.90), Demand("action mix", 168, 0.90))),
    Drifting(50, (Demand("latency x1.4", 48, 0.80), Demand("action mix", 48, 0.85), Demand("cost x2", 48, 0.95))),
    Drifting(50, (Demand("booking .65", 672, 0.85),)),
    Drifting(200, (Demand("booking .55", 48, 0.92), Demand("escalation .15", 48, 0.85), Demand("cost x1.3", 48, 0.75))),
    Drifting(200, (Demand("booking .65", 168, 0.80), Demand("escalation .08", 672, 0.80))),
    Drifting(1000, (Demand("booking .55", 24, 0.90), Demand("escalation .15", 24, 0.85), Demand("cost x1.3", 24, 0.90))),
    Drifting(10_000, tuple(Demand(it, 24, 0.92, median=3) for it in ("booking .55", "escalation .15", "cost x1.3"))),
)


def run(variants: int = 4) -> dict[str, object]:
    """Both tables, `variants` simulated for each cell."""
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        return {"variants": variants, "falseAlarms": _false_alarms(pool, variants), "delays": _delays(pool, variants)}


def _false_alarms(pool: ProcessPoolExecutor, variants: int) -> list[dict[str, object]]:
    print(f"False episodes a variant-quarter of {QUARTER} checks; {variants} a cell; in brackets the most allowed\n")
    print(f"{'a day':>8}" + "".join(f"{f'{name} ({most})':>22}" for name, most in FALSE_ALARMS.items()))
    told: list[dict[str, object]] = []
    for per_day in TRAFFIC:
        row = []
        for name, most in FALSE_ALARMS.items():
            found = list(pool.map(false_episodes, [name] * variants, [per_day] * variants, range(variants)))
            row.append(sum(found) / variants)
            told.append({"world": name, "perDay": per_day, "measured": row[-1], "atMost": most})
        print(f"{per_day:>8,}" + "".join(f"{it:>22.2f}" for it in row), flush=True)
    return told


def _delays(pool: ProcessPoolExecutor, variants: int) -> list[dict[str, object]]:
    print(f"\nDrifts from a random hour on in the world mild, {variants} variants a row\n")
    print(f"{'a day':>8}  {'drift':<16}{'within h':>9}{'caught':>8}{'at least':>10}{'median h':>10}")
    told: list[dict[str, object]] = []
    for it in DELAYS:
        found = list(pool.map(delays, [it] * variants, range(variants)))
        for demand, hours in zip(it.demands, zip(*found, strict=True), strict=True):
            caught = sum(hour is not None and hour <= demand.hours for hour in hours) / variants
            middle = float(np.median([np.inf if hour is None else hour for hour in hours]))
            median = middle if np.isfinite(middle) else None
            shown = "-" if median is None else f"{median:.0f}"
            limit = "" if demand.median is None else f" (at most {demand.median:.0f})"
            print(f"{it.per_day:>8,}  {demand.drift:<16}{demand.hours:>9}{caught:>8.2f}{demand.share:>10.2f}{shown:>10}{limit}", flush=True)
            told.append({"perDay": it.per_day, **asdict(demand), "caught": caught, "medianHours": median})
    return told


def false_episodes(world: str, per_day: float, seed: int) -> int:
    """How often a quarter's watch of one healthy variant alarms; alarms within a day of each other are one."""
    hours = LOOK_BACK_HOURS + QUARTER
    drawn = draw(WORLDS[world], np.random.default_rng([1, seed]), start=START, hours=hours, per_day=per_day)
    table = tabulate(drawn, start=START, hours=hours)
    return watch(table, np.arange(START + LOOK_BACK_HOURS, START + hours) + 1).episodes()


def delays(drifting: Drifting, seed: int) -> list[int | None]:
    """Hours to the first alarm of each drift's metric in one variant of the world mild; None where there was none in time."""
    generator = np.random.default_rng([2, seed])
    begin = START + LOOK_BACK_HOURS + int(generator.integers(WEEK))
    hours = begin + drifting.hours - START
    behaviour = drifting.behaviour()
    drawn = draw(MILD, generator, start=START, hours=hours, per_day=drifting.per_day, drift=behaviour, drift_from=begin)
    watched = watch(tabulate(drawn, start=START, hours=hours), np.arange(begin + 1, begin + drifting.hours + 1))
    return [watched.delay(METRICS[it.drift.split()[0]], begin) for it in drifting.demands]
