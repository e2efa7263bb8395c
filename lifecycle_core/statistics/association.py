"""A sign and an outcome: how much more often failures show the sign than successes do, and the evidence for it."""

from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lifecycle_core.statistics.arrays import Array, divide, floats

_HALF = 0.5
_TIE = 1 + 1e-7
"""Tables as likely as the one seen, up to rounding, count as no likelier."""


def lift(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike) -> Array:
    """The ratio of two shares, `(x1/n1) / (x0/n0)`: 1 where the sign says nothing.

    x1 of n1 failures and x0 of n0 successes show the sign : broadcastable whole numbers.
    Where a side shows it never, or always on both, half a conversation is added to each count, so that the ratio is finite.
    A side without conversations gives 1.

    >>> lift([40, 30, 5], 100, [40, 10, 0], 100).round(2).tolist()
    [1.0, 3.0, 11.0]

    References: Walter 1975.
    """
    (x1, n1, x0, n0), known = _corrected(x1, n1, x0, n0)
    return np.where(known, divide(x1 * n0, x0 * n1, 1.0), 1.0)


def lift_interval(
    x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, *, critical: float = 1.959964, effect: ArrayLike = 1.0
) -> tuple[Array, Array]:
    """The interval of `lift` on the logarithmic scale: `log lift ± critical · sqrt(effect · (1/x1 - 1/n1 + 1/x0 - 1/n0))`.

    effect : the design effect of conversations that hang together, 1 where each stands for itself.
    A side without conversations gives (0, inf).

    >>> low, high = lift_interval(30, 100, 10, 100)
    >>> round(float(low), 2), round(float(high), 2)
    (1.55, 5.8)

    References: Katz, Baptista, Azen and Pike 1978.
    """
    (a, n1, b, n0), known = _corrected(x1, n1, x0, n0)
    spread = np.sqrt(floats(effect) * np.maximum(0.0, 1 / a - 1 / n1 + 1 / b - 1 / n0))
    middle = np.log(a * n0 / (b * n1))
    return (
        np.where(known, np.exp(middle - critical * spread), 0.0),
        np.where(known, np.exp(middle + critical * spread), np.inf),
    )


def fisher_exact(x1: ArrayLike, n1: int, x0: ArrayLike, n0: int) -> Array:
    """The two-sided p of Fisher's exact test: the chance of a table no likelier than the one seen, its margins being given.

    x1, x0 : (k,) whole numbers, how many of n1 and of n0 conversations show each sign. A side without conversations gives 1.

    >>> fisher_exact([8, 5], 10, [1, 5], 10).round(4).tolist()
    [0.0055, 1.0]

    References: Fisher 1934; the two-sided rule: Irwin 1935.
    """
    seen, total = np.broadcast_arrays(np.atleast_1d(x1).astype(np.int64), np.atleast_1d(x1).astype(np.int64) + np.atleast_1d(x0))
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n1 + n0 + 1)))])
    p = np.ones(seen.shape)
    for shown in np.unique(total):
        here = total == shown
        low, high = max(0, int(shown) - n0), min(n1, int(shown))
        k = np.arange(low, high + 1)
        chance = np.exp(_log_choose(logs, n1, k) + _log_choose(logs, n0, shown - k) - _log_choose(logs, n1 + n0, shown))
        ordered = np.sort(chance)
        upto = np.concatenate([[0.0], np.cumsum(ordered)])
        p[here] = upto[np.searchsorted(ordered, chance[seen[here] - low] * _TIE, side="right")]
    return np.minimum(1.0, p)


