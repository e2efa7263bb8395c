import pytest

from lifecycle_core.versions.compare import compare
from lifecycle_core.versions.version import Performance


def performance(version, n, bookings, escalations, *, cost, tokens):
    return Performance(
        version=version,
        total_conversations=n,
        bookings=bookings,
        booked_n=n,
        escalations=escalations,
        escalated_n=n,
        avg_cost_usd=cost,
        cost_n=n,
        avg_tokens=tokens,
        tokens_n=n,
    )


def test_the_plans_example_comes_out_as_the_plan_has_it():
    differences = compare(
        "baseline", performance(1, 500, 375, 25, cost=0.00013, tokens=450), performance(2, 100, 82, 3, cost=0.00015, tokens=500)
    ).differences
    assert differences.booking_rate == pytest.approx(0.0933, abs=5e-5)
    assert differences.escalation_rate == pytest.approx(-0.40)
    assert differences.avg_cost_usd == pytest.approx(0.1538, abs=5e-5)
    assert differences.avg_tokens == pytest.approx(0.1111, abs=5e-5)


def test_a_change_from_nothing_is_unknown():
    differences = compare(
        "baseline", performance(1, 100, 0, 0, cost=None, tokens=0.0), performance(2, 100, 50, 5, cost=0.001, tokens=500)
    ).differences
    assert (differences.booking_rate, differences.escalation_rate) == (None, None)
    assert (differences.avg_cost_usd, differences.avg_tokens) == (None, None)


def test_a_version_without_traffic_has_no_rates():
    nothing = performance(3, 0, 0, 0, cost=None, tokens=None)
    assert (nothing.booking_rate, nothing.escalation_rate) == (None, None)
