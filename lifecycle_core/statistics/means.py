"""Two means of a skewed quantity: evidence on the logarithms, the ratio of what is paid."""

from math import exp, inf, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.levels import normal_of_t

ALL_EVIDENCE: Final = 38.0
"""The deviate past which a double knows no chance any more: what two different constants give."""


def variance(n: ArrayLike, total: ArrayLike, squares: ArrayLike) -> Array:
    """The sample variance from sums: `(Σx² - (Σx)²/n) / (n - 1)`; 0 below two values.

    >>> float(variance(3, 6.0, 14.0))
    1.0
    """
    n, total, squares = (floats(it) for it in (n, total, squares))
    enough = n > 1
    return np.where(enough, np.maximum(0.0, squares - total**2 / np.where(enough, n, 1.0)) / np.where(enough, n - 1, 1.0), 0.0)


def welch(
    recent: tuple[ArrayLike, ArrayLike, ArrayLike],
    reference: tuple[ArrayLike, ArrayLike, ArrayLike],
    effects: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
) -> Array:
    """Welch's t of two means as a normal deviate: positive where the first lies above.

    recent, reference : each `n`, the sum and the sum of squares, broadcastable floats; of the logarithms for a skewed quantity.
    effects : the design effects that multiply each side's variance.

    Where neither side varies, equal means give 0 and different ones `ALL_EVIDENCE`, which any program can read.

    >>> float(welch((3, 9.0, 29.0), (3, 6.0, 14.0)).round(2))
    1.06

    References: Welch 1947; degrees of freedom: Satterthwaite 1946.
    """
    (n1, sum1, squares1), (n0, sum0, squares0) = (tuple(floats(it) for it in side) for side in (recent, reference))
    known = (n1 > 1) & (n0 > 1)
    n1, n0 = np.where(known, n1, 2.0), np.where(known, n0, 2.0)
    error1 = variance(n1, sum1, squares1) * floats(effects[0]) / n1
    error0 = variance(n0, sum0, squares0) * floats(effects[1]) / n0
    error = error1 + error0
    difference = sum1 / n1 - sum0 / n0
    varies = error > 1e-18  # noqa: PLR2004 - what rounding leaves of a constant
    safe = np.where(varies, error, 1.0)
    t = np.where(varies, difference / np.sqrt(safe), np.where(np.abs(difference) > 1e-9, np.copysign(ALL_EVIDENCE, difference), 0.0))  # noqa: PLR2004 - as above
    shape = error1**2 / (n1 - 1) + error0**2 / (n0 - 1)
    df = np.where(varies & (shape > 0), safe**2 / np.where(shape > 0, shape, 1.0), np.inf)
    return np.where(known, normal_of_t(t, df), 0.0)


def mean_ratio_interval(
    recent: tuple[float, float, float], reference: tuple[float, float, float], effects: tuple[float, float], critical: float
) -> tuple[float, float] | None:
    """The interval of the ratio of two arithmetic means: `exp(log ratio ± critical · sqrt(d1·cv1²/n1 + d0·cv0²/n0))`.

    recent, reference : each `n`, the mean and the mean of squares; effects : the design effects.
    The delta method on the logarithm, `cv` the coefficient of variation. None where a mean is 0.

    >>> low, high = mean_ratio_interval((100, 1.3, 2.69), (1000, 1.0, 2.0), (1.0, 1.0), 1.96)
    >>> round(low, 2), round(high, 2)
    (1.1, 1.53)

    References: Fieller 1954 says when not to; with 50 and more on both sides the two agree.
    """
    (n1, mean1, second1), (n0, mean0, second0) = recent, reference
    if not (n1 > 0 and n0 > 0 and mean1 > 0 and mean0 > 0):
        return None
    error = sqrt(effects[0] * max(0.0, second1 / mean1**2 - 1) / n1 + effects[1] * max(0.0, second0 / mean0**2 - 1) / n0)
    middle = log(mean1 / mean0)
    return exp(middle - critical * error), exp(middle + critical * error)


def relative_error_of_mean(n: float, m: float, total: float, squares: float) -> float:
    """The standard error of a mean over that mean: `sqrt((n/m · exp(s²) - 1) / n)`, where `m` of `n` values are not 0.

    total, squares : sums of the logarithms of those `m`, and of their squares; s² : their variance.
    Where only logarithms are kept, the spread is taken to be a lognormal's; infinite below two values.

    >>> round(relative_error_of_mean(100, 100, 0.0, 99.0), 3)
    0.131

    References: Aitchison 1955, the delta distribution.
    """
    if m < 2:  # noqa: PLR2004 - a spread needs two
        return inf
    spread = max(0.0, (squares - total**2 / m) / (m - 1))
    return sqrt((n / m * exp(min(spread, 50.0)) - 1) / n)