def clustered_p(x1: ArrayLike, n1: int, x0: ArrayLike, n0: int, effect: ArrayLike = 1.0) -> Array:
    """The two-sided p of a lift of 1: Fisher's, or where conversations hang together that of `lift_interval` if it is larger.

    x1, x0 : (k,) whole numbers; effect : (k,) float from 1, the design effects.

    Fisher's test takes each conversation for an independent one. Of outcomes dealt at random to the 114 tasks of a real log, ten
    conversations each, taking each for one finds some sign in 46 of 100 deals; so allowed for, in 3.

    >>> clustered_p([30], 100, [10], 100, [1.0]).round(4).tolist(), clustered_p([30], 100, [10], 100, [4.0]).round(2).tolist()
    ([0.0007], [0.1])

    References: Rao and Scott 1992.
    """
    effect = floats(effect)
    low, high = lift_interval(x1, n1, x0, n0, critical=1.0, effect=effect)
    middle, width = (
        np.log(floats(lift(x1, n1, x0, n0))),
        np.log(np.where(np.isfinite(high), high, 1.0)) - np.log(np.where(low > 0, low, 1.0)),
    )
    z = np.atleast_1d(divide(2 * np.abs(middle), width, 0.0))
    by_interval = np.array([erfc(it / sqrt(2)) for it in z.tolist()])
    exact = fisher_exact(x1, n1, x0, n0)
    return np.where(effect > 1, np.maximum(exact, by_interval), exact)


def benjamini_hochberg(p: ArrayLike) -> Array:
    """The q of each p: the smallest share of false discoveries at which it would still be kept.

    p : (k,) float. `q_(i) = min over j >= i of p_(j) · k / j`, in the order of the p. With independent tests, or ones that hang
    together positively, at most a share q of what is kept at q is expected to be false.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]

    References: Benjamini and Hochberg 1995; Benjamini and Yekutieli 2001.
    """
    p = floats(p)
    order = np.argsort(p)[::-1]
    ranks = np.arange(p.size, 0, -1)
    q = np.empty(p.shape)
    q[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * p.size / ranks))
    return q


def clustering_effect(shown: ArrayLike, failed: ArrayLike, cluster: ArrayLike) -> Array:
    """The design effect on the log lift of conversations that share a cluster (a customer, a task); at least 1.

    shown : (conversations, k) bool, which signs each shows; failed : (conversations,) bool; cluster : (conversations,) whole numbers.

    The variance of `log lift` by linearisation, `Σ_c (Σ_{i in c} u_i)²` with `u_i = ±(y_i - p)/(n·p)` of its side, over the same sum with
    each conversation as its own cluster.

    >>> alone = clustering_effect([[1], [0], [1], [0]], [1, 1, 0, 0], [0, 1, 2, 3])
    >>> twice = clustering_effect([[1], [1], [0], [0]] * 2, [1] * 4 + [0] * 4, [0, 0, 1, 1, 2, 2, 3, 3])
    >>> alone.tolist(), twice.tolist()
    ([1.0], [2.0])

    References: Williams 1982; Rao and Scott 1992.
    """
    y, side = floats(shown), np.asarray(failed, dtype=bool)
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    influence = np.zeros(y.shape)
    for members, sign in ((side, 1.0), (~side, -1.0)):
        total = y[members].sum(axis=0)
        influence[members] = sign * divide(y[members] - y[members].mean(axis=0) if members.any() else y[members], total, 0.0)
    sums = np.zeros((int(place.max(initial=-1)) + 1, y.shape[1]))
    np.add.at(sums, place, influence)
    return np.maximum(1.0, divide((sums**2).sum(axis=0), (influence**2).sum(axis=0), 1.0))


def _corrected(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike) -> tuple[tuple[Array, Array, Array, Array], NDArray[np.bool_]]:
    a, m, b, n = (floats(it) for it in np.broadcast_arrays(x1, n1, x0, n0))
    known = (m > 0) & (n > 0)
    add = np.where((a == 0) | (b == 0) | ((a == m) & (b == n)), _HALF, 0.0)
    safe = np.where(known, 0.0, 1.0)
    return (a + add + safe, m + add + safe, b + add + safe, n + add + safe), known


def _log_choose(logs: Array, n: int, k: ArrayLike) -> Array:
    k = np.asarray(k, dtype=np.int64)
    chosen: Array = logs[n] - logs[k] - logs[n - k]
    return chosen
