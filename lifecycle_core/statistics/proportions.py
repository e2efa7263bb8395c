"""Two proportions: the evidence that they differ, and the ratio between them."""

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats, natural_log

_FINENESS = 48
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
    x1, n1, x0, n0, ratio = np.broadcast_arrays(*(floats(it) for it in (x1, n1, x0, n0, ratio)))
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

    The interval and the test can never disagree. The search narrows both ends together, to a millionth.

    >>> low, high = ratio_interval(65, 100, 750, 1000, 1.96)
    >>> round(low, 3), round(high, 3)
    (0.736, 0.991)
    """
    if not (n1 > 0 and x0 > 0):
        return None
    estimate = (x1 / n1) / (x0 / n0)
    reach = max(estimate, 1 / n1 / (x0 / n0))
    steps = np.linspace(0.0, 1.0, _FINENESS + 1)
    low, high = (reach * 1e-4, estimate), (reach if estimate == 0 else estimate, reach * 1e4)
    for _ in range(_ROUNDS):
        low, high = (_narrow(ends, steps, level, (x1, n1, x0, n0)) for ends, level in ((low, critical), (high, -critical)))
    return (0.0 if x1 == 0 else low[0], high[1])


def _narrow(ends: tuple[float, float], steps: Array, level: float, data: tuple[float, float, float, float]) -> tuple[float, float]:
    if ends[0] <= 0 or ends[0] >= ends[1]:
        return ends
    ratios = ends[0] * (ends[1] / ends[0]) ** steps
    above = np.flatnonzero(signed_root(*data, ratios) >= level)
    place = min(int(above[-1]) if len(above) else 0, len(ratios) - 2)
    return float(ratios[place]), float(ratios[place + 1])
