"""When a metric, going on as in the last days, passes its threshold. A forecast never alarms."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, log1p
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.drift.report import Forecast, Metric
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.days import design_effect
from lifecycle_core.statistics.forecast import Line, crossing, weighted_line
from lifecycle_core.statistics.means import variance

DAYS: Final = 14
"""So many last days make the line, and so far ahead it is believed."""
FEWEST_DAYS: Final = 5
CONFIDENCE: Final = 0.90

_RATES: Final = {
    Metric.BOOKING_RATE: ("booked_n", "booked", "booked"),
    Metric.ESCALATION_RATE: ("escalated_n", "escalated", "escalated"),
}
_LOGARITHMS: Final = {
    Metric.COST: ("cost_n", "log_cost", "log_cost_squared"),
    Metric.RESPONSE_TIME: ("latency_n", "log_latency", "log_latency_squared"),
}


@dataclass(frozen=True, slots=True)
class Daily:
    """A metric's last days: (d,) float each.

    day : the middle of each day in days from now, so -0.5 for the last 24 hours.
    n : conversations that know the figure. total : of a rate the events; of cost and response time the sum of logarithms.
    squares : the sum of their squares; of a rate the events again.
    """

    day: Array
    n: Array
    total: Array
    squares: Array

    @classmethod
    def of(cls, metric: Metric, day: ArrayLike, summed: Callable[[str], Array]) -> Self | None:
        """The days whose plain sums, (d,) float, `summed` tells by name; None for the action mix, which is no number."""
        names = (_RATES | _LOGARITHMS).get(metric)
        if names is None:
            return None
        n = summed(names[0]) - (summed("cost_zero_n") if metric is Metric.COST else 0.0)
        return cls(floats(day), n, summed(names[1]), summed(names[2]))


@dataclass(frozen=True, slots=True)
class Before:
    """A metric's reference: the figure itself, and the mean on the scale of `Daily`, which for cost and response time is logarithmic."""

    value: float
    mean: float


def forecast(metric: Metric, daily: Daily, before: Before, *, threshold: float, correlation: float) -> Forecast | None:
    """When `metric` passes its threshold if its days go on as they went; None unless the slope is proved at 90%, the day within 14.

    threshold : relative change of `before` at which it would be a drift; correlation : of two conversations of a day.
    A weighted line runs through the last 14 daily figures that hold a conversation, weights `n/d`; with fewer than 5 there is none.

    >>> day = np.arange(-13.5, 0)
    >>> booked = np.array([790, 778, 778, 764, 764, 751, 750, 737, 736, 725, 724, 712, 709, 697.0])
    >>> falling = Daily(day, np.full(14, 1000.0), booked, booked)
    >>> found = forecast(Metric.BOOKING_RATE, falling, Before(0.75, 0.75), threshold=0.10, correlation=0.002)
    >>> round(found.level, 3), round(found.in_days, 1), [round(it, 1) for it in found.interval]
    (0.675, 3.1, [0.0, 10.6])

    References: Fieller 1954.
    """
    held = np.flatnonzero((daily.n > 0) & (daily.day > -DAYS) & (daily.day < 0))
    if len(held) < FEWEST_DAYS or not before.value > 0:
        return None
    n, total = daily.n[held], daily.total[held]
    chance = float(variance(n.sum(), total.sum(), daily.squares[held].sum()))
    line = weighted_line(daily.day[held], total / n, n / design_effect(n, 1, correlation), chance)
    if line is None:
        return None
    target = _target(metric, before, threshold)
    found = crossing(line, target, CONFIDENCE)
    towards = (target - before.mean) * line.slope > 0
    if found is None or not towards or not 0 < found.x <= DAYS:
        return None
    level, slope = (target, line.slope) if metric in _RATES else _in_its_unit(line, before, threshold)
    return Forecast(found.x, (max(0.0, found.low), found.high), slope, level)


def _target(metric: Metric, before: Before, threshold: float) -> float:
    """Where the threshold lies on the scale of the days."""
    if metric in _RATES:
        return before.value * (1 - threshold if metric is Metric.BOOKING_RATE else 1 + threshold)
    return before.mean + log1p(threshold)


def _in_its_unit(line: Line, before: Before, threshold: float) -> tuple[float, float]:
    """The threshold's figure, and today's slope a day, in dollars or seconds."""
    today = exp(log(before.value) + line.at(0) - before.mean)
    return before.value * (1 + threshold), today * line.slope
