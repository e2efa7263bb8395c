"""How right and how quick the watch is: false alarms, delays, ends of alarms, young variants, versions and incidents.

Simulated variants, each watched hour by hour through rollups by the product's
own replay, with all five metrics, both tails and all lengths. `--quarters` is
how many variants a cell has; the 80 of the design take about twenty minutes on
two processors, and lines that chance may decide are run on to `--near`
variants, at most four times as many. The same `--seed` gives the same figures.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from benchmarks import real
from benchmarks._held_to import (
    MENDED,
    MENDED_TRAFFIC,
    MILD,
    TOGETHER,
    TRAFFIC,
    WORSE,
    YOUNG_TRAFFIC,
    YOUNG_WORLDS,
    Line,
    drifting,
    ended_early,
    episodes,
    healthy,
    hours_to_end,
    incidents,
    lines,
    mean,
    mended,
    promoted,
    quantile_of_delay,
    seen,
    young,
)
from benchmarks._watched import DAY, WEEK, Cell, Kind, Runs, runs
from lifecycle_core.drift.report import Comparison
from lifecycle_core.simulation.worlds import WORLDS

KEYS: Final = (
    "false_alarms_per_variant_quarter_max",
    "false_alarms_per_variant_quarter_rough",
    "caught_48h_50_latency_x14",
    "caught_48h_50_actions",
    "caught_48h_50_cost_x2",
    "caught_48h_200_booking_55",
    "caught_48h_200_escalation_15",
    "caught_48h_200_cost_x13",
    "caught_24h_1000_booking_55",
    "caught_7d_200_booking_65",
    "caught_28d_50_booking_65",
    "caught_28d_200_escalation_08",
    "caught_7d_200_runaway",
    "ended_too_early_max",
    "end_median_h_max",
    "young_false_alarms_max",
    "false_incidents_max",
)
"""The lines that stand at the head of what is measured."""
_SPANS: Final = (DAY, 2 * DAY, WEEK, 4 * WEEK)
_DRIFTS: Final = tuple(
    sorted((it for group in TOGETHER for it in group), key=lambda it: ("bo", "es", "co", "la", "ac", "ru", "st").index(it[:2]))
)
_AS_MANY: Final = {Kind.HEALTHY: 1.0, Kind.DRIFTING: 1.0, Kind.CURED: 150 / 80, Kind.YOUNG: 100 / 80, Kind.PROMOTED: 60 / 80}
"""How many variants a cell has for each that a healthy one has, as in the design."""
_FURTHER: Final = 4

Rows = list[dict[str, object]]


def run(quarters: int = 80, seed: int = 1, near: int = 300) -> dict[str, object]:
    """All tables; `quarters` healthy quarters a cell."""
    with runs(seed) as watched:
        cells = [*healthy(), *(Cell(Kind.DRIFTING, MILD, it, group) for group in TOGETHER for it in TRAFFIC)]
        cells += [Cell(Kind.CURED, MILD, it, group) for group in MENDED for it in MENDED_TRAFFIC]
        cells += [*young(), *promoted(), *promoted((WORSE,))]
        watched.complete({cell: max(1, round(quarters * _AS_MANY[cell.kind])) for cell in cells})
        close = [cell for it in lines(watched) if it.near for cell in it.figure.cells]
        watched.complete({cell: max(min(near, _FURTHER * quarters), len(watched.of(cell))) for cell in dict.fromkeys(close)})
        tables = {
            "falseAlarms": _false_alarms(watched),
            "delays": _delays(watched),
            "ends": _ends(watched),
            "young": _young(watched),
            "versions": _versions(watched),
            "falseIncidents": _incidents(watched),
        }
        rate = real.aa_alarm_rate()
        held = lines(watched)
    _tell(held, rate)
    return {
        **{it.key: _finite(it.figure.value) for key in KEYS for it in held if it.key == key},
        "real_aa_alarm_rate": rate,
        "quarters": quarters,
        "seed": seed,
        "heldTo": [_line(it) for it in held],
        **tables,
    }


def _false_alarms(watched: Runs) -> Rows:
    print("\nPromise 1: false alarms a variant-quarter of 2,184 checks; those entered within a day of each other are one\n")
    _by_world(WORLDS)
    rows: Rows = []
    for per_day in TRAFFIC:
        figures = {cell.world: episodes(watched, cell) for cell in healthy() if cell.per_day == per_day}
        print(f"{per_day:>8,}" + "".join(f"{f'{it.value:.2f} ±{it.error:.2f}':>18}" for it in figures.values()))
        rows += [{"perDay": per_day, "world": world, "measured": it.value, "error": it.error} for world, it in figures.items()]
    print("\nThe same by comparison: the mean of a world's cells, and in brackets the worst\n")
    _by_world(WORLDS, "")
    for comparison in Comparison:
        told = []
        for world in WORLDS:
            found = [mean((it.episodes(comparison) for it in watched.of(cell)), (cell,)).value or 0.0 for cell in healthy((world,))]
            told.append(f"{np.mean(found):.2f} ({max(found):.2f})")
            rows.append({"comparison": comparison.value, "world": world, "mean": float(np.mean(found)), "worst": max(found)})
        print(f"{comparison:<22}" + "".join(f"{it:>18}" for it in told))
    return rows


def _by_world(worlds: Iterable[str], first: str = "a day") -> None:
    print(f"{first:>8}" + " " * (0 if first else 14) + "".join(f"{it:>18}" for it in worlds))


def _delays(watched: Runs) -> Rows:
    print("\nPromise 2: drifts from a random hour on, world mild; hours to the alarm: median/90%; caught within 24 h, 48 h, 7 d, 28 d\n")
    print(f"{'':<16}" + "".join(f"{f'{it:,} a day':>32}" for it in TRAFFIC))
    rows: Rows = []
    for drift in _DRIFTS:
        told = []
        for per_day in TRAFFIC:
            outcomes = watched.of(drifting(drift, per_day))
            half, most = (quantile_of_delay(outcomes, drift, it) for it in (0.5, 0.9))
            caught = [sum(it.delay(drift) <= hours for it in outcomes) / len(outcomes) for hours in _SPANS]
            told.append(f"{_hours(half)}/{_hours(most)}; " + " ".join(_short(it) for it in caught))
            within = dict(zip(("24h", "48h", "7d", "28d"), caught, strict=True))
            rows.append(
                {
                    "drift": drift,
                    "perDay": per_day,
                    "variants": len(outcomes),
                    "medianHours": _finite(half),
                    "p90Hours": _finite(most),
                    **within,
                }
            )
        print(f"{drift:<16}" + "".join(f"{it:>32}" for it in told))
    return rows


def _ends(watched: Runs) -> Rows:
    print("\nHow alarms end: two ill weeks, then cured; alarms; share that ended while ill, median hours from the cure to the end\n")
    drifts = [it for it in _DRIFTS if any(it in group for group in MENDED)]
    print(f"{'a day':>8}" + "".join(f"{it:>18}" for it in drifts))
    rows: Rows = []
    for per_day in MENDED_TRAFFIC:
        told = []
        for drift in drifts:
            early, hours = ended_early(watched, drift, per_day), hours_to_end(watched, drift, per_day)
            alarms = sum(it.ended(drift) is not None for it in watched.of(mended(drift, per_day)))
            told.append("-" if early.value is None else f"{alarms}; {_short(early.value)}, {_hours(hours.value)}")
            rows.append({"drift": drift, "perDay": per_day, "alarms": alarms, "tooEarly": early.value, "medianHours": _finite(hours.value)})
        print(f"{per_day:>8,}" + "".join(f"{it:>18}" for it in told))
    return rows


def _young(watched: Runs) -> Rows:
    print("\nYoung variants: false alarms from the third to the 28th day\n")
    _by_world(YOUNG_WORLDS)
    return _cells(watched, young(), YOUNG_TRAFFIC)


def _versions(watched: Runs) -> Rows:
    print("\nPromotions to an equal version: false alarms in 28 days\n")
    _by_world(YOUNG_WORLDS)
    rows = _cells(watched, promoted(), MENDED_TRAFFIC)
    print(f"\nPromotions to {WORSE}: seen within 7, 14 and 28 days\n")
    worse = promoted((WORSE,))
    _by_world(dict.fromkeys(it.world for it in worse))
    for per_day in MENDED_TRAFFIC:
        told = []
        for cell in (it for it in worse if it.per_day == per_day):
            shares = {days: seen(watched, cell, days * DAY).value or 0.0 for days in (7, 14, 28)}
            told.append(" ".join(_short(it) for it in shares.values()))
            rows.append({"perDay": per_day, "world": cell.world, "drift": WORSE, **{f"{days}d": it for days, it in shares.items()}})
        print(f"{per_day:>8,}" + "".join(f"{it:>18}" for it in told))
    return rows


def _cells(watched: Runs, cells: Sequence[Cell], traffic: Iterable[int]) -> Rows:
    rows: Rows = []
    for per_day in traffic:
        figures = {it.world: episodes(watched, it) for it in cells if it.per_day == per_day}
        print(f"{per_day:>8,}" + "".join(f"{f'{it.value:.2f} ±{it.error:.2f}':>18}" for it in figures.values()))
        rows += [{"perDay": per_day, "world": world, "measured": it.value, "error": it.error} for world, it in figures.items()]
    return rows


def _incidents(watched: Runs) -> Rows:
    print("\nFalse incidents a variant-quarter, all kinds together\n")
    _by_world(WORLDS)
    rows: Rows = []
    for per_day in TRAFFIC:
        told = []
        for cell in (it for it in healthy() if it.per_day == per_day):
            figure = incidents(watched, cell)
            told.append(f"{figure.value:.2f} ±{figure.error:.2f}")
            outcomes = watched.of(cell)
            kinds = {kind for it in outcomes for kind, _ in it.incidents}
            by_kind = {kind: sum(it.false_incidents(kind) for it in outcomes) / len(outcomes) for kind in sorted(kinds)}
            rows.append({"perDay": per_day, "world": cell.world, "measured": figure.value, "error": figure.error, "byKind": by_kind})
        print(f"{per_day:>8,}" + "".join(f"{it:>18}" for it in told))
    return rows


def _tell(held: Iterable[Line], rate: float | None) -> None:
    print(f"\n{'What developers may be held to':<52}{'demand':>9}{'measured':>10}{'error':>8}{'variants':>10}")
    for it in held:
        demand = f"{'≥' if it.at_least else '≤'} {it.demand:g}"
        value = "-" if it.figure.value is None else f"{it.figure.value:.2f}"
        error = "-" if it.figure.error is None else f"{it.figure.error:.2f}"
        print(f"{it.words:<52}{demand:>9}{value:>10}{error:>8}{it.figure.variants:>10}  {it.verdict}")
    if rate is not None:
        print(f"{'real agents against themselves':<52}{'≤ 0.05':>9}{rate:>10.3f}{'-':>8}{'':>10}  {'met' if rate <= _REAL else 'NOT MET'}")


_REAL: Final = 0.05


def _line(it: Line) -> dict[str, object]:
    return {
        "key": it.key,
        "atLeast" if it.at_least else "atMost": it.demand,
        "measured": _finite(it.figure.value),
        "error": it.figure.error,
        "variants": it.figure.variants,
        "verdict": it.verdict,
    }


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: what was not reached while it was watched is null."""
    return value if value is not None and np.isfinite(value) else None


def _hours(value: float | None) -> str:
    return "-" if _finite(value) is None else f"{value:.0f}"


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else "1"
