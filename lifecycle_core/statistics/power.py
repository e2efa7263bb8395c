"""What evidence a change may be expected to give: the deviate of each test at its expected figures."""

from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats
from lifecycle_core.statistics.days import cluster_scatter
from lifecycle_core.statistics.levels import normal_of_chi_squared
from lifecycle_core.statistics.proportions import signed_root

Sizes = tuple[ArrayLike, ArrayLike]
"""Effective observations of the recent and of the reference window: counts over their design effects, broadcastable floats."""


def rate_deviate(recent: float, reference: float, sizes: Sizes, ratio: float = 1.0) -> Array:
    """The signed root to be expected where a rate goes from `reference` to `recent`, of the hypothesis that their ratio is `ratio`.

    >>> float(rate_deviate(0.65, 0.75, (100, 1000)).round(2))
    -2.11

    References: Self, Mauritsen and Ohara 1992, the likelihood ratio at expected counts.
    """
    n1, n0 = (floats(it) for it in sizes)
    return signed_root(recent * n1, n1, reference * n0, n0, ratio)


def shift_deviate(shift: float, sd: float, sizes: Sizes) -> Array:
    """Welch's deviate to be expected where a mean shifts and the spread stays: `shift / (sd · sqrt(1/n1 + 1/n0))`; 0 without a spread.

    >>> float(shift_deviate(0.3, 0.8, (100, 1000)).round(2))
    3.58
    """
    return divide(shift, sd * _error(sizes), 0.0)


def rank_deviate(shift: float, sd: float, sizes: Sizes) -> Array:
    """Mann and Whitney's to be expected where a normal figure shifts: `(Φ(shift/(sd·√2)) - ½) / sqrt((1/n1 + 1/n0)/12)`.

    >>> float(rank_deviate(0.3, 0.8, (100, 1000)).round(2))
    3.45

    References: Noether 1987.
    """
    chance = NormalDist().cdf(shift / (sd * sqrt(2))) if sd > 0 else 0.5
    return (chance - 0.5) / (_error(sizes) / sqrt(12))


def mix_deviate(distance: float, categories: int, sizes: Sizes) -> Array:
    """That of the likelihood ratio of two mixes a total variation of `distance` apart, shared out as the categories are used.

    sizes : effective single calls. No change of this distance is harder to see: `Σ Δ²/p >= (Σ|Δ|)² / Σ p = 4·distance²`.
    The expected statistic is `categories - 1` above that over `1/m1 + 1/m0`.

    >>> float(mix_deviate(0.2, 4, (100, 1000)).round(2))
    3.26

    References: Cohen 1988, the noncentral χ² of a table.
    """
    df = categories - 1
    return normal_of_chi_squared(df + 4 * distance**2 / _error(sizes) ** 2, df)


def independent_calls(calls: ArrayLike, products: ArrayLike, conversations: float) -> float:
    """How many calls made alone tell as much of the mix as one conversation, whose calls hang together; 0 without two categories.

    calls : (k,) float, calls by category; products : (k, k) float, sums over conversations of `a_i · a_j`.

    >>> twice = np.array([6.0, 4.0]), np.diag([12.0, 8.0])  # five conversations say the same thing twice
    >>> independent_calls(*twice, 5)
    1.0

    References: Rao and Scott 1981, the mean design effect.
    """
    calls = floats(calls)
    used = calls > 0
    total, df = float(calls.sum()), int(used.sum()) - 1
    if df < 1 or conversations <= 0:
        return 0.0
    p = calls[used] / total
    scatter = cluster_scatter(floats(products)[np.ix_(used, used)], p)
    effect = float((scatter.diagonal() / p).sum()) / total / df
    return total / conversations / effect if effect > 0 else 0.0


def _error(sizes: Sizes) -> Array:
    n1, n0 = (floats(it) for it in sizes)
    return np.sqrt(divide(1.0, n1, np.inf) + divide(1.0, n0, np.inf))
