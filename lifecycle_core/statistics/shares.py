"""A mean that changed, taken apart by groups: how much the groups' sizes moved it, and how much what happened inside them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats
from lifecycle_core.statistics.means import variance

Side = tuple[ArrayLike, ArrayLike, ArrayLike]


class Parts(NamedTuple):
    """What each group adds to a change: (k,) float each; all of both add up to the change."""

    mix: Array
    rate: Array


def kitagawa(n1: ArrayLike, total1: ArrayLike, n0: ArrayLike, total0: ArrayLike, *, alike: bool = False) -> Parts:
    """The change of a mean by groups: `(w1 - w0)·((p1 + p0)/2 - P)` for a group's size, `(p1 - p0)·(w1 + w0)/2` for what happened in it.

    n1, total1 : (k,) float, recent observations of each group and their sum; n0, total0 : those of the reference.
    `w` is a group's share of all, `p` its own mean, `P` the middle of the two means of all. Since `Σ(w1 - w0) = 0`, `P` changes no sum;
    it makes a group that grew count by how far it lies from the others. The sum is exact.
    alike : a group with nobody on one side has no mean there. False: it came or went, its mean being its own, and all of it is mix.
    True: it is thought to have moved as all did, as the weekend that a window on a Tuesday has not.
    An empty side makes all NaN.

    >>> mix, rate = kitagawa([50, 50], [40, 20], [50, 50], [40, 40])
    >>> mix.tolist(), rate.round(3).tolist()
    ([0.0, -0.0], [0.0, -0.2])
    >>> mix, rate = kitagawa([0, 100], [0, 60], [100, 0], [80, 0])
    >>> mix.round(3).tolist(), rate.tolist()
    ([-0.1, -0.1], [0.0, 0.0])
    >>> mix, rate = kitagawa([0, 100], [0, 60], [50, 50], [40, 40], alike=True)
    >>> np.abs(mix).round(3).tolist(), rate.round(3).tolist()
    ([0.0, 0.0], [-0.05, -0.15])

    References: Kitagawa 1955.
    """
    n1, total1, n0, total0 = (floats(it) for it in (n1, total1, n0, total0))
    w1, w0 = divide(n1, n1.sum()), divide(n0, n0.sum())
    mean1, mean0 = divide(total1.sum(), n1.sum()), divide(total0.sum(), n0.sum())
    change = mean1 - mean0 if alike else 0.0
    p1, p0 = divide(total1, n1, 0.0), divide(total0, n0, 0.0)
    p1, p0 = np.where(n1 > 0, p1, p0 + change), np.where(n0 > 0, p0, p1 - change)
    return Parts((w1 - w0) * ((p1 + p0) / 2 - (mean1 + mean0) / 2), (p1 - p0) * (w1 + w0) / 2)


def apart(group: tuple[Side, Side], rest: tuple[Side, Side], effects: tuple[ArrayLike, ...] = (1.0, 1.0, 1.0, 1.0)) -> Array:
    """How much more a group's mean rose than that of the rest, as a normal deviate: 0 where all moved alike.

    group, rest : recent and reference, each `n`, the sum and the sum of squares, broadcastable floats; effects : the four design effects.
    `z = [(p1 - p0) - (q1 - q0)] / sqrt(s²·(d1/n1 + d0/n0) + t²·(e1/m1 + e0/m0))`, `s²` and `t²` the variances of the group and of
    the rest, each over both windows. Where a side is empty, or nothing varies, it is 0.

    >>> float(apart(((100, 40, 40), (100, 80, 80)), ((100, 80, 80), (100, 80, 80))).round(2))
    -4.46
    >>> float(apart(((100, 60, 60), (100, 80, 80)), ((100, 60, 60), (100, 80, 80))))
    0.0
    """
    sides = [[floats(it) for it in side] for side in (*group, *rest)]
    known = np.logical_and.reduce([n > 0 for n, _, _ in sides])
    error = np.zeros(known.shape)
    for first in (0, 2):
        (n1, sum1, squares1), (n0, sum0, squares0) = sides[first], sides[first + 1]
        weight = divide(effects[first], n1, 0.0) + divide(effects[first + 1], n0, 0.0)
        error = error + variance(n1 + n0, sum1 + sum0, squares1 + squares0) * weight
    p1, p0, q1, q0 = (divide(total, n, 0.0) for n, total, _ in sides)
    return np.where(known, divide((p1 - p0) - (q1 - q0), np.sqrt(error), 0.0), 0.0)
