"""Intervals: of a share, of a mean, of the ratio of two paired means; each from sums that add."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats


def critical(confidence: float) -> float:
    """The normal deviate whose interval, both sides together, holds the truth with probability `confidence`.

    >>> round(critical(0.95), 2), round(critical(0.90), 3)
    (1.96, 1.645)
    """
    return NormalDist().inv_cdf((1 + confidence) / 2)


def wilson(x: ArrayLike, n: ArrayLike, z: float) -> tuple[Array, Array]:
    """The interval of a share: `(p̂ + z²/2n ± z·sqrt(p̂(1 - p̂)/n + z²/4n²)) / (1 + z²/n)`; [0, 1] without trials.

    x, n : broadcastable floats, successes and trials; they need not be whole. z : float, as far out as `critical` says.
    One end alone is a one-sided limit, at the confidence of that side.

    >>> [round(float(it), 2) for it in wilson(8, 10, critical(0.95))]
    [0.49, 0.94]

    References: Wilson 1927.
    """
    x, n = floats(x), floats(n)
    p = divide(x, n, 0.0)
    part = divide(z**2, n, 0.0)
    middle = (p + part / 2) / (1 + part)
    reach = np.sqrt(np.maximum(0.0, p * (1 - p)) * part + part**2 / 4) / (1 + part)
    known = n > 0
    return np.where(known, np.clip(middle - reach, 0.0, 1.0), 0.0), np.where(known, np.clip(middle + reach, 0.0, 1.0), 1.0)


def mean_interval(n: ArrayLike, total: ArrayLike, squares: ArrayLike, z: float) -> tuple[Array, Array]:
    """The interval of a mean: `mean ± z·s/sqrt(n)`; unknown (nan) below two observations.

    n, total, squares : broadcastable floats, observations, their sum, the sum of their squares.

    >>> [round(float(it), 3) for it in mean_interval(4, 2.0, 2.0, 1.96)]
    [-0.066, 1.066]
    """
    n, total = floats(n), floats(total)
    mean = divide(total, n)
    error = np.sqrt(divide(_scatter(n, total, total, squares), n * (n - 1)))
    return mean - z * error, mean + z * error


def paired_ratio_interval(  # noqa: PLR0917 - the five sums of a pair
    n: ArrayLike, a: ArrayLike, b: ArrayLike, aa: ArrayLike, bb: ArrayLike, ab: ArrayLike, z: float
) -> tuple[Array, Array]:
    """The interval of `mean(b) / mean(a)` over pairs, by the delta method on its logarithm; nan where either mean is 0.

    n, a, b, aa, bb, ab : broadcastable floats, pairs, sums of each side, of their squares, of their products.
    What both sides share, such as how hard a scenario is, cancels as far as it hangs together.

    >>> low, high = paired_ratio_interval(3, 6.0, 7.0, 14.0, 17.0, 15.0, 1.96)
    >>> round(float(low), 3), round(float(high), 3)
    (0.82, 1.659)

    References: Cox 1990; Fay and Fay 1995, ratios of means.
    """
    n, a, b = floats(n), floats(a), floats(b)
    spread_a, spread_b, together = _scatter(n, a, a, aa), _scatter(n, b, b, bb), _scatter(n, a, b, ab)
    relative = divide(spread_a, a**2) + divide(spread_b, b**2) - 2 * divide(together, a * b)
    error = np.sqrt(np.maximum(0.0, relative) * divide(n, n - 1))
    ratio = divide(b, a)
    return ratio * np.exp(-z * error), ratio * np.exp(z * error)


def _scatter(n: Array, a: Array, b: Array, ab: ArrayLike) -> Array:
    """The sum of products of deviations; what rounding leaves of a constant is nothing."""
    products = floats(ab)
    scatter: Array = products - divide(a * b, n, 0.0)
    return np.where(np.abs(scatter) > 1e-12 * np.abs(products), scatter, 0.0)


def difference_interval(first: tuple[Array, Array, Array], second: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """The interval of the difference of two independent figures, from the interval of each.

    first, second : the estimate, its low and its high end, broadcastable floats.

    >>> low, high = difference_interval((floats(0.10), floats(0.06), floats(0.16)), (floats(0.02), floats(0.02), floats(0.02)))
    >>> round(float(low), 2), round(float(high), 2)
    (0.04, 0.14)

    References: Newcombe 1998, method 10.
    """
    (p, p_low, p_high), (q, q_low, q_high) = first, second
    below = np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    above = np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return p - q - below, p - q + above
