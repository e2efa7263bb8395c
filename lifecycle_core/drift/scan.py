"""The scan: every length against the reference before it, all at once; of one check, or of every hour of a history."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.measure import Compared, Measure
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS, Teaching
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.days import day_correlation, days_used, degrees_of_freedom, design_effect
from lifecycle_core.statistics.levels import entry_level, looks, normal_of_t

COMPARISONS: Final = 7
"""The five metrics and the tails of cost and latency share the false alarms."""
FRESH_CONVERSATIONS: Final = 40
"""How many fresh conversations make a look that tells something new."""
_AT_ONCE: Final = 4096
"""Comparisons whose whole sums are held at a time, to keep them within some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class Windows:
    """What a scan compares; axes: (..., lengths), or (c,) of some comparisons alone.

    recent, reference : each length's windows.
    recent_days, reference_days : float, how many days each window spans.
    teaching : the days that teach each comparison.
    """

    recent: Side
    reference: Side
    recent_days: Array
    reference_days: Array
    teaching: Teaching

    def take(self, picks: tuple[Places, ...]) -> "Windows":
        """The comparisons at `picks` alone."""
        shape = self.teaching.of.shape
        return Windows(
            self.recent.take(picks),
            self.reference.take(picks),
            np.broadcast_to(self.recent_days, shape)[picks],
            np.broadcast_to(self.reference_days, shape)[picks],
            self.teaching.take(picks),
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """What a metric's scan found, for each comparison: axes as in `Windows`.

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

    def head(self, count: int) -> "Scan":
        """The first `count` comparisons alone."""
        return Scan(
            self.recent_n[:count],
            self.reference_n[:count],
            Compared(*(it[:count] for it in self.compared)),
            self.passes[:count],
            self.z[:count],
            (self.effects[0][:count], self.effects[1][:count]),
            self.df[:count],
            self.correlation[:count],
            self.assumed[:count],
        )


def scan(measure: Measure, windows: Windows, threshold: float) -> Scan:
    """Compare every pair of `windows` by `measure`."""
    recent, reference = windows.recent, windows.reference
    taught = measure.taught(windows.teaching, reference)
    used = days_used(taught.n)
    assumed = used < FEWEST_DAYS
    correlation = np.where(assumed, ASSUMED_CORRELATION, day_correlation(taught.statistic, taught.n))
    n1, n0 = measure.n(recent), measure.n(reference)
    d1 = design_effect(n1, windows.recent_days, correlation)
    d0 = design_effect(n0, windows.reference_days, correlation)
    together = divide(divide(d1, n1, 0.0) + divide(d0, n0, 0.0), divide(1.0, n1, 0.0) + divide(1.0, n0, 0.0), 1.0)
    df = np.where(assumed, np.inf, degrees_of_freedom(used, together))
    z = normal_of_t(measure.z(recent, reference, (d1, d0)), df)
    compared = measure.compare(recent, reference)
    passes = measure.passes(compared.change, recent, reference, threshold)
    return Scan(n1, n0, compared, passes, z, (d1, d0), df, correlation, assumed)


@dataclass(frozen=True, slots=True)
class Screened:
    """What matters of a scan for its verdict: (..., lengths) each.

    enough : conversations on both sides; z : of the comparisons with enough and past the threshold, elsewhere minus infinity.
    change : of the comparisons with enough: relative, for the mix total variation; NaN elsewhere.
    """

    enough: NDArray[np.bool_]
    z: Array
    change: Array


def screen(measure: Measure, windows: Windows, threshold: float, fewest: int) -> Screened:
    """The evidence where there is enough of it and the threshold is passed: the rest of a scan decides nothing, and is not made.

    fewest : int, conversations needed on both sides.
    """
    enough = (measure.n(windows.recent) >= fewest) & (measure.n(windows.reference) >= fewest)
    change, z = np.full(enough.shape, np.nan), np.full(enough.shape, -np.inf)
    for some, judged in _judged(windows, enough):
        compared = measure.compare(judged.recent, judged.reference)
        change[some] = compared.change
        past = np.flatnonzero(measure.passes(compared.change, judged.recent, judged.reference, threshold) & enough[some])
        if len(past):
            z[tuple(it[past] for it in some)] = scan(measure, judged.take((past,)), threshold).z
    return Screened(enough, z, change)


def _judged(windows: Windows, enough: NDArray[np.bool_]) -> Iterator[tuple[tuple[Places, ...], Windows]]:
    """The comparisons with enough data, by place, so many at a time; those of a single check whole, which is quicker than to choose."""
    if enough.ndim == 1:
        if enough.any():
            yield (np.arange(len(enough)),), windows
        return
    picks = np.nonzero(enough)
    for start in range(0, len(picks[0]), _AT_ONCE):
        some = tuple(it[start : start + _AT_ONCE] for it in picks)
        yield some, windows.take(some)


def entry(alarms_per_quarter: float, conversations_a_day: float, lengths: int, references: int = 1) -> float:
    """The level that z must reach, for a budget of false alarms and a traffic.

    references : int, how many references each length is compared with: 2 while a former version's is one.

    >>> round(entry(0.5, 200, 17), 2)
    4.28
    """
    return entry_level(alarms_per_quarter, COMPARISONS * lengths * references, looks(conversations_a_day, FRESH_CONVERSATIONS))
