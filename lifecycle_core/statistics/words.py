"""Words that set one group of texts apart from another, each word's rarity allowed for."""

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats


def log_odds(counts1: ArrayLike, counts0: ArrayLike, strength: float | None = None) -> tuple[Array, Array]:
    """How far each word's odds differ between two groups, and in how many standard errors: (δ, z), positive in the first.

    counts1, counts0 : (k,) float, in how many texts of each group each word stands. A text counts a word once: a customer who repeats
        it does not speak for others. The sums over all words are the groups' sizes, so that longer texts raise no word.
    strength : the prior's weight in counts, shared out as both groups together use the words; by default a tenth of theirs.

    `δ = log((y1 + a)/(N1 + A - y1 - a)) - log((y0 + a)/(N0 + A - y0 - a))` with the word's share `a` of the prior's weight `A`; its
    variance is `1/(y1 + a) + 1/(y0 + a)`. The prior draws rare words towards no difference, so that neither stop words nor words said
    once come first.

    >>> delta, z = log_odds([90] * 20 + [30, 1], [90] * 20 + [5, 0])
    >>> z[-3:].round(1).tolist()
    [-0.1, 3.6, 0.7]

    References: Monroe, Colaresi and Quinn 2008, equations 15, 16 and 18.
    """
    y1, y0 = floats(counts1), floats(counts0)
    both = y1 + y0
    total = float(both.sum())
    if not total:
        return np.zeros(y1.shape), np.zeros(y1.shape)
    weight = 0.1 * total if strength is None else strength
    prior = weight * both / total
    sides = []
    for y in (y1, y0):
        seen = y + prior
        rest = float(y.sum()) + weight - seen
        sides.append(np.log(np.where(both > 0, seen, 1.0)) - np.log(np.where(both > 0, np.maximum(rest, 1e-9), 1.0)))
    delta = sides[0] - sides[1]
    variance = 1 / np.where(both > 0, y1 + prior, 1.0) + 1 / np.where(both > 0, y0 + prior, 1.0)
    return delta, np.where(both > 0, delta / np.sqrt(variance), 0.0)
