from dataclasses import replace

import numpy as np
import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric, Severity, Status
from lifecycle_core.drift.windows import instant
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import ACTIONS, WIDTH, scalar

POLICY = Policy(mode=Mode.THRESHOLD)
NOW = 488_940
NAMES = ("collect_info", "check_availability", "book_appointment", "confirm", "escalate")


def _check(recent, reference, policy=POLICY, mixes=((), ())) -> object:
    """The report on two hours of traffic, one in each shown window: n and sums by name."""
    sums = np.zeros((2, WIDTH))
    for row, told, mix in zip(sums, (reference, recent), reversed(mixes), strict=True):
        for name, value in told.items():
            row[scalar(name)] = value
        row[ACTIONS.start : ACTIONS.start + len(mix)] = mix
    table = RollupTable.of("baseline", 1, NAMES, np.array([NOW - 48, NOW - 2]), np.zeros(2, np.bool_), sums)
    return detect(table, policy, instant(NOW))


def _rate(name, rate, n=100) -> dict[str, float]:
    return {"conversations": n, f"{name}_n": n, name: rate * n}


@pytest.mark.parametrize(
    ("name", "metric", "reference", "recent", "severity"),
    [
        ("booked", Metric.BOOKING_RATE, 0.75, 0.65, Severity.MEDIUM),
        ("booked", Metric.BOOKING_RATE, 0.80, 0.72, Severity.LOW),
        ("booked", Metric.BOOKING_RATE, 0.80, 0.40, Severity.HIGH),
        ("escalated", Metric.ESCALATION_RATE, 0.05, 0.08, Severity.HIGH),
    ],
)
def test_a_rate_at_or_past_its_threshold_drifts_as_in_the_plan(name, metric, reference, recent, severity):
    report = _check(_rate(name, recent), _rate(name, reference)).of(metric)

    assert (report.status, report.severity) == (Status.DRIFT, severity)
    assert report.decided_by is None


def test_the_plans_cost_example_is_a_medium_drift():
    cost = {"conversations": 100, "cost_n": 100, "cost_usd": 0.017}, {"conversations": 100, "cost_n": 100, "cost_usd": 0.013}
    report = _check(*cost).of(Metric.COST)

    assert (report.status, report.severity) == (Status.DRIFT, Severity.MEDIUM)
    assert report.relative_change == pytest.approx(0.3077, abs=1e-4)


def test_a_rate_short_of_its_threshold_is_stable():
    assert _check(_rate("booked", 0.68), _rate("booked", 0.75)).of(Metric.BOOKING_RATE).status is Status.STABLE


def test_the_threshold_may_be_another():
    policy = replace(POLICY, booking_rate_threshold=0.15)

    assert _check(_rate("booked", 0.65), _rate("booked", 0.75), policy).of(Metric.BOOKING_RATE).status is Status.STABLE


def test_forty_nine_conversations_are_insufficient_data():
    assert _check(_rate("booked", 0.5, 49), _rate("booked", 0.75)).of(Metric.BOOKING_RATE).status is Status.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    ("recent", "reference", "df", "status", "severity"),
    [
        ([60, 20, 15, 5], [40, 30, 25, 5], 3, Status.DRIFT, Severity.MEDIUM),
        ([120, 40, 30, 10], [80, 60, 50, 10], 3, Status.DRIFT, Severity.HIGH),
        ([44, 28, 23, 5], [40, 30, 25, 5], 3, Status.STABLE, None),
        ([58, 20, 13, 5, 4], [40, 30, 25, 4, 1], 4, Status.DRIFT, Severity.MEDIUM),
    ],
)
def test_the_mix_is_judged_by_the_plain_chi_squared_on_as_many_degrees_of_freedom_as_it_has(recent, reference, df, status, severity):
    conversations = {"conversations": 60}
    report = _check(conversations, conversations, mixes=(recent, reference)).of(Metric.ACTION_DISTRIBUTION)

    assert (report.degrees_of_freedom, report.status, report.severity) == (df, status, severity)


def test_a_single_action_cannot_drift():
    report = _check({"conversations": 60}, {"conversations": 60}, mixes=([50], [40])).of(Metric.ACTION_DISTRIBUTION)

    assert (report.status, report.chi_squared, report.degrees_of_freedom) == (Status.STABLE, None, None)
