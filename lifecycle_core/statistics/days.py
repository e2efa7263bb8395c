"""How much whole days differ on healthy traffic, and what that leaves of a window's evidence."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats

ROUNDING: Final = 1e-12
"""What rounding may leave of the variance of a constant."""


def day_correlation(chi_squared: ArrayLike, n: ArrayLike) -> Array:
    """The correlation of two conversations of one day: `max(0, (X² - df) / (Σn - Σn²/Σn - df))`, `df` one less than the days.

    chi_squared : (...,) float, Pearson's statistic of the days, per degree of freedom of a day's figure.
    n : (..., days) float, conversations of each day; empty days count for nothing.

    Method of moments. Without two days, or with one conversation in each, it is 0.

    >>> float(day_correlation(30.0, [100.0] * 21).round(4))
    0.0051

    References: Williams 1982; in the form of an analysis of variance: Donner 1986.
    """
    n = floats(n)
    total = n.sum(axis=-1)
    df = days_used(n) - 1
    room = total - (n**2).sum(axis=-1) / np.maximum(total, 1.0) - df
    return np.clip(divide(floats(chi_squared) - df, np.where(df > 0, room, 0.0), 0.0), 0.0, 1.0)


def days_used(n: ArrayLike) -> Array:
    """The days that hold a conversation: (..., days) float -> (...,) float.

    >>> float(days_used([3, 0, 5]))
    2.0
    """
    return floats((floats(n) > 0).sum(axis=-1))


def chi_squared_of_counts(x: ArrayLike, n: ArrayLike) -> Array:
    """Pearson's statistic of day totals: `Σ (x - n·p̂)² / (n·p̂·(1 - p̂))`, 0 where all succeed or none.

    x, n : (..., days) float, successes and trials of each day.

    >>> float(chi_squared_of_counts([60, 40], [100, 100]).round(2))
    8.0
    """
    x, n = floats(x), floats(n)
    p = (x.sum(axis=-1) / np.maximum(n.sum(axis=-1), 1.0))[..., None]
    return floats(divide((x - n * p) ** 2, n * p * (1 - p), 0.0).sum(axis=-1))


def chi_squared_of_means(n: ArrayLike, total: ArrayLike, squares: ArrayLike) -> Array:
    """The same of day means: `Σ n·(mean - grand mean)² / s²`, `s²` the variance over all days.

    n, total, squares : (..., days) float, observations of each day, their sum, the sum of their squares.

    >>> float(chi_squared_of_means([2, 2], [2.0, 6.0], [4.0, 20.0]).round(2))
    2.0
    """
    n, total, squares = (floats(it) for it in (n, total, squares))
    n_all = np.maximum(n.sum(axis=-1), 1.0)
    grand = (total.sum(axis=-1) / n_all)[..., None]
    variance = squares.sum(axis=-1) / n_all - grand[..., 0] ** 2
    between = divide((total - n * grand) ** 2, n, 0.0).sum(axis=-1)
    return divide(between, np.where(variance > ROUNDING, variance, 0.0), 0.0)


def chi_squared_of_mixes(calls: ArrayLike, products: ArrayLike) -> Array:
    """The same of day mixes, per degree of freedom: `Σ_d Σ_j (a_dj - m_d·p̂_j)² / (m_d·p̂_j)`, over `(k - 1)` and the mean design effect.

    calls : (..., days, k) float, calls by action of each day; products : (..., days, k, k) float, sums over conversations of `a_i · a_j`.
    A conversation's calls hang together; the mean design effect says how much, so that what is left is the days'.

    >>> float(chi_squared_of_mixes([[8, 2], [2, 8]], [[[8, 0], [0, 2]], [[2, 0], [0, 8]]]).round(2))
    7.2

    References: Rao and Scott 1981.
    """
    calls, products = floats(calls), floats(products)
    m = calls.sum(axis=-1)
    all_calls = calls.sum(axis=-2)
    all_m = np.maximum(m.sum(axis=-1), 1.0)
    p = all_calls / all_m[..., None]
    expected = m[..., None] * p[..., None, :]
    between = divide((calls - expected) ** 2, expected, 0.0).sum(axis=(-1, -2))
    clustered = np.einsum("...ii->...i", cluster_scatter(products.sum(axis=-3), p))
    return divide(between, divide(clustered, p, 0.0).sum(axis=-1) / all_m, 0.0)


def cluster_scatter(products: Array, p: Array) -> Array:
    """The scatter of conversations around a mix: `Σ (a - m·p)(a - m·p)ᵀ`, from the sums of products alone.

    products : (..., k, k) float, sums over conversations of `a_i · a_j`; p : (..., k) float, shares that add up to 1; -> (..., k, k) float.

    >>> cluster_scatter(np.array([[4.0, 0.0], [0.0, 4.0]]), np.array([0.5, 0.5])).tolist()
    [[2.0, -2.0], [-2.0, 2.0]]
    """
    by_size = products.sum(axis=-1)
    squares = by_size.sum(axis=-1)[..., None, None]
    outer = by_size[..., :, None] * p[..., None, :]
    scatter: Array = products - outer - np.swapaxes(outer, -1, -2) + squares * p[..., :, None] * p[..., None, :]
    return scatter


def design_effect(n: ArrayLike, days: ArrayLike, correlation: ArrayLike) -> Array:
    """How many conversations of such days tell as much as one alone: `1 + (n/days - 1) · rho`, at least 1.

    n, days, correlation : broadcastable floats; a window shorter than a day is one day.

    >>> float(design_effect(1000, 1, 0.01))
    10.99

    References: Kish 1965; counts divided by it: Rao and Scott 1992.
    """
    per_day = floats(n) / np.maximum(1.0, floats(days))
    return 1 + np.maximum(0.0, per_day - 1) * floats(correlation)


def degrees_of_freedom(days: ArrayLike, effect: ArrayLike) -> Array:
    """The degrees of freedom of a z whose day correlation was learnt: `(days - 1) · (d/(d - 1))²`; infinite where days do not differ.

    days : broadcastable float, the days that taught it; effect : broadcastable float, the design effect `d`.

    >>> degrees_of_freedom(21, [1.0, 2.0]).tolist()
    [inf, 80.0]

    References: Satterthwaite 1946.
    """
    effect = floats(effect)
    return np.maximum(1.0, floats(days) - 1) * divide(effect, effect - 1, np.inf) ** 2
