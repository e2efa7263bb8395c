"""Two proportions: the evidence that they differ, and the ratio between them."""

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats, natural_log

_STEPS = np.linspace(0.0, 1.0, 65)
_ROUNDS = 3


def signed_root(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, ratio: ArrayLike = 1.0) -> Array:
    """The signed root of the likelihood ratio of `p1 = ratio · p0`: positive where `x1/n1` lies above.

    x1 of n1, x0 of n0 : broadcastable floats, successes and trials; they need not be whole.
    ratio : broadcastable float > 0; 1 asks for no change.

    It holds its size where a detector lives, at one in 100,000, and is defined for no success and for nothing but successes.
    A side without trials gives 0.

    >>> float(signed_root(65, 100, 750, 1000).round(3))
    -2.114
    >>> signed_root([0, 50], 50, 500, 1000).round(1).tolist()
    [-8.2, 8.2]

    References: Wilks 1938; the restricted estimate: Miettinen and Nurminen 1985, Farrington and Manning 1990.
    """
    x1, n1, x0, n0, ratio = (floats(it) for it in (x1, n1, x0, n0, ratio))
    known = (n1 > 0) & (n0 > 0)
    n1, n0 = np.where(known, n1, 1.0), np.where(known, n0, 1.0)
    p1, p0 = x1 / n1, x0 / n0
    a = ratio * (n1 + n0)
    b = (1 + ratio) * (x1 + x0) + ratio * (n1 - x1) + (n0 - x0)
    c = x1 + x0
    p = 2 * c / (b + np.sqrt(np.maximum(0.0, b**2 - 4 * a * c)))  # the smaller root, in the form that does not cancel
    free = _log_likelihood(x1, n1, p1) + _log_likelihood(x0, n0, p0)
    bound = _log_likelihood(x1, n1, np.minimum(1.0, ratio * p)) + _log_likelihood(x0, n0, np.minimum(1.0, p))
    z = np.copysign(np.sqrt(2 * np.maximum(0.0, free - bound)), p1 - ratio * p0)
    return np.where(known, z, 0.0)


def _log_likelihood(x: Array, n: Array, p: Array) -> Array:
    return x * natural_log(p) + (n - x) * natural_log(1 - p)


def ratio_intervals(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, critical: ArrayLike) -> tuple[Array, Array]:
    """The ratios `p1/p0` that `signed_root` does not place past `critical`: the low and the high end, (c,) float each.

    x1, n1, x0, n0, critical : (c,) float. NaN without a trial in the first or a success in the second.

    The interval and the test can never disagree. The search narrows both ends together, to one in 20,000.

    >>> low, high = ratio_intervals([65.0], [100.0], [750.0], [1000.0], [1.96])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.736], [0.991])
    """
    x1, n1, x0, n0, critical = (floats(it) for it in (x1, n1, x0, n0, critical))
    known = (n1 > 0) & (x0 > 0) & (n0 > 0)
    n1, x0, n0 = (np.where(known, it, 1.0) for it in (n1, x0, n0))
    p0 = x0 / n0
    estimate, reach = x1 / n1 / p0, np.maximum(x1, 1) / n1 / p0
    least = np.log(reach * 1e-4)
    begin, end = np.stack([least, np.log(np.maximum(estimate, reach * 1e-4))]), np.stack([np.log(reach), np.log(reach * 1e4)])
    level = np.stack([critical, -critical])[..., None]
    for _ in range(_ROUNDS):
        ratios = begin[..., None] + (end - begin)[..., None] * _STEPS
        above = signed_root(x1[:, None], n1[:, None], x0[:, None], n0[:, None], np.exp(ratios)) >= level
        place = np.clip(above.sum(axis=-1) - 1, 0, len(_STEPS) - 2)[..., None]
        begin, end = (np.take_along_axis(ratios, place + step, axis=-1)[..., 0] for step in (0, 1))
    low, high = np.exp((begin + end) / 2)
    return np.where(known, np.where(x1 == 0, 0.0, low), np.nan), np.where(known, high, np.nan)


def ratio_interval(x1: float, n1: float, x0: float, n0: float, critical: float) -> tuple[float, float] | None:
    """The interval of one ratio, as of `ratio_intervals`; None without a success in the second.

    >>> low, high = ratio_interval(65, 100, 750, 1000, 1.96)
    >>> round(low, 3), round(high, 3)
    (0.736, 0.991)
    """
    low, high = ratio_intervals([x1], [n1], [x0], [n0], [critical])
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))
