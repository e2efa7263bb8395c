"""Arrays of floats: the form in which every statistic takes and gives its numbers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def floats(values: ArrayLike) -> Array:
    """The values as an array of floats; what is one already stays itself.

    >>> floats([1, 2]).tolist()
    [1.0, 2.0]
    """
    return np.asarray(values, dtype=np.float64)


def natural_log(values: ArrayLike) -> Array:
    """The logarithm of what is positive, 0 elsewhere, so that a count of 0 times it is 0.

    >>> natural_log([0.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    values = floats(values)
    logarithm = np.zeros(values.shape)
    np.log(values, out=logarithm, where=values > 0)
    return logarithm


def divide(above: ArrayLike, below: ArrayLike, otherwise: float = np.nan) -> Array:
    """The quotient where `below` is positive, `otherwise` elsewhere; broadcastable floats.

    >>> divide([1.0, 1.0], [2.0, 0.0]).tolist()
    [0.5, nan]
    """
    above, below = floats(above), floats(below)
    shape = above.shape if above.shape == below.shape else np.broadcast_shapes(above.shape, below.shape)
    quotient = np.full(shape, otherwise)
    np.divide(above, below, out=quotient, where=below > 0)
    return quotient
