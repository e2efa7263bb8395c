"""Evidence that may be looked at whenever one likes: betting e-processes.

A gambler stakes a share of his money on each observation at odds that are fair,
or worse, if the null is true. What he has made of 1 is the evidence against it:
whoever looks however often sees `1/alpha` with probability `alpha` at most.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import exp, lcm, log, prod
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, divide, floats

BETS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95)
"""Stakes for what lies in [-1, 1]: small ones for small effects, large ones for large ones."""
FALL_BETS: Final = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
"""Stakes against a rate that was to stay at its bar."""
MOST_LOG: Final = 700.0
"""The largest logarithm whose exponential is a float."""

_BLOCK: Final = 64
"""Observations multiplied before logarithms are taken: few enough for any float, and many times as quick as a logarithm of each."""
_LEAST: Final = 1e-300
_FAR: Final = 10_000_000
"""More observations than anybody waits for."""


def log_e(increments: ArrayLike, bets: Sequence[float] = BETS) -> Array:
    """The logarithm of the e-process of `E[increment] ≤ 0` after each observation: `log mean over λ of Π (1 + λ·d_i)`.

    increments : (..., n) float, at least -1, in the order of the observations; under the null the mean of each is at most 0,
        whatever came before it.
    bets : the stakes λ, in (0, 1). -> (..., n) float.

    Under the null the e-process passes `1/alpha` at any time with probability at most `alpha`, and no rate need be known.

    >>> [round(it, 3) for it in np.exp(log_e([1.0, 1.0, -1.0])).tolist()]
    [1.375, 1.98, 0.973]

    References: Ville 1939; Waudby-Smith and Ramdas 2024.
    """
    increments = floats(increments)
    logs = np.empty(increments.shape)
    before = np.zeros((len(bets), *increments.shape[:-1], 1))
    for start in range(0, increments.shape[-1], _BLOCK):
        block = increments[..., start : start + _BLOCK]
        most = before.max(axis=0)
        total = np.zeros(block.shape)
        for place, bet in enumerate(bets):
            wealth = floats(np.cumprod(1 + bet * block, axis=-1))
            total += np.exp(before[place] - most) * wealth
            before[place] += _log(wealth[..., -1:])
        logs[..., start : start + _BLOCK] = most + _log(total / len(bets))
    return logs


def _log(wealth: Array) -> Array:
    return np.log(np.maximum(wealth, _LEAST))


def exact_e_value(increments: Sequence[Fraction], bets: Sequence[float] = BETS) -> float:
    """The e-process of `log_e` after all observations, in whole numbers: exact, and rounded once.

    increments : fractions, at least -1; bets : as they are written in decimals.

    >>> exact_e_value([Fraction(1), Fraction(1), Fraction(-1)])
    0.973372
    >>> float(np.exp(log_e([1.0, 1.0, -1.0])[-1]).round(12))
    0.973372
    """
    stakes = [Fraction(str(it)) for it in bets]
    scale = lcm(*(it.denominator for it in stakes))
    put_in = len(stakes) * prod(scale * it.denominator for it in increments)
    made = sum(prod(scale * it.denominator + int(stake * scale) * it.numerator for it in increments) for stake in stakes)
    return made / put_in if made < put_in * int(exp(MOST_LOG)) else exp(MOST_LOG)


def log_mean(first: Array, second: Array, share: float) -> Array:
    """The logarithm of `share · E_1 + (1 - share) · E_2`, of two logarithms of e-processes of the same observations: again of one.

    >>> log_mean(floats([0.0]), floats([np.log(5)]), 0.75).round(3).tolist()
    [0.693]
    """
    with np.errstate(divide="ignore"):
        weights = np.log([share, 1 - share])
    mean: Array = np.logaddexp(first + weights[0], second + weights[1])
    return mean


def e_value(logarithm: float) -> float:
    """The e-value of a logarithm, as large as a float can be.

    >>> e_value(0.0), e_value(1e6) < float("inf")
    (1.0, True)
    """
    return exp(min(logarithm, MOST_LOG))


def observations_needed(increments: ArrayLike, level: float, bets: Sequence[float] = BETS) -> int | None:
    """How many observations like these would make the e-process reach `level`; None where no number would.

    increments : (n,) float, those seen; level : float > 1.
    It takes the growth of each bet's logarithm for what it was, an estimate as good as the observations.

    >>> observations_needed([0.5, 0.0, 0.25, 0.0, -0.25, 0.0], 20)
    82
    >>> observations_needed([0.5, -0.5], 20) is None
    True

    References: Kelly 1956, growth of the logarithm.
    """
    increments = floats(increments)
    if not len(increments):
        return None
    growth = np.log1p(np.multiply.outer(floats(bets), increments)).mean(axis=-1)
    if growth.max() * _FAR < log(level):
        return None
    low, high = 0, _FAR
    while high - low > 1:
        middle = (low + high) // 2
        logs = growth * middle
        reached = logs.max() + log(np.exp(logs - logs.max()).mean()) >= log(level)
        low, high = (low, middle) if reached else (middle, high)
    return high


def fall_increments(x: ArrayLike, bar: ArrayLike) -> Array:
    """What each observation speaks against a rate of at least `bar`: `(bar - x) / (1 - bar)`, at least -1.

    x : (..., n) float, 1 for a success and 0 for a failure; bar : broadcastable float in [0, 1).
    For a rate that must not rise, give failures for successes, and one less its bar.

    >>> fall_increments([1, 0], 0.75).tolist()
    [-1.0, 3.0]
    """
    bar = floats(bar)
    return divide(bar - floats(x), np.broadcast_to(1 - bar, np.broadcast_shapes(bar.shape, floats(x).shape)), 0.0)
