"""What the watch is held to, line by line: the demand, what was measured, and how far chance may have carried it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks._watched import DAY, WEEK, Cell, Kind, Outcome, Runs
from lifecycle_core.simulation.worlds import WORLDS

TRAFFIC: Final = (20, 50, 200, 1_000, 10_000)
ROUGH: Final = "rough"
MILD: Final = "mild"
CALM: Final = tuple(it for it in WORLDS if it != ROUGH)
TOGETHER: Final = (
    ("booking .65", "escalation .08", "cost x1.3", "latency x1.4", "action mix"),
    ("booking .55", "escalation .15", "cost x2", "latency x2"),
    ("runaways", "stalls 5%"),
    ("stalls 10%",),
)
"""Drifts that share a variant."""
MENDED: Final = (
    ("booking .65", "escalation .15", "cost x1.3", "latency x1.4", "action mix"),
    ("booking .55", "cost x2", "latency x2"),
    *TOGETHER[2:],
)
"""Those whose alarms' ends are watched."""
MENDED_TRAFFIC: Final = (50, 200, 1_000)
YOUNG_WORLDS: Final = ("mild", "rough", "strong seasons")
YOUNG_TRAFFIC: Final = (50, 1_000)
WORSE: Final = "booking .65"
"""What a version that is worse is worse by."""
_SMALL: Final = "booking .65"
_TAILS: Final = ("runaways", "stalls 5%", "stalls 10%")
_NAMES: Final = {"action mix": "actions", "runaways": "runaway"}
_TWO: Final = 2


def healthy(worlds: Iterable[str] = tuple(WORLDS)) -> list[Cell]:
    """Healthy quarters, by traffic and world."""
    return [Cell(Kind.HEALTHY, world, it) for it in TRAFFIC for world in worlds]


def drifting(drift: str, per_day: int) -> Cell:
    """The variants in which `drift` is watched from its beginning."""
    return Cell(Kind.DRIFTING, MILD, per_day, next(it for it in TOGETHER if drift in it))


def mended(drift: str, per_day: int) -> Cell:
    """The variants in which `drift` is cured."""
    return Cell(Kind.CURED, MILD, per_day, next(it for it in MENDED if drift in it))


def young() -> list[Cell]:
    """Variants of which nothing was known."""
    return [Cell(Kind.YOUNG, world, it) for world in YOUNG_WORLDS for it in YOUNG_TRAFFIC]


def promoted(drifts: tuple[str, ...] = ()) -> list[Cell]:
    """Variants of which another version takes over: one as good as the last, or one with `drifts`."""
    worlds = YOUNG_WORLDS[:2] if drifts else YOUNG_WORLDS
    return [Cell(Kind.PROMOTED, world, it, drifts) for world in worlds for it in MENDED_TRAFFIC]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of simulated variants: None where none of them tells it, infinite where it was not reached while they were watched.

    error : its standard error; None where it has none. variants : how many it was taken from; cells : which.
    """

    value: float | None
    error: float | None
    variants: int
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of what the watch is held to: at least, or at most, so much.

    key : its name among the figures; words : what is demanded, for people.
    """

    key: str
    words: str
    demand: float
    at_least: bool
    figure: Figure

    @property
    def verdict(self) -> str:
        """Whether it is met, or within two standard errors of it."""
        if self.figure.value is None:
            return "not measured"
        if self.short <= 0:
            return "met"
        return "within error" if self.short <= _TWO * (self.figure.error or 0.0) else "NOT MET"

    @property
    def short(self) -> float:
        """By how much it is missed; less than 0 where it is met."""
        value = self.demand if self.figure.value is None else self.figure.value
        return self.demand - value if self.at_least else value - self.demand

    @property
    def near(self) -> bool:
        """Whether chance may decide it."""
        return self.figure.value is not None and self.figure.error is not None and abs(self.short) < _TWO * self.figure.error


def mean(counts: Iterable[float], cells: tuple[Cell, ...]) -> Figure:
    """The mean of counts; with none counted, its error is that of one."""
    found = np.array(list(counts), dtype=float)
    spread = found.std(ddof=1) if len(found) > 1 and found.any() else 1.0 / np.sqrt(len(found))
    return Figure(float(found.mean()), float(spread / np.sqrt(len(found))), len(found), cells)


def share(found: Iterable[bool], cells: tuple[Cell, ...]) -> Figure:
    """The share that is so, with Agresti and Coull's error, which is one where all or none are."""
    told = np.array(list(found), dtype=bool)
    if not len(told):
        return Figure(None, None, 0, cells)
    smoothed = (told.sum() + 2) / (len(told) + 4)
    return Figure(float(told.mean()), float(np.sqrt(smoothed * (1 - smoothed) / (len(told) + 4))), len(told), cells)


def episodes(runs: Runs, cell: Cell) -> Figure:
    """False alarms a variant."""
    return mean((it.episodes() for it in runs.of(cell)), (cell,))


def incidents(runs: Runs, cell: Cell) -> Figure:
    """False incidents a variant."""
    return mean((it.all_false_incidents() for it in runs.of(cell)), (cell,))


def caught(runs: Runs, drift: str, per_day: int, hours: int) -> Figure:
    """The share of variants in which a drift was seen in time."""
    cell = drifting(drift, per_day)
    return share((it.delay(drift) <= hours for it in runs.of(cell)), (cell,))


def seen(runs: Runs, cell: Cell, hours: int) -> Figure:
    """The share of promotions to a worse version that were seen in time."""
    return share((it.delay(WORSE) <= hours for it in runs.of(cell)), (cell,))


