"""When will it cross: how often a forecast is made of nothing, made of something, and right.

Days differ as in the world "mild"; the booking rate of the reference is .75.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from lifecycle_core.drift.forecast import DAYS, Before, Daily, forecast
from lifecycle_core.drift.report import Forecast, Metric
from lifecycle_core.statistics.arrays import Array

MANY = 600
CORRELATION = 0.002
REFERENCE = 0.75
A_DAY = 0.05 / 7
MIDDLES = np.arange(-DAYS + 0.5, 0)


def forecasts(a_day: float, rate: Callable[[Array], Array], threshold: float, seed: int) -> list[Forecast | None]:
    """Of many variants whose booking rate has gone as `rate` tells by the day, 0 being now."""
    generator = np.random.default_rng(seed)
    n = generator.poisson(a_day, (MANY, DAYS))
    p, spread = rate(MIDDLES), 1 / CORRELATION - 1
    booked = generator.binomial(n, generator.beta(p * spread, (1 - p) * spread, (MANY, DAYS))).astype(float)
    known = Before(REFERENCE, REFERENCE)
    return [
        forecast(Metric.BOOKING_RATE, Daily(MIDDLES, it.astype(float), x, x), known, threshold=threshold, correlation=CORRELATION)
        for it, x in zip(n, booked, strict=True)
    ]


@pytest.mark.parametrize("a_day", [20, 50, 200, 1000])
def test_flat_traffic_is_forecast_to_cross_on_4_percent_of_days_at_most(a_day):
    found = [it for seed in range(3) for it in forecasts(a_day, lambda day: np.full(day.shape, REFERENCE), 0.10, seed)]
    announced = sum(it is not None for it in found)

    assert stats.binomtest(announced, len(found), 0.04, alternative="greater").pvalue > 0.01


@pytest.mark.parametrize(("a_day", "share"), [(200, 0.70), (1000, 0.90)])
def test_two_weeks_of_a_fall_of_five_points_a_week_are_announced_before_it_crosses(a_day, share):
    """From .75 to .65, and to be .60 in a week."""
    announced = sum(it is not None for it in forecasts(a_day, lambda day: 0.65 - A_DAY * day, 0.20, 4))

    assert stats.binomtest(announced, MANY, share, alternative="less").pvalue > 0.01


@pytest.mark.parametrize("a_day", [200, 1000])
def test_an_interval_of_90_percent_holds_the_true_day_in_85_to_99(a_day):
    announced = [it for it in forecasts(a_day, lambda day: 0.65 - A_DAY * day, 0.20, 5) if it is not None]
    held = sum(it.interval[0] <= 7 <= it.interval[1] for it in announced)

    assert 0.85 <= held / len(announced) <= 0.99


@pytest.mark.parametrize("a_day", [200, 1000])
def test_it_holds_the_true_day_of_a_fall_that_began_a_week_ago(a_day):
    """A line through two weeks, of which one was flat, is a wrong model."""
    announced = [it for it in forecasts(a_day, lambda day: REFERENCE - A_DAY * np.maximum(0.0, day + 7), 0.10, 6) if it is not None]
    held = sum(it.interval[0] <= 3.5 <= it.interval[1] for it in announced)

    assert held / len(announced) >= 0.85
