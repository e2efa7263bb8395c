"""Simulated probations: live conversations on days that differ."""

import numpy as np
from numpy.typing import NDArray


def live_outcomes(
    rate: float, correlation: float, generator: np.random.Generator, *, versions: int, days: int, per_day: int
) -> NDArray[np.bool_]:
    """Live conversations of so many versions, day by day: (versions, days · per_day) bool.

    correlation : of two conversations of one day; a day's rate is beta.
    """
    if correlation > 0:
        size = (1 - correlation) / correlation
        by_day = generator.beta(rate * size, (1 - rate) * size, (versions, days))
    else:
        by_day = np.full((versions, days), rate)
    return generator.random((versions, days * per_day)) < np.repeat(by_day, per_day, axis=1)
