"""Two proportions: the evidence that they differ, and the ratio between them."""

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats, natural_log

_STEPS = np.linspace(0.0, 1.0, 33)
_ROUNDS = 4


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


def ratio_interval(x1: float, n1: float, x0: float, n0: float, critical: float) -> tuple[float, float] | None:
    """The ratios `p1/p0` that `signed_root` does not place past `critical`; None without a success in the second.

    The interval and the test can never disagree. The search narrows both ends together, to one in 20,000.

    >>> low, high = ratio_interval(65, 100, 750, 1000, 1.96)
    >>> round(low, 3), round(high, 3)
    (0.736, 0.991)
    """
    if not (n1 > 0 and x0 > 0):
        return None
    estimate = (x1 / n1) / (x0 / n0)
    reach = max(estimate, 1 / n1 / (x0 / n0))
    ends = np.log([[reach * 1e-4, reach], [max(estimate, reach * 1e-4), reach * 1e4]])
    for _ in range(_ROUNDS):
        ratios = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * _STEPS
        above = signed_root(x1, n1, x0, n0, np.exp(ratios)) >= [[critical], [-critical]]
        places = np.clip(above.sum(axis=1) - 1, 0, len(_STEPS) - 2)
        ends = np.stack([ratios[(0, 1), places], ratios[(0, 1), places + 1]], axis=1)
    low, high = np.exp(ends.mean(axis=1)).tolist()
    return (0.0 if x1 == 0 else low, high)