def ended_early(runs: Runs, drift: str, per_day: int) -> Figure:
    """The share of alarms that ended while the variant was still ill."""
    cell = mended(drift, per_day)
    return share((early for early, _ in _ends(runs, drift, cell)), (cell,))


def hours_to_end(runs: Runs, drift: str, per_day: int) -> Figure:
    """The median of the hours from a cure to its alarm's end, of alarms that lasted until the cure."""
    cell = mended(drift, per_day)
    hours = [it for _, it in _ends(runs, drift, cell) if not np.isnan(it)]
    return Figure(float(np.median(hours)) if hours else None, None, len(hours), (cell,))


def _ends(runs: Runs, drift: str, cell: Cell) -> Iterator[tuple[bool, float]]:
    return (it for it in (found.ended(drift) for found in runs.of(cell)) if it is not None)


def quantile_of_delay(outcomes: Iterable[Outcome], drift: str, part: float = 0.5) -> float:
    """The hours within which a part of the variants is seen to drift."""
    return float(np.quantile([it.delay(drift) for it in outcomes], part, method="inverted_cdf"))


CAUGHT: Final = (
    (2 * DAY, 50, "latency x1.4", 0.80),
    (2 * DAY, 50, "action mix", 0.85),
    (2 * DAY, 50, "cost x2", 0.95),
    (2 * DAY, 200, "booking .55", 0.92),
    (2 * DAY, 200, "escalation .15", 0.85),
    (2 * DAY, 200, "cost x1.3", 0.75),
    (DAY, 1_000, "booking .55", 0.90),
    (DAY, 1_000, "cost x1.3", 0.90),
    (DAY, 1_000, "escalation .15", 0.85),
    *((DAY, 10_000, it, 0.92) for it in ("booking .55", "escalation .15", "cost x1.3")),
    (WEEK, 200, "booking .65", 0.80),
    (4 * WEEK, 50, "booking .65", 0.85),
    (4 * WEEK, 200, "escalation .08", 0.80),
    *((WEEK, 20, it, 0.90) for it in ("cost x2", "latency x1.4", "latency x2", "action mix")),
    (WEEK, 20, "booking .55", 0.65),
    (WEEK, 200, "runaways", 0.75),
    (2 * DAY, 1_000, "runaways", 0.85),
    (WEEK, 200, "stalls 10%", 0.90),
)
"""Hours, conversations a day, drift, and the share to be caught."""


def lines(runs: Runs) -> list[Line]:
    """All lines that these runs can tell of."""
    told = [
        _at_most(
            "false_alarms_per_variant_quarter_max",
            "false alarms a quarter, all worlds but rough",
            1.0,
            _worst(episodes(runs, it) for it in healthy(CALM)),
        ),
        _at_most(
            "false_alarms_per_variant_quarter_rough",
            "false alarms a quarter, rough",
            1.2,
            _worst(episodes(runs, it) for it in healthy((ROUGH,))),
        ),
    ]
    for hours, per_day, drift, demand in CAUGHT:
        words = f"{drift}, {per_day:,} a day, within {_span(hours)}"
        told.append(_at_least(_key(hours, per_day, drift), words, demand, caught(runs, drift, per_day, hours)))
    for drift in ("booking .55", "escalation .15", "cost x1.3"):
        cell = drifting(drift, TRAFFIC[-1])
        figure = Figure(quantile_of_delay(runs.of(cell), drift), None, len(runs.of(cell)), (cell,))
        told.append(_at_most(f"median_h_10000_{_name(drift)}", f"{drift}, 10,000 a day, median hours", 3, figure))
    others = [(it, per_day) for group in MENDED for it in group if it not in {_SMALL, *_TAILS} for per_day in (200, 1_000)]
    small = [(_SMALL, per_day) for per_day in (200, 1_000)]
    early = [[ended_early(runs, *it) for it in among] for among in (others, small)]
    hours_after = [hours_to_end(runs, *it) for it in [*others, *small]]
    told += [
        _at_most("ended_too_early_max", "alarms that end while ill, other drifts", 0.05, _worst(early[0])),
        _at_most("ended_too_early_booking_65", "alarms that end while ill, booking .65", 0.12, _worst(early[1])),
        _at_most("end_median_h_max", "hours from cure to end, median", 96, _worst(hours_after)),
        _at_most("false_incidents_max", "false incidents a quarter", 0.25, _worst(incidents(runs, it) for it in healthy())),
        _at_most("young_false_alarms_max", "false alarms of a young variant", 0.31, _worst(episodes(runs, it) for it in young())),
        _at_most("promoted_false_alarms_max", "false alarms after an equal version", 0.20, _worst(episodes(runs, it) for it in promoted())),
    ]
    return told


def _at_least(key: str, words: str, demand: float, figure: Figure) -> Line:
    return Line(key=key, words=words, demand=demand, at_least=True, figure=figure)


def _at_most(key: str, words: str, demand: float, figure: Figure) -> Line:
    return Line(key=key, words=words, demand=demand, at_least=False, figure=figure)


def _worst(figures: Iterable[Figure]) -> Figure:
    """The largest of those that are known."""
    known = [(it.value, place, it) for place, it in enumerate(figures) if it.value is not None]
    return max(known)[-1] if known else Figure(None, None, 0)


def _key(hours: int, per_day: int, drift: str) -> str:
    return f"caught_{_span(hours)}_{per_day}_{_name(drift)}"


def _name(drift: str) -> str:
    return _NAMES.get(drift, drift.replace(".", "").replace("%", "").replace(" ", "_"))


def _span(hours: int) -> str:
    return f"{hours}h" if hours <= 2 * DAY else f"{hours // DAY}d"
