"""The scale on which all evidence is judged: normal deviates, and the level that pays for looking often."""

from math import erfc, exp, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats

MOST_LOOKS: Final = 546
"""Looks in a quarter of 2,184 hours that tell something new: one in four hours."""
DAYS_A_QUARTER: Final = 91


def looks(a_day: float, each: float) -> float:
    """The looks of a quarter that tell something new: `min(546, 91·a_day/each)`, and at least 1.

    a_day : float, observations a day; each : float, how many of them make a look worth counting.

    >>> looks(60, 40)
    136.5
    """
    return max(1.0, min(float(MOST_LOOKS), DAYS_A_QUARTER * a_day / each))


def entry_level(alarms: float, comparisons: int, looks: float) -> float:
    """The z that evidence must reach: `Φ⁻¹(1 - alarms / (comparisons · looks))`.

    alarms : float, false alarms allowed a quarter; comparisons : int, made at each look.
    Bonferroni's form with an effective number of looks.

    >>> round(entry_level(0.5, 7 * 17, looks(50, 40)), 2)
    3.96

    References: Lai 1998, window-limited scans.
    """
    return -NormalDist().inv_cdf(min(0.5, alarms / (comparisons * looks)))


def normal_of_t(t: ArrayLike, df: ArrayLike) -> Array:
    """The normal deviate as far out as `t` is on `df` degrees of freedom: `(8df+1)/(8df+3) · sqrt(df·log(1 + t²/df))`, with t's sign.

    t, df : broadcastable floats; an infinite `df` leaves `t` as it is.

    >>> float(normal_of_t(4.0, 20).round(3))
    3.387

    References: Wallace 1959.
    """
    t, df = np.broadcast_arrays(floats(t), floats(df))
    known = np.isfinite(df)
    f = np.where(known, df, 1.0)
    z = (8 * f + 1) / (8 * f + 3) * np.sqrt(f * np.log1p(t**2 / f))
    return np.where(known, np.copysign(z, t), t)


def t_of_normal(z: float, df: float) -> float:
    """The t on `df` degrees of freedom as far out as the normal deviate `z`: `normal_of_t` inverted.

    >>> round(t_of_normal(1.96, 20), 3)
    2.086
    """
    if not np.isfinite(df):
        return z
    reach = (z * (8 * df + 3) / (8 * df + 1)) ** 2 / df
    return float(np.copysign(sqrt(df * (exp(min(reach, 700.0)) - 1)), z))


def normal_of_chi_squared(x: ArrayLike, df: ArrayLike) -> Array:
    """The normal deviate with the same upper tail as `x` of χ² on `df` degrees of freedom, which need not be whole: `r + log(q/r)/r`.

    `r` is the signed root of the gamma's likelihood ratio, `r² = x - df - df·log(x/df)`, and `q = (x - df)/sqrt(2·df)`.
    It is good at any distance: too small by at most .02 for one degree of freedom, .01 for two and more.
    Without a degree of freedom (`df` = 0) there is no evidence: 0.

    >>> normal_of_chi_squared([7.815, 60.0], 3).round(2).tolist()
    [1.64, 7.1]

    References: Lugannani and Rice 1980; Barndorff-Nielsen 1986.
    """
    x, df = np.broadcast_arrays(floats(x), floats(df))
    usable = (df > 0) & (x >= 0)
    f = np.where(usable, df, 1.0)
    ratio = np.maximum(np.where(usable, x, 1.0) / f, 1e-12)
    r = np.copysign(np.sqrt(np.maximum(0.0, f * (ratio - 1 - np.log(ratio)))), ratio - 1)
    q = (ratio - 1) * np.sqrt(f / 2)
    away = np.abs(r) > 1e-4  # noqa: PLR2004 - nearer to the mean 0/0 takes its limit
    quotient = np.where(away, q, 1.0) / np.where(away, r, 1.0)
    z = r + np.where(away, np.log(quotient) / np.where(away, r, 1.0), np.sqrt(2 / f) / 3)
    return np.where(usable, z, 0.0)


def chi_squared_tail(x: float, df: int) -> float:
    """The probability that χ² on a whole number of degrees of freedom exceeds `x`.

    >>> round(chi_squared_tail(9.488, 4), 4), round(chi_squared_tail(7.815, 3), 4)
    (0.05, 0.05)

    References: Abramowitz and Stegun 1964, 26.4.4 and 26.4.5.
    """
    if df < 1 or x <= 0:
        return 1.0
    half = x / 2
    exponents = [(df % 2) / 2 + step for step in range(df // 2)]
    start = erfc(sqrt(half)) if df % 2 else 0.0
    return start + sum(exp(it * log(half) - half - lgamma(it + 1)) for it in exponents)
