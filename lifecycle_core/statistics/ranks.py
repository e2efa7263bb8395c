"""Two samples in one histogram: the evidence of ranks, and quantiles read off the bins."""

from math import exp, hypot

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lifecycle_core.statistics.arrays import Array, divide, floats


def mann_whitney(recent: ArrayLike, reference: ArrayLike, effects: tuple[ArrayLike, ArrayLike] = (1.0, 1.0)) -> Array:
    """Wilcoxon, Mann and Whitney's deviate from two histograms: positive where the first tends to be larger.

    recent, reference : (..., bins) float, counts over the same bins, in order.
    effects : (...,) float, the design effects.

    `U = Σ_b f1(b) · [F0(b-1) + f0(b)/2] / (n1·n0)`; `z = (U - ½) / sqrt((d1/n1 + d0/n0) / 12)`. What shares a bin is a tie.

    >>> float(mann_whitney([0, 10, 40], [40, 10, 0]).round(2))
    8.31

    References: Mann and Whitney 1947; on histograms: Masson, Rim and Lee 2019.
    """
    recent, reference = floats(recent), floats(reference)
    n1, n0 = recent.sum(axis=-1), reference.sum(axis=-1)
    known = (n1 > 0) & (n0 > 0)
    n1, n0 = np.where(known, n1, 1.0), np.where(known, n0, 1.0)
    below = np.cumsum(reference, axis=-1) - reference / 2
    u = np.einsum("...b,...b->...", recent, below) / (n1 * n0)
    error = np.sqrt((floats(effects[0]) / n1 + floats(effects[1]) / n0) / 12)
    return np.where(known, (u - 0.5) / error, 0.0)


def quantile(counts: ArrayLike, edges: ArrayLike, q: ArrayLike) -> Array:
    """The value below which the share `q` of a histogram lies, interpolated in its bin on the logarithmic scale.

    counts : (..., bins) float; q : float or (...,) float; NaN for an empty histogram.
    edges : (bins + 1,) float > 0; or (2, bins), the low and the high edge of each, where empty bins are left out.

    >>> quantile([0, 2, 2], [1.0, 2.0, 4.0, 8.0], [0.25, 0.5]).round(3).tolist()
    [2.828, 4.0]
    """
    counts, logs, q = floats(counts), np.log(floats(edges)), floats(q)
    low, high = logs if logs.ndim > 1 else (logs[:-1], logs[1:])
    upto = np.cumsum(counts, axis=-1)
    if not counts.shape[-1]:
        return np.full(np.broadcast_shapes(q.shape, counts.shape[:-1]), np.nan)
    n = upto[..., -1]
    wanted = np.minimum(q, 1 - 1e-12) * n
    place = np.minimum((upto <= wanted[..., None]).sum(axis=-1), counts.shape[-1] - 1)
    rows: tuple[NDArray[np.int64], ...] = np.indices(n.shape, sparse=True)
    here = counts[(*rows, place)]
    share = divide(wanted - upto[(*rows, place)] + here, here, 0.0)
    value: Array = np.exp(low[place] + share * (high[place] - low[place]))
    return np.where(n > 0, value, np.nan)


def median_ratio_interval(
    recent: ArrayLike, reference: ArrayLike, edges: ArrayLike, effects: tuple[float, float], critical: float
) -> tuple[float, float] | None:
    """The interval of the ratio of two medians, from each median's own.

    recent, reference : (bins,) float; edges : as of `quantile`; effects : the design effects.

    Each median lies between the quantiles at `½ ± critical · ½ · sqrt(d/n)` (Woodruff); the distances from the two
    estimates are squared and added on the logarithmic scale, so that a skewed interval stays skewed (MOVER). None for an empty side.

    >>> median_ratio_interval([0, 100, 0], [100, 0, 0], [1.0, 2.0, 4.0, 8.0], (1.0, 1.0), 1.96)[0] > 1.5
    True

    References: Woodruff 1952; Zou and Donner 2008.
    """
    sides = np.stack([floats(recent), floats(reference)])
    n = sides.sum(axis=-1)
    if not (n > 0).all():
        return None
    half = critical * 0.5 * np.sqrt(floats(effects) / n)
    (low1, low0), (middle1, middle0), (high1, high0) = np.log(
        [quantile(sides, edges, q) for q in (np.maximum(0.0, 0.5 - half), 0.5, np.minimum(1.0, 0.5 + half))]
    ).tolist()
    middle = middle1 - middle0
    return (
        exp(middle - hypot(middle1 - low1, high0 - middle0)),
        exp(middle + hypot(high1 - middle1, middle0 - low0)),
    )
