"""The broken gate: how many scenarios the candidate breaks, in excess of what the incumbent would break of itself.

1. A scenario is broken where the incumbent succeeds in at least 3/4 of its replays and the candidate in at most 1/4.
2. Chance alone breaks some: the floor is how often one set of the incumbent's replays has 3/4 and another set 1/4.
3. With two replays and more a beta-binomial, fitted to the incumbent's own counts, tells the floor; scenarios that the
   incumbent served twice check it.
4. With single replays only scenarios served twice can tell it. Without any, the gate is not judged.
"""

from collections import Counter
from dataclasses import dataclass
from math import ceil, comb, floor, log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lifecycle_core.retraining.shadow import Pairs
from lifecycle_core.statistics.arrays import Array, divide, floats
from lifecycle_core.statistics.intervals import critical, difference_interval, wilson

SERVES: Final = 0.75
FAILS: Final = 0.25
FEWEST_TWICE: Final = 10
"""Scenarios served twice, below which single replays have no floor."""
DOUBT: Final = critical(0.99)
"""How far apart the fitted and the measured floor must be for neither to be believed."""

_MOST_CORRELATED: Final = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference rate at (..., looks).

    value, low, high : share of scenarios broken in excess of the floor, with its 95% interval; nan where there is no floor.
    share, floor : what the excess is the difference of.
    measured : the floor as scenarios served twice show it; nan where none was.
    """

    value: Array
    low: Array
    high: Array
    share: Array
    floor: Array
    measured: Array


def is_broken(a: ArrayLike, m: ArrayLike, b: ArrayLike, m_b: ArrayLike) -> NDArray[np.bool_]:
    """Whether `a` of `m` replays succeed in at least 3/4 and `b` of `m_b` in at most 1/4; broadcastable floats, nan is no.

    >>> is_broken([3, 3, 2, 1], [4, 4, 4, 1], [1, 2, 0, 0], [4, 4, 4, 1]).tolist()
    [True, False, False, True]
    """
    return (floats(a) >= SERVES * floats(m)) & (floats(b) <= FAILS * floats(m_b))


def chance_floor(rate: ArrayLike, correlation: ArrayLike, m: int, m_b: int) -> Array:
    """The probability that one of two sets of replays of one scenario succeeds in 3/4, and the other in 1/4, at most.

    rate, correlation : broadcastable floats, of the beta-binomial: the mean success, and how alike replays of one scenario are.
    m, m_b : replays of the first set and of the second. -> float.

    >>> chance_floor(0.75, [0.0, 0.387, 0.733], 4, 4).round(3).tolist()
    [0.037, 0.026, 0.011]

    References: Skellam 1948.
    """
    rate, rho = floats(rate), np.minimum(floats(correlation), _MOST_CORRELATED)
    rate = np.where((rate > 0) & (rate < 1), rate, 0.5)
    won = _rising(rate * (1 - rho), rho, m + m_b)
    lost = _rising((1 - rate) * (1 - rho), rho, m + m_b)
    every = _rising(1 - rho, rho, m + m_b)[-1]
    total = np.zeros(np.broadcast_shapes(rate.shape, rho.shape))
    for successes, ways in _ways(m, m_b).items():
        total += np.exp(log(ways) + won[successes] + lost[m + m_b - successes] - every)
    return total


def _rising(start: Array, step: Array, count: int) -> Array:
    """The logarithms of the products of the first 0, 1, ... `count` of `start`, `start + step`, ...: (...) each -> (count + 1, ...)."""
    terms = [np.log(start + place * step) for place in range(count)]
    return np.cumsum([np.zeros(np.broadcast_shapes(start.shape, step.shape)), *terms], axis=0)


def _ways(m: int, m_b: int) -> dict[int, int]:
    """In how many ways two sets succeed so often together, with one at 3/4 at least and the other at 1/4 at most."""
    found: Counter[int] = Counter()
    for x in range(ceil(SERVES * m), m + 1):
        for y in range(floor(FAILS * m_b) + 1):
            found[x + y] += comb(m, x) * comb(m_b, y)
    return found


def difference_at(pairs: Pairs, looks: NDArray[np.int64], z: float) -> Difference:
    """The difference rate after each of (looks,) numbers of samples, with intervals as wide as `z` says."""
    broken = _at(is_broken(pairs.a, pairs.m, pairs.b, pairs.m_candidate), looks)
    share = broken / looks
    twice = _at(np.isfinite(pairs.again), looks)
    turned = is_broken(pairs.again, pairs.m_again, pairs.a, pairs.m)
    either = _at(is_broken(pairs.a, pairs.m, pairs.again, pairs.m_again), looks) + _at(turned, looks)
    measured = divide(either, 2 * twice)
    fitted = _fitted(pairs, looks)
    single = ~np.isfinite(fitted)
    doubtful_low, doubtful_high = wilson(either, 2 * twice, DOUBT)
    checked = (fitted >= doubtful_low) & (fitted <= doubtful_high)
    floor = np.where(single, np.where(twice >= FEWEST_TWICE, measured, np.nan), np.where(checked, fitted, np.nan))
    floor_low, floor_high = wilson(either, 2 * twice, z)
    known = floor, np.where(single, floor_low, floor), np.where(single, floor_high, floor)
    low, high = difference_interval((share, *wilson(broken, looks, z)), known)
    return Difference(share - floor, low, high, share, floor, measured)


def disagreement_at(pairs: Pairs, looks: NDArray[np.int64]) -> Array:
    """How often two replays of the incumbent on one scenario disagree: `2·mean of x(m - x)/(m(m - 1))`; nan for single replays."""
    several = pairs.m > 1
    pooled = divide(pairs.a * (pairs.m - pairs.a), np.where(several, pairs.m * (pairs.m - 1), 0.0), 0.0)
    return divide(2 * _at(pooled, looks), _at(several, looks))


def _fitted(pairs: Pairs, looks: NDArray[np.int64]) -> Array:
    """The floor of a beta-binomial with the incumbent's mean and disagreement, over the sizes of sets that occur."""
    rate = _at(pairs.rate, looks) / looks
    disagreement = disagreement_at(pairs, looks)
    correlation = np.clip(1 - divide(disagreement, 2 * rate * (1 - rate), 0.0), 0.0, 1.0)
    mixed = (rate > 0) & (rate < 1)
    floor = np.zeros(rate.shape)
    most = int(pairs.m_candidate.max()) + 1
    sizes = np.flatnonzero(np.bincount((pairs.m * most + pairs.m_candidate).astype(int).ravel()))
    for m, m_b in (divmod(size, most) for size in sizes.tolist()):
        part = _at((pairs.m == m) & (pairs.m_candidate == m_b), looks) / looks
        floor += part * np.where(mixed, chance_floor(rate, correlation, m, m_b), 0.0)
    return np.where(np.isfinite(disagreement), floor, np.nan)


def _at(values: ArrayLike, looks: NDArray[np.int64]) -> Array:
    """The sum of the first n values, for each n: (..., samples) -> (..., looks)."""
    sums: Array = np.cumsum(floats(values), axis=-1)[..., looks - 1]
    return sums
