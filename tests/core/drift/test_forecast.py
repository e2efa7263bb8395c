import numpy as np
import pytest

from lifecycle_core.drift.forecast import Before, Daily, forecast
from lifecycle_core.drift.report import Metric

DAY = np.arange(-13.5, 0)
WOBBLE = np.tile([0.004, -0.004], 7)


def events(day, n, total) -> Daily:
    return Daily(np.asarray(day), np.asarray(n), np.asarray(total), np.asarray(total))


def rates(slope: float, n: float = 4000.0, p: float = 0.75) -> Daily:
    return events(DAY, np.full(14, n), n * (p + WOBBLE + slope * (DAY + 14)))


def logs(slope: float, mean: float) -> Daily:
    total = 4000.0 * (mean + WOBBLE + slope * (DAY + 14))
    return Daily(DAY, np.full(14, 4000.0), total, total**2 / 4000 + 4000 * 0.5**2)


def booking(daily: Daily, **given):
    return forecast(Metric.BOOKING_RATE, daily, Before(0.75, 0.75), **({"threshold": 0.10, "correlation": 0.0} | given))


def test_a_falling_rate_crosses_where_its_line_does():
    found = booking(rates(-0.004))

    assert found.level == pytest.approx(0.675)
    assert found.in_days == pytest.approx(0.075 / 0.004 - 14, abs=0.5)
    assert found.slope == pytest.approx(-0.004, abs=0.0002)
    assert found.interval[0] < found.in_days < found.interval[1]


def test_a_rate_that_gets_better_is_no_forecast():
    assert booking(rates(0.004)) is None


def test_a_rate_that_has_passed_already_is_no_forecast():
    assert booking(rates(-0.008)) is None


def test_what_lies_past_two_weeks_is_no_forecast():
    assert booking(rates(-0.002)) is None


def test_the_interval_begins_no_earlier_than_now():
    assert booking(rates(-0.0051)).interval[0] == 0.0


def test_escalation_is_watched_for_a_rise():
    rising = events(DAY, np.full(14, 4e5), 4e5 * (0.05 + WOBBLE / 20 + 0.0003 * (DAY + 14)))
    found = forecast(Metric.ESCALATION_RATE, rising, Before(0.05, 0.05), threshold=0.15, correlation=0.0)

    assert found.level == pytest.approx(0.0575)
    assert found.in_days == pytest.approx(0.0075 / 0.0003 - 14, abs=0.5)


@pytest.mark.parametrize("metric", [Metric.COST, Metric.RESPONSE_TIME])
def test_cost_and_response_time_cross_on_the_scale_of_logarithms_and_are_told_in_their_unit(metric):
    found = forecast(metric, logs(0.01, -3.0), Before(0.06, -3.0), threshold=0.20, correlation=0.0)

    assert found.level == pytest.approx(0.072)
    assert found.in_days == pytest.approx(np.log(1.2) / 0.01 - 14, abs=0.5)
    assert found.slope == pytest.approx(0.01 * 0.06 * np.exp(0.14), rel=0.05)


def test_days_without_conversations_are_skipped_and_four_are_too_few():
    gappy = rates(-0.004)
    gone = np.isin(np.arange(14), [2, 5, 6])
    held = events(DAY, np.where(gone, 0.0, gappy.n), np.where(gone, 0.0, gappy.total))
    few = events(DAY, np.where(np.arange(14) >= 10, gappy.n, 0.0), gappy.total)

    assert booking(held).in_days == pytest.approx(0.075 / 0.004 - 14, abs=0.7)
    assert booking(few) is None


def test_days_before_the_last_two_weeks_count_for_nothing():
    line = rates(-0.004)
    longer = events(np.append([-40.5, -14.5], DAY), np.append([4000.0, 4000.0], line.n), np.append([0.0, 4000.0], line.total))

    assert booking(longer) == booking(line)


def test_a_reference_of_nothing_has_no_threshold_to_pass():
    assert forecast(Metric.ESCALATION_RATE, rates(0.004), Before(0.0, 0.0), threshold=0.15, correlation=0.0) is None


def test_days_that_differ_are_not_weighed_by_their_conversations():
    n = np.where(np.arange(14) % 2, 10_000.0, 1000.0)
    daily = events(DAY, n, n * (0.75 + WOBBLE - 0.004 * (DAY + 14)))
    plain, with_days = booking(daily), booking(daily, correlation=0.002)

    assert with_days.in_days != pytest.approx(plain.in_days, abs=0.1)


def test_the_days_of_rollups_are_read_by_metric():
    sums = {
        "booked_n": [5, 6],
        "booked": [3, 4],
        "cost_n": [5, 6],
        "cost_zero_n": [1, 0],
        "log_cost": [-9, -8],
        "log_cost_squared": [30, 20],
    }
    rate, cost = (Daily.of(it, [-1.5, -0.5], lambda name: np.array(sums[name])) for it in (Metric.BOOKING_RATE, Metric.COST))

    assert (rate.n.tolist(), rate.total.tolist()) == ([5, 6], [3, 4])
    assert (cost.n.tolist(), cost.total.tolist(), cost.squares.tolist()) == ([4, 6], [-9, -8], [30, 20])
    assert Daily.of(Metric.ACTION_DISTRIBUTION, [-1.5, -0.5], lambda name: np.array(sums[name])) is None
