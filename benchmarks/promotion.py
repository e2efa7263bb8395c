"""What a shadow test and a probation cost and catch: simulated, beside the figures that the design promises.

"Promoted" holds what a person is asked about, since evidence and gates say yes; "inconclusive" holds both endings at the most samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil, log
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks._live import live_outcomes
from lifecycle_core.policy import DifferenceMode, EvidenceMode, Policy, ProbationPolicy, ShadowPolicy
from lifecycle_core.retraining.gates import Offline
from lifecycle_core.retraining.imagined import World, draw
from lifecycle_core.retraining.probation import evidence_of_harm, lowest_rate
from lifecycle_core.retraining.shadow import twice_every
from lifecycle_core.retraining.verdict import Endings, Verdict, end
from lifecycle_core.statistics.arrays import Array

OFFLINE: Final = 0.9
_COLUMNS: Final = {
    "promoted": 16,
    "asked": 7,
    "harm": 15,
    "futile": 16,
    "inconclusive": 16,
    "mean_n": 11,
    "p90": 11,
    "invalid": 8,
    "tests/s": 9,
}
"""What is printed of each row, and how wide."""
RECORD_DAYS: Final = 3
HAND_OFFS: Final = 0.05
"""The share of live conversations that are handed over, by either version."""
_PIECE: Final = 2_000_000
"""Conversations that are simulated at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A world, the policy under which candidates are tested, and what is promised of them: shares, and samples."""

    world: World
    policy: ShadowPolicy = field(default_factory=ShadowPolicy)
    name: str = ""
    promoted: float
    harm: float | None = None
    futile: float | None = None
    inconclusive: float | None = None
    mean_n: float | None = None
    p90: float | None = None


def _row(world: tuple[float, ...], promoted: float, harm: float, futile: float, inconclusive: float, mean_n: float, p90: float) -> Row:  # noqa: PLR0917 - a row of a table
    return Row(
        world=World(**dict(zip(_WORLD, world, strict=False))),
        promoted=promoted,
        harm=harm,
        futile=futile,
        inconclusive=inconclusive,
        mean_n=mean_n,
        p90=p90,
    )


_WORLD: Final = ("success", "disagreement", "effect", "cost")
TABLE: Final = (
    _row((0.75, 0.10), 0.002, 0.0, 0.997, 0.002, 169, 273),
    _row((0.75, 0.10, 0.09), 1.0, 0.0, 0.0, 0.0, 131, 200),
    _row((0.75, 0.23), 0.002, 0.005, 0.86, 0.13, 261, 500),
    _row((0.75, 0.23, 0.05), 0.65, 0.0, 0.04, 0.31, 325, 500),
    _row((0.75, 0.23, 0.09), 0.998, 0.0, 0.0, 0.002, 158, 250),
    _row((0.75, 0.23, 0.09, 0.15), 0.15, 0.0, 0.0, 0.85, 452, 500),
    _row((0.75, 0.23, -0.10), 0.0, 0.49, 0.51, 0.0, 87, 100),
    _row((0.75, 0.23, -0.20), 0.0, 0.99, 0.01, 0.0, 45, 68),
    _row((0.75, 0.375), 0.013, 0.010, 0.68, 0.30, 318, 500),
    _row((0.75, 0.375, 0.09), 0.988, 0.0, 0.005, 0.007, 193, 300),
    _row((0.55, 0.23), 0.008, 0.007, 0.61, 0.38, 338, 500),
    _row((0.55, 0.23, 0.09), 0.94, 0.0, 0.0, 0.06, 252, 450),
    _row((0.55, 0.375, 0.09), 0.83, 0.0, 0.003, 0.16, 313, 500),
    _row((0.55, 0.375, 0.15), 1.0, 0.0, 0.0, 0.0, 161, 250),
    _row((0.55, 0.45), 0.008, 0.003, 0.37, 0.62, 407, 500),
    _row((0.55, 0.45, 0.15), 0.993, 0.0, 0.0, 0.007, 178, 300),
)
"""The design's table, of four replays and agents that never hand over."""
GAIN: Final = next(it for it in TABLE if it.world == World(success=0.75, disagreement=0.23, effect=0.09))
HARM: Final = min(TABLE, key=lambda it: it.world.effect)
MOST_IN_VAIN: Final = 0.05
NULLS: Final = tuple(
    Row(world=World(success=success, disagreement=disagreement), promoted=MOST_IN_VAIN)
    for success in (0.75, 0.55)
    for disagreement in (0.05, 0.10, 0.23, 0.375)
)
"""Candidates with no effect; the design's figure is the most of them that may be promoted."""

