"""A line through daily figures, and the day on which it crosses a level, with an interval of its own."""

from dataclasses import dataclass
from math import sqrt

from numpy.typing import ArrayLike

from lifecycle_core.statistics.arrays import floats
from lifecycle_core.statistics.intervals import critical
from lifecycle_core.statistics.levels import t_of_normal


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line `height + slope · (x - middle)`, and how well it is known.

    middle : float, the weighted mean of the x, at which height and slope know nothing of each other.
    height_variance, slope_variance : float, the squares of their standard errors, from how far the points lie off the line.
    df : int, degrees of freedom of both.
    """

    middle: float
    height: float
    slope: float
    height_variance: float
    slope_variance: float
    df: int

    def at(self, x: float) -> float:
        """The line's height at `x`."""
        return self.height + self.slope * (x - self.middle)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where a line meets a level: `x`, and the interval from `low` to `high` that holds the true place as often as it was asked to."""

    x: float
    low: float
    high: float


def weighted_line(x: ArrayLike, y: ArrayLike, weights: ArrayLike, least_variance: float = 0.0) -> Line | None:
    """The line through points by least weighted squares; None below three points of weight, or where they share one x.

    x, y : (k,) float; weights : (k,) float, how much each y is worth, inverse to its variance; a point of weight 0 counts for nothing.
    least_variance : float, of a y of weight 1, where chance alone gives as much: points that by luck lie close to a line prove no more.

    >>> line = weighted_line([0, 1, 2, 3], [1.0, 3.1, 4.9, 7.0], [1, 1, 1, 1])
    >>> round(line.slope, 2), round(line.at(0), 2), line.df
    (1.98, 1.03, 2)

    References: Aitken 1935.
    """
    x, y, weights = floats(x), floats(y), floats(weights)
    known = weights > 0
    x, y, weights = x[known], y[known], weights[known]
    df = len(x) - 2
    if df < 1:
        return None
    total = float(weights.sum())
    middle, height = float(weights @ x) / total, float(weights @ y) / total
    spread = float(weights @ (x - middle) ** 2)
    if spread <= 0:
        return None
    slope = float(weights @ ((x - middle) * (y - height))) / spread
    variance = max(least_variance, float(weights @ (y - height - slope * (x - middle)) ** 2) / df)
    return Line(middle, height, slope, variance / total, variance / spread, df)


def crossing(line: Line, level: float, confidence: float) -> Crossing | None:
    """Where `line` meets `level`, with Fieller's interval; None where the slope is not proved at `confidence`, and the interval has no end.

    All x are in it at which the line's height and the level lie within `t` standard errors of the difference:
    `(height + slope·u - level)² <= t²·(Var height + u²·Var slope)`, `u = x - middle`.

    >>> falling = Line(middle=-7, height=0.75, slope=-0.007, height_variance=1e-5, slope_variance=1e-6, df=12)
    >>> found = crossing(falling, 0.675, 0.90)
    >>> round(found.x, 1), round(found.low, 1), round(found.high, 1)
    (3.7, 1.4, 7.5)
    >>> crossing(falling, 0.675, 0.99999) is None
    True

    References: Fieller 1954.
    """
    t = t_of_normal(critical(confidence), line.df)
    a = line.slope**2 - t**2 * line.slope_variance
    if a <= 0:
        return None
    off = line.height - level
    half = line.slope * off
    c = off**2 - t**2 * line.height_variance
    root = sqrt(max(0.0, half**2 - a * c))
    return Crossing(line.middle - off / line.slope, line.middle + (-half - root) / a, line.middle + (-half + root) / a)
