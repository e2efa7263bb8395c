"""A watch over a history, as values: the time in which each version served, and what every hour's check would have found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.vocabulary import Comparison, Metric, Severity, Status
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.statistics.arrays import Array

STATUSES: Final = tuple(Status)
"""By the place that stands for each in an array."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The time in which one version served.

    table : its rollups, from `LOOK_BACK_HOURS` before the first check that is asked for.
    begins : int, the first hour that is checked by it.
    since : int, the hour at which its own time begins; None where it has always served.
    before, compared : as of `background.Before`: what served before, and whether its last weeks are compared as well.
    """

    table: RollupTable
    begins: int
    since: int | None = None
    before: RollupTable | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Hourly:
    """One metric through the hours: (checks,) each.

    status : int, its place in `Status`; severity : int, a `Severity.rank`, -1 without a drift.
    reference, recent, change, recent_n : of the pair that a reply shows; NaN where unknown, change for the mix total variation.
    """

    metric: Metric
    status: NDArray[np.int8]
    severity: NDArray[np.int8]
    reference: Array
    recent: Array
    change: Array
    recent_n: Array

    @property
    def drifting(self) -> NDArray[np.bool_]:
        """Whether it alarms."""
        drifting: NDArray[np.bool_] = self.status == STATUSES.index(Status.DRIFT)
        return drifting


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, from the check that found it to the one that ended it: hours since 1970.

    onset : where the drift began; ended : None while it lasted to the end of the history, or of the version's time.
    length : of the window that found it, hours; change : what this showed. severity : the worst while it lasted.
    """

    comparison: Comparison
    entered: int
    onset: int
    ended: int | None
    length: int
    change: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Replay:
    """What an hourly watch would have found.

    ends : (checks,) int, the hours as of which it checked; entry : (checks,) float, the z that evidence had to reach.
    alarms : in order of the checks that found them.
    """

    ends: Places
    entry: Array
    metrics: Mapping[Metric, Hourly]
    alarms: tuple[Alarm, ...]
