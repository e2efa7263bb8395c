"""Two mixes of categories that cluster: a conversation's calls hang together, and must not be counted as if alone."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats, natural_log
from lifecycle_core.statistics.days import cluster_scatter

ROUNDING: Final = 1e-9
"""What rounding may leave of the scatter of conversations that all call the same."""


def shares(calls: ArrayLike) -> Array:
    """Each category's share of all calls: (..., k) float -> (..., k) float; zeros without a call.

    >>> shares([3, 1]).tolist()
    [0.75, 0.25]
    """
    calls = floats(calls)
    return divide(calls, calls.sum(axis=-1, keepdims=True), 0.0)


def total_variation(recent: ArrayLike, reference: ArrayLike) -> Array:
    """How far two mixes lie apart: `½ Σ |p̂1 - p̂0|`, from 0 to 1; NaN where a side has no call.

    recent, reference : (..., k) float, calls by category.

    >>> float(total_variation([60, 20, 15, 5], [40, 30, 25, 5]).round(2))
    0.2
    """
    recent, reference = floats(recent), floats(reference)
    known = (recent.sum(axis=-1) > 0) & (reference.sum(axis=-1) > 0)
    return np.where(known, np.abs(shares(recent) - shares(reference)).sum(axis=-1) / 2, np.nan)


def pearson(recent: ArrayLike, reference: ArrayLike) -> tuple[float, int]:
    """Pearson's plain χ² of two mixes and its degrees of freedom, one less than the categories that occur.

    recent, reference : (k,) float, calls by category. It takes each call for an independent one, which they are not:
    `clustered_g2` decides, this is shown.

    >>> statistic, df = pearson([60, 20, 15, 5], [40, 30, 25, 5])
    >>> round(statistic, 2), df
    (8.5, 3)

    References: Pearson 1900.
    """
    table = np.stack([floats(recent), floats(reference)])
    table = table[:, table.sum(axis=0) > 0]
    sizes = table.sum(axis=1, keepdims=True)
    if not (sizes > 0).all():
        return 0.0, 0
    expected = sizes * table.sum(axis=0, keepdims=True) / sizes.sum()
    return float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1


def clustered_g2(
    recent: tuple[ArrayLike, ArrayLike],
    reference: tuple[ArrayLike, ArrayLike],
    conversations: tuple[ArrayLike, ArrayLike],
    effects: tuple[ArrayLike, ArrayLike] = (1.0, 1.0),
) -> tuple[Array, Array]:
    """The likelihood ratio of two mixes, corrected for clustering: a statistic to refer to χ², and its degrees of freedom.

    recent, reference : each the calls by category, (..., k) float, and the sums over conversations of `a_i · a_j`, (..., k, k) float.
    conversations : (...,) float each; effects : (...,) float each, the design effects of days.

    `G² = 2 Σ_w Σ_j a_wj · log(p̂_wj / p̂_j)`; the covariance of a conversation's calls is taken over both windows,
    `E = Σ (a - m·p̂)(a - m·p̂)ᵀ / n`; `W = E · (d1·n1/m1² + d0·n0/m0²) / (1/m1 + 1/m0)`, scaled by `1/sqrt(p̂_i·p̂_j)`.
    The statistic is `G² · tr W / tr W²` on `(tr W)² / tr W²` degrees of freedom, `G²` on `k - 1` where nothing clusters.

    >>> calls = np.array([60.0, 20.0]), np.array([40.0, 40.0])
    >>> statistic, df = clustered_g2(*((it, np.diag(it)) for it in calls), (80, 80))
    >>> float(statistic.round(2)), float(df.round(2))
    (10.82, 1.0)

    References: Rao and Scott 1981, 1984; Satterthwaite 1946.
    """
    a1, a0 = floats(recent[0]), floats(reference[0])
    n1, n0 = (floats(it) for it in conversations)
    m1, m0 = a1.sum(axis=-1), a0.sum(axis=-1)
    known = (m1 > 0) & (m0 > 0)
    m1, m0 = np.where(known, m1, 1.0), np.where(known, m0, 1.0)
    p = (a1 + a0) / (m1 + m0)[..., None]
    g2 = 2 * sum((a * (natural_log(a) - natural_log(m)[..., None] - natural_log(p))).sum(axis=-1) for a, m in ((a1, m1), (a0, m0)))
    scatter = cluster_scatter(floats(recent[1]) + floats(reference[1]), p)
    spread = floats(effects[0]) * n1 / m1**2 + floats(effects[1]) * n0 / m0**2
    weight = spread / (1 / m1 + 1 / m0) / np.maximum(n1 + n0, 1.0)
    root = np.where(p > 0, np.sqrt(np.where(p > 0, p, 1.0)), np.inf)
    w = scatter * weight[..., None, None] / (root[..., :, None] * root[..., None, :])
    trace, squares = np.einsum("...ii->...", w), (w**2).sum(axis=(-1, -2))
    usable = known & (squares > ROUNDING**2)
    squares = np.where(usable, squares, 1.0)
    return np.where(usable, np.maximum(0.0, g2) * trace / squares, 0.0), np.where(usable, trace**2 / squares, 0.0)


def chance_distance(
    recent: tuple[ArrayLike, ArrayLike], reference: tuple[ArrayLike, ArrayLike], conversations: tuple[ArrayLike, ArrayLike]
) -> Array:
    """The total variation that two samples of one mix show by chance: `½ Σ_j sqrt(2/π · v_j)`, `v_j` the variance of `p̂1_j - p̂0_j`.

    recent, reference : each the calls by category, (..., k) float, and the sums over conversations of `a_i · a_j`, (..., k, k) float.
    conversations : (...,) float each. The variances are those of whole conversations, over both windows.

    >>> calls = np.array([60.0, 20.0]), np.array([40.0, 40.0])
    >>> float(chance_distance(*((it, np.diag(it)) for it in calls), (80, 80)).round(3))
    0.061

    References: the mean of a normal's absolute value; the covariance: Rao and Scott 1981.
    """
    a1, a0 = floats(recent[0]), floats(reference[0])
    n1, n0 = (floats(it) for it in conversations)
    m1, m0 = a1.sum(axis=-1), a0.sum(axis=-1)
    known = (m1 > 0) & (m0 > 0)
    m1, m0 = np.where(known, m1, 1.0), np.where(known, m0, 1.0)
    p = (a1 + a0) / (m1 + m0)[..., None]
    scatter = np.einsum("...ii->...i", cluster_scatter(floats(recent[1]) + floats(reference[1]), p))
    variance = scatter * ((n1 / m1**2 + n0 / m0**2) / np.maximum(n1 + n0, 1.0))[..., None]
    return np.where(known, np.sqrt(2 / np.pi * np.maximum(0.0, variance)).sum(axis=-1) / 2, 0.0)