_BARE: Final = ShadowPolicy(evidence=EvidenceMode.GATES)
OTHERS: Final = (
    Row(name="bare gates, no effect", world=replace(GAIN.world, effect=0.0), policy=_BARE, promoted=0.07),
    Row(name="bare gates, no effect, D .375", world=World(success=0.55, disagreement=0.375), policy=_BARE, promoted=0.17),
    Row(name="any difference, +9%", world=GAIN.world, policy=ShadowPolicy(difference_mode=DifferenceMode.ANY), promoted=0.0),
    Row(name="single samples, +9%", world=GAIN.world, policy=ShadowPolicy(replays=1), promoted=0.667),
    Row(name="+9%, hand-offs fall", world=replace(GAIN.world, escalation=0.2, candidate_escalation=0.2), promoted=1.0),
    Row(name="+9%, hand-offs stay", world=replace(GAIN.world, escalation=0.2, candidate_escalation=0.274), promoted=1.0),
    Row(name="+9%, an honest simulator", world=replace(GAIN.world, simulator_gap=0.0), promoted=1.0),
    Row(name="+9%, a simulator 10 points off", world=replace(GAIN.world, simulator_gap=0.10), promoted=1.0),
    Row(name="+9%, a simulator 30 points off", world=replace(GAIN.world, simulator_gap=0.30), promoted=0.0),
)
"""Other policies and other worlds; the last five stand beside what a gate that never errs would do."""

WRONGLY: Final = 0.03
"""How often a version as good as its record is rolled back, for its bookings or its hand-offs, at most."""
CAUGHT: Final[Mapping[tuple[float, float, int], float]] = {
    **{(-0.33, 0.002, per_day): share for per_day, share in ((50, 0.82), (200, 0.96), (1000, 1.0), (5000, 1.0))},
    **{(-0.20, 0.0, per_day): share for per_day, share in ((50, 0.52), (200, 0.82), (1000, 1.0), (5000, 1.0))},
    **{(-0.20, 0.002, per_day): share for per_day, share in ((50, 0.27), (200, 0.41), (1000, 0.93), (5000, 1.0))},
    **{(-0.20, 0.01, per_day): share for per_day, share in ((50, 0.09), (200, 0.15), (1000, 0.36), (5000, 0.51))},
    **{(-0.10, 0.002, per_day): share for per_day, share in ((50, 0.03), (200, 0.06), (1000, 0.23), (5000, 0.50))},
}
"""True change, day correlation, conversations a day -> the share rolled back, with a record of 3 days at .75."""


def run(tests: int = 1000, seed: int = 1) -> dict[str, object]:
    """All tables, `tests` simulated for each row."""
    print(f"{tests:,} tests a row; the design's figures in brackets\n")
    print(f"{'base, D, effect':>32}" + "".join(f"{it:>{width}}" for it, width in _COLUMNS.items()))
    table = [_told(it, tests, seed) for it in TABLE]
    print()
    nulls = [_told(it, tests, seed) for it in NULLS]
    print()
    others = [_told(it, tests, seed) for it in OTHERS]
    gain, harm = (table[TABLE.index(it)]["ours"] for it in (GAIN, HARM))
    return {
        "promoted_null_max": max(it["ours"]["promoted"] for it in (*nulls, *table) if it["effect"] == 0),
        "promoted_plus9_d23": gain["promoted"],
        "mean_n_plus9_d23": gain["mean_n"],
        "mean_n_minus20_d23": harm["mean_n"],
        "tests": tests,
        "table": table,
        "nulls": nulls,
        "others": others,
        "wronglyRolledBack": _wrongly(tests, seed),
        "caught": _caught(tests, seed),
    }


def endings_of(row: Row, tests: int, seed: int) -> Endings:
    """How tests of the row's candidates end."""
    generator = np.random.default_rng(
        [seed, *(round(1000 * abs(it)) for it in (row.world.success, row.world.disagreement, row.world.effect))]
    )
    shadow = row.policy
    twice = twice_every(shadow.replays, shadow)
    pairs = draw(row.world, generator, tests=tests, samples=shadow.max_samples, replays=shadow.replays, twice_every=twice)
    return end(pairs, Policy(shadow=shadow), closed=True, offline=Offline(OFFLINE))


