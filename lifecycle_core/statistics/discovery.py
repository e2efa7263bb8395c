"""Many deviates at once: how much each may be believed when the largest were looked for."""

from math import erfc, sqrt

from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.association import benjamini_hochberg


def q_of_deviates(z: ArrayLike) -> Array:
    """The q of each normal deviate, two-sided: the smallest share of false discoveries at which it would still be kept.

    z : (k,) float.

    >>> q_of_deviates([-4.0, 1.0, 2.5]).round(4).tolist()
    [0.0002, 0.3173, 0.0186]

    References: Benjamini and Hochberg 1995.
    """
    return benjamini_hochberg([erfc(abs(it) / sqrt(2)) for it in floats(z).tolist()])
