"""The plan's six thresholds: a rate alerts by its one-sided 99% limit and warns before that; counts are counts."""

import numpy as np
import pytest
from scipy.stats import binom, lognorm

from lifecycle_core.alerts.signals import Level, Signal
from lifecycle_core.alerts.thresholds import Counted, readings
from lifecycle_core.policy import AlertPolicy
from lifecycle_core.statistics.means import relative_error_of_mean

RULES = AlertPolicy()


def level(signal, rules=RULES, **counted):
    return {it.signal: it.level for it in readings(Counted(**counted), rules)}.get(signal)


def booked(x, n):
    return {"sums": {"booked": float(x), "booked_n": float(n)}}


def costs(values):
    logs = np.log(values[values > 0])
    zeros = float((values == 0).sum())
    return {
        "cost_n": float(len(values)),
        "cost_usd": values.sum(),
        "cost_zero_n": zeros,
        "log_cost": logs.sum(),
        "log_cost_squared": (logs**2).sum(),
    }


def error(sums):
    told = sums["cost_n"] - sums["cost_zero_n"]
    return relative_error_of_mean(sums["cost_n"], told, sums["log_cost"], sums["log_cost_squared"])


@pytest.mark.parametrize(
    ("x", "n", "said"),
    [(75, 100, Level.OK), (65, 100, Level.WARNING), (55, 100, Level.ALERT), (30, 49, Level.NO_DATA), (700, 1000, Level.OK)],
)
def test_a_booking_rate_is_judged_by_what_a_day_proves(x, n, said):
    assert level(Signal.BOOKING_RATE, **booked(x, n)) is said


@pytest.mark.parametrize(("x", "said"), [(10, Level.OK), (12, Level.WARNING), (25, Level.ALERT)])
def test_an_escalation_rate_alerts_when_it_rises(x, said):
    assert level(Signal.ESCALATION_RATE, sums={"escalated": float(x), "escalated_n": 100.0}) is said


@pytest.mark.parametrize(
    ("counted", "signal", "said"),
    [
        ({"drifts": 2}, Signal.DRIFT_FREQUENCY, Level.OK),
        ({"drifts": 3}, Signal.DRIFT_FREQUENCY, Level.ALERT),
        ({"rollbacks": 1}, Signal.ROLLBACK_FREQUENCY, Level.OK),
        ({"rollbacks": 2}, Signal.ROLLBACK_FREQUENCY, Level.ALERT),
        ({"promoted": 1, "endings": 3}, Signal.RETRAINING_SUCCESS, Level.NO_DATA),
        ({"promoted": 2, "endings": 4}, Signal.RETRAINING_SUCCESS, Level.OK),
        ({"promoted": 1, "endings": 4}, Signal.RETRAINING_SUCCESS, Level.ALERT),
    ],
)
def test_counts_alert_past_their_threshold(counted, signal, said):
    assert level(signal, **counted) is said


def test_a_threshold_that_is_none_is_not_watched():
    assert level(Signal.BOOKING_RATE, AlertPolicy(min_booking_rate=None), **booked(0, 100)) is None


def test_costs_alert_where_their_lower_limit_is_past_the_threshold():
    drawn = lognorm(1.0, scale=0.002).rvs(400, random_state=1)
    assert level(Signal.COST, sums=costs(drawn)) is Level.ALERT
    assert level(Signal.COST, sums=costs(drawn * 0.002 / drawn.mean() * 1.02)) is Level.WARNING
    assert level(Signal.COST, sums=costs(drawn / 10)) is Level.OK


def test_the_error_of_a_mean_cost_is_that_of_its_draws_where_some_cost_nothing():
    means = [lognorm(0.8).rvs((2000, 200), random_state=2) * (np.random.default_rng(3).random((2000, 200)) < 0.8)]
    spread = means[0].mean(axis=1).std() / means[0].mean()
    assert np.mean([error(costs(row)) for row in means[0][:300]]) == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("n", [50, 200, 1000])
def test_a_rate_that_is_at_its_threshold_alerts_in_one_day_of_fifty_at_most(n):
    alerting = sum(binom(n, 0.7).pmf(x) for x in range(n + 1) if level(Signal.BOOKING_RATE, **booked(x, n)) is Level.ALERT)
    assert alerting < 0.02
