"""The scan: every length against the reference before it, all at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.metrics import Compared, Measure
from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS
from lifecycle_core.drift.windows import Sums
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.days import day_correlation, days_used, degrees_of_freedom, design_effect
from lifecycle_core.statistics.levels import entry_level, looks, normal_of_t

COMPARISONS: Final = 7
"""The five metrics and the tails of cost and latency share the false alarms."""
FRESH_CONVERSATIONS: Final = 40
"""How many fresh conversations make a look that tells something new."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The sums that a scan compares; axes: (..., lengths).

    recent, reference : sums of each length's windows.
    recent_days, reference_days : (lengths,) float, how many days each window spans.
    days : sums of (..., sets, days), the days that teach; of_length : (lengths,) int, the set of each length.
    """

    recent: Sums
    reference: Sums
    recent_days: Array
    reference_days: Array
    days: Sums
    of_length: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a metric's scan found, for each length: (..., lengths).

    recent_n, reference_n : conversations that know the figure.
    compared : the figures and the change; passes : at or past the threshold.
    z : towards harm, the day correlation's uncertainty taken into account.
    effects : the design effects of both windows; df : those of the day correlation.
    correlation : the day correlation used; assumed : too few days have taught it.
    """

    recent_n: Array
    reference_n: Array
    compared: Compared
    passes: NDArray[np.bool_]
    z: Array
    effects: tuple[Array, Array]
    df: Array
    correlation: Array
    assumed: NDArray[np.bool_]


def scan(measure: Measure, windows: Windows, threshold: float) -> Scan:
    """Compare every length of `windows` by `measure`."""
    recent, reference = windows.recent, windows.reference
    taught = measure.n(windows.days)
    used = days_used(taught)
    few = used < FEWEST_DAYS
    learnt = np.where(few, ASSUMED_CORRELATION, day_correlation(measure.day_statistic(windows.days), taught))
    correlation, assumed = learnt[..., windows.of_length], few[..., windows.of_length]
    n1, n0 = measure.n(recent), measure.n(reference)
    d1 = design_effect(n1, windows.recent_days, correlation)
    d0 = design_effect(n0, windows.reference_days, correlation)
    together = divide(divide(d1, n1, 0.0) + divide(d0, n0, 0.0), divide(1.0, n1, 0.0) + divide(1.0, n0, 0.0), 1.0)
    df = np.where(assumed, np.inf, degrees_of_freedom(used[..., windows.of_length], together))
    z = normal_of_t(measure.z(recent, reference, (d1, d0)), df)
    compared = measure.compare(recent, reference)
    passes = measure.passes(compared.change, recent, reference, threshold)
    return Scan(n1, n0, compared, passes, z, (d1, d0), df, correlation, assumed)


def entry(alarms_per_quarter: float, conversations_a_day: float, lengths: int) -> float:
    """The level that z must reach, for a budget of false alarms and a traffic.

    >>> round(entry(0.5, 200, 17), 2)
    4.28
    """
    return entry_level(alarms_per_quarter, COMPARISONS * lengths, looks(conversations_a_day, FRESH_CONVERSATIONS))
