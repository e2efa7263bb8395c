"""The intervals of the changes that a report tells: those of proportions are searched for together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from lifecycle_core.drift.measure import Effects, Measure
from lifecycle_core.drift.measures import Cost, Latency, Rate
from lifecycle_core.drift.scan import Scan, Windows
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.tails import Tail
from lifecycle_core.statistics.arrays import floats
from lifecycle_core.statistics.levels import t_of_normal
from lifecycle_core.statistics.proportions import ratio_intervals

CONFIDENT: Final = 1.96
"""The deviate of a two-sided 95% interval."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """One comparison whose change wants an interval: its sums on both sides, the design effects, and how far out the interval ends."""

    measure: Measure
    recent: Side
    reference: Side
    effects: tuple[float, float]
    critical: float

    @classmethod
    def of(cls, measure: Measure, windows: Windows, found: Scan, place: int) -> "Asked":
        """The comparison at `place` of a scan."""
        here = (np.array(place),)
        effects = (float(found.effects[0][place]), float(found.effects[1][place]))
        return cls(
            measure, windows.recent.take(here), windows.reference.take(here), effects, t_of_normal(CONFIDENT, float(found.df[place]))
        )


def intervals(asked: Sequence[Asked]) -> list[Interval | None]:
    """The 95% interval of each relative change; None where it has none: a distance between mixes, a reference of nothing."""
    told: list[Interval | None] = [_interval(it) for it in asked]
    counted = [
        (place, it.measure.counts(it.recent, it.reference, _arrays(it.effects)), it.critical)
        for place, it in enumerate(asked)
        if isinstance(it.measure, Rate | Tail)
    ]
    if counted:
        x1, n1, x0, n0 = np.array([[float(count) for count in counts] for _, counts, _ in counted]).T
        low, high = ratio_intervals(x1, n1, x0, n0, [critical for _, _, critical in counted])
        for (place, _, _), begin, end in zip(counted, low.tolist(), high.tolist(), strict=True):
            told[place] = None if np.isnan(begin) else (begin - 1, end - 1)
    return told


def _interval(it: Asked) -> Interval | None:
    if not isinstance(it.measure, Cost | Latency):
        return None
    ratios = it.measure.ratio_interval(it.recent, it.reference, it.effects, it.critical)
    return (ratios[0] - 1, ratios[1] - 1) if ratios else None


def _arrays(effects: tuple[float, float]) -> Effects:
    return floats(effects[0]), floats(effects[1])