def _told(row: Row, tests: int, seed: int) -> dict[str, Any]:
    began = perf_counter()
    ending = endings_of(row, tests, seed)
    seconds = perf_counter() - began
    share = {it: ending.share(it) for it in Verdict if it is not Verdict.COLLECTING}
    ours = {
        "promoted": share[Verdict.PROMOTE] + share[Verdict.TO_A_PERSON],
        "harm": share[Verdict.HARM],
        "futile": share[Verdict.FUTILE],
        "inconclusive": share[Verdict.INCONCLUSIVE] + share[Verdict.GATES],
        "mean_n": float(ending.n.mean()),
        "p90": float(np.quantile(ending.n, 0.9)),
    }
    world = row.world
    more = f", cost {world.cost:+.0%}" if world.cost else ""
    name = row.name or f"{world.success:.2f}, {world.disagreement:.3f}, {world.effect:+.0%}{more}"
    cells = {it: _cell(ours[it], getattr(row, it), ".0f" if it in {"mean_n", "p90"} else ".1%") for it in ours}
    cells |= {
        "asked": f"{share[Verdict.TO_A_PERSON]:.1%}",
        "invalid": f"{share[Verdict.INVALID]:.1%}",
        "tests/s": f"{tests / seconds:,.0f}",
    }
    print(f"{name:>32}" + "".join(f"{cells[it]:>{width}}" for it, width in _COLUMNS.items()), flush=True)
    design = {it: getattr(row, it) for it in ours}
    return {
        "row": name,
        "effect": world.effect,
        "ours": ours,
        "asked": share[Verdict.TO_A_PERSON],
        "invalid": share[Verdict.INVALID],
        "design": design,
    }


def _cell(ours: float, design: float | None, shape: str) -> str:
    return f"{ours:{shape}}" if design is None else f"{ours:{shape}} ({design:{shape}})"


def rolled_back(rate: float, change: float, correlation: float, per_day: int, versions: int, seed: int) -> list[int | None]:  # noqa: PLR0917 - a cell
    """After how many conversations each version is rolled back, for its bookings or its hand-offs; None where it passes its probation.

    rate : of bookings in the record, on three days; change : the new version's, relative; hand-offs are what they were.
    """
    policy = ProbationPolicy()
    generator = np.random.default_rng([seed, per_day, round(1000 * abs(change)), round(1000 * correlation)])
    days = min(policy.max_days, max(1, ceil(policy.min_conversations / per_day)))
    found: list[int | None] = []
    while len(found) < versions:
        piece = min(versions - len(found), max(1, _PIECE // (days * per_day)))
        booking, escalation = (_bars(it, correlation, generator, piece, per_day) for it in (rate, 1 - HAND_OFFS))
        booked = live_outcomes(rate * (1 + change), correlation, generator, versions=piece, days=days, per_day=per_day)
        escalated = live_outcomes(HAND_OFFS, correlation, generator, versions=piece, days=days, per_day=per_day)
        harmful = evidence_of_harm(booked, escalated, booking, 1 - escalation).harm >= log(policy.evidence_level)
        found += [int(it.argmax()) + 1 if it.any() else None for it in harmful]
    return found


def _bars(rate: float, correlation: float, generator: np.random.Generator, versions: int, per_day: int) -> Array:
    record = live_outcomes(rate, correlation, generator, versions=versions, days=RECORD_DAYS, per_day=per_day)
    return lowest_rate(record.sum(axis=1), RECORD_DAYS * per_day, RECORD_DAYS, correlation)[:, None]


def _wrongly(versions: int, seed: int) -> list[dict[str, object]]:
    print(f"\nRolled back though as good as the record (at most {WRONGLY:.1%})\n")
    told: list[dict[str, object]] = []
    for rate in (0.75, 0.60):
        for correlation in (0.0, 0.002, 0.01):
            shares = {it: _share(rolled_back(rate, 0.0, correlation, it, versions, seed)) for it in (50, 200, 1000, 5000)}
            print(f"{rate:.2f}, r {correlation:.3f}" + "".join(f"{it:>10,} a day {share:.1%}" for it, share in shares.items()), flush=True)
            told += [
                {"rate": rate, "correlation": correlation, "perDay": it, "measured": share, "atMost": WRONGLY}
                for it, share in shares.items()
            ]
    return told


def _caught(versions: int, seed: int) -> list[dict[str, object]]:
    print("\nRolled back, with a record of 3 days at .75 (the design's figures in brackets)\n")
    told: list[dict[str, object]] = []
    for (change, correlation, per_day), design in CAUGHT.items():
        found = rolled_back(0.75, change, correlation, per_day, versions, seed)
        at = [it for it in found if it is not None]
        median = float(np.median(at)) if at else None
        print(
            f"{change:+.0%}, r {correlation:.3f}, {per_day:>5,} a day: {_share(found):.1%} ({design:.0%}), after {median or 0:,.0f}",
            flush=True,
        )
        told.append(
            {
                "change": change,
                "correlation": correlation,
                "perDay": per_day,
                "measured": _share(found),
                "design": design,
                "medianN": median,
            }
        )
    return told


def _share(found: list[int | None]) -> float:
    return sum(it is not None for it in found) / len(found)
