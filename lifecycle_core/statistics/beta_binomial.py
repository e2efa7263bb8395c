"""Counts whose days differ: the beta-binomial's far tail, and what a recent count is worth against the days before it.

A rare share has skewed days: its bad days lie further out than any normal deviate allows, however its variance is
estimated. So the tail itself is summed, and averaged over the day correlations that healthy days leave possible.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.days import design_effect

CORRELATIONS: Final = np.array([0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032])
"""The day correlations held possible, equally likely before any day was seen: all but none, up to three times a rough world's."""
PSEUDO: Final = 0.5
"""Successes, and failures, added to a reference, so that one without any foretells few rather than none."""

_STEPS: Final = 4
_NODES: Final = np.array([0, 0.2, 0.4, 0.6, 0.8, 1.1, 1.5, 2, 2.6, 3.3, 4.2, 5.5, 8, 12, 20, 40, 120])
"""Where the tail is evaluated, in units of the distance in which it falls to a part in e."""


def log_gamma(z: ArrayLike) -> Array:
    """The logarithm of the gamma function, of positive floats: Stirling's series, four steps up; good to 1e-7.

    >>> log_gamma([1.0, 5.0, 0.5]).round(4).tolist()
    [0.0, 3.1781, 0.5724]

    References: Abramowitz and Stegun 1964, 6.1.15 and 6.1.41.
    """
    z = floats(z)
    y = z + _STEPS
    inverse = 1 / y
    square = inverse * inverse
    series = inverse * (1 / 12 - square * (1 / 360 - square / 1260))
    below = z * (z + 1) * (z + 2) * (z + 3)
    return floats((y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series - np.log(below))


def log_probability(x: ArrayLike, n: ArrayLike, mean: ArrayLike, correlation: ArrayLike) -> Array:
    """The logarithm of the probability of `x` successes in `n` trials whose rate is beta-distributed, up to what depends on x and n alone.

    x, n : broadcastable floats; mean, correlation : broadcastable floats between 0 and 1, of the rate and of two trials.
    The binomial coefficient is left out: `log B(x + a, n - x + b) - log B(a, b)`.

    >>> float(np.exp(log_probability(1, 1, 0.2, 0.1)).round(6))
    0.2

    References: Skellam 1948.
    """
    x, n, spread = floats(x), floats(n), 1 / floats(correlation) - 1
    a, b = floats(mean) * spread, (1 - floats(mean)) * spread
    beta = log_gamma(a) + log_gamma(b) - log_gamma(spread)
    return floats(log_gamma(x + a) + log_gamma(n - x + b) - log_gamma(n + spread) - beta)


def upper_tail(x: ArrayLike, n: ArrayLike, mean: ArrayLike, correlation: ArrayLike) -> Array:
    """The probability of `x` successes or more in `n` trials whose rate is beta-distributed; `x` above the mean `n · mean`.

    x, n : broadcastable floats, whole, 1 ≤ x ≤ n; mean, correlation : broadcastable floats inside (0, 1).

    The terms are summed in blocks, inside which they are taken for geometric; a deviate is right to .02 however far out.

    >>> float(upper_tail(2, 2, 0.1, 0.05).round(5)), float(upper_tail(9, 50, 0.01, 0.01).round(7))
    (0.0145, 3.33e-05)

    References: Skellam 1948.
    """
    x, n, mean, correlation = np.broadcast_arrays(floats(x), floats(n), floats(mean), floats(correlation))
    spread = 1 / correlation - 1
    a, b = mean * spread, (1 - mean) * spread
    falls = np.log((x + 1) * np.maximum(b + n - x - 1, 1e-9)) - np.log(np.maximum(n - x, 1e-9) * (a + x))
    sd = np.sqrt(n * mean * (1 - mean) * design_effect(n, 1, correlation))
    scale = np.maximum(1.0, np.minimum(sd, 1 / np.maximum(falls, 1e-9)))
    beyond = np.minimum(np.floor(scale[..., None] * _NODES), (n - x)[..., None])
    at, of = x[..., None] + beyond, n[..., None]
    chosen = log_gamma(of + 1) - log_gamma(at + 1) - log_gamma(of - at + 1)
    logs = chosen + log_probability(at, of, mean[..., None], correlation[..., None])
    width = np.diff(beyond, axis=-1)
    step = np.diff(logs, axis=-1) / np.maximum(width, 1.0)
    flat = np.abs(step) < 1e-9  # noqa: PLR2004 - a block of equal terms
    blocks = np.where(flat, width, np.expm1(width * step) / np.where(flat, 1.0, np.expm1(step)))
    return floats(np.minimum(1.0, (np.exp(logs[..., :-1]) * blocks).sum(axis=-1) + np.exp(logs[..., -1])))


def foretold_rate(x: ArrayLike, n: ArrayLike) -> Array:
    """The rate that `x` successes of `n` foretell, half a success and half a failure added: never 0 and never 1.

    >>> float(foretold_rate(0, 999))
    0.0005

    References: Krichevsky and Trofimov 1981.
    """
    return floats((floats(x) + PSEUDO) / (floats(n) + 2 * PSEUDO))


def correlation_weights(x: ArrayLike, n: ArrayLike) -> Array:
    """How likely each of `CORRELATIONS` is, after days: (..., days) floats -> (..., correlations) float that add up to 1.

    x, n : successes and trials of each day; empty days tell nothing. The days' mean is taken as known.

    >>> alike = correlation_weights([[10.0] * 28], [[1000.0] * 28])
    >>> bool(alike[0, 0] > 0.5 > 1e-3 > alike[0, -1])
    True

    References: Griffiths 1973, the likelihood.
    """
    x, n = floats(x), floats(n)
    mean = foretold_rate(x.sum(axis=-1), n.sum(axis=-1))
    likely = log_probability(x[..., None], n[..., None], mean[..., None, None], CORRELATIONS).sum(axis=-2)
    weights = np.exp(likely - likely.max(axis=-1, keepdims=True))
    return floats(weights / weights.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Counted:
    """Windows' counts: (...,) float each: successes `x` of `n` trials, over so many `days`."""

    x: Array
    n: Array
    days: Array

    def each(self) -> Self:
        """The same with an axis for the correlations, (..., 1)."""
        return type(self)(self.x[..., None], self.n[..., None], self.days[..., None])


def rise_tail(recent: Counted, reference: Counted, rate: Array, weights: Array) -> Array:
    """The probability of so many successes or more in `recent`, foretold by a reference and by how days differ: (...,).

    rate : (...,) float, what the reference foretells; weights : (..., correlations) float, from `correlation_weights`.

    For each day correlation the recent count is beta-binomial around `rate`. Its correlation is that at which `n`
    trials have the design effect `d` of a window of so many days, `r = (d - 1)/(n - 1)`, and what the reference leaves unknown
    is added: `r + (1 - r)/(m + 1)`, with `m = n/d` of the reference, has the variance of both. The tails are averaged.

    >>> before, rate = Counted(floats([54.0]), floats([5400.0]), floats([27.0])), floats([0.01])
    >>> even = np.full((1, len(CORRELATIONS)), 1 / len(CORRELATIONS))
    >>> fewer, more = (rise_tail(Counted(floats([x]), floats([200.0]), floats([1.0])), before, rate, even) for x in (7, 20))
    >>> float(fewer[0].round(3)), float(more[0].round(4))
    (0.042, 0.0015)

    References: Skellam 1948; moments: Kish 1965; predictive distributions: Geisser 1993.
    """
    one, many = recent.each(), reference.each()
    own = (design_effect(one.n, one.days, CORRELATIONS) - 1) / np.maximum(1.0, one.n - 1)
    known = many.n / design_effect(many.n, many.days, CORRELATIONS)
    tails = upper_tail(one.x, one.n, rate[..., None], own + (1 - own) / (known + 1))
    return floats((weights * tails).sum(axis=-1))
