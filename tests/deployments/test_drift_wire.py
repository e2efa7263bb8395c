"""A check on the wire: what stands beside the plan's fields."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.wire.drift import CostWire, LatencyWire, MixWire, RateWire
from lifecycle_core.conversations import Window
from lifecycle_core.drift.report import (
    Against,
    Comparison,
    Evidence,
    Figure,
    Forecast,
    Held,
    Metric,
    MetricReport,
    Needed,
    Status,
    Tail,
)

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
WEEKS = Window(AT - timedelta(days=28), AT - timedelta(days=1))
EVIDENCE = Evidence(24, -0.1, -0.075, (-0.16, -0.03), 4.4, 4.0, WEEKS.end, 60, 1200, 0.675, 0.75, WEEKS, Against.FROZEN)
HELD = Held(
    comparison=Comparison.COST_TAIL,
    entered_at=AT,
    onset=WEEKS.end,
    reference=WEEKS,
    version=2,
    length=24,
    quiet_checks=11,
    needed=24,
    relative_change=-0.032,
    n=200,
    hours=31,
)


def written(wire, name: Metric, **given) -> dict:
    report = MetricReport(name, Status.STABLE, Figure(360, 2, 0.75), Figure(60, 1, 0.70), 0.1, **given)
    return wire.of(report).model_dump(mode="json", by_alias=True)


def test_a_change_has_its_interval():
    assert written(RateWire, Metric.BOOKING_RATE, relative_change=-0.067, interval=(-0.2, 0.05))["interval"] == [-0.2, 0.05]


def test_evidence_says_against_whose_weeks():
    assert written(RateWire, Metric.BOOKING_RATE, decided_by=EVIDENCE)["decidedBy"]["against"] == "frozen"


@pytest.mark.parametrize(("wire", "name", "edge"), [(CostWire, Metric.COST, "$5.200000"), (LatencyWire, Metric.RESPONSE_TIME, "5.20s")])
def test_a_tail_has_its_edge_in_the_metrics_unit_and_its_number(wire, name, edge):
    found = written(wire, name, tail=Tail(Status.SUSPECTED, 5.2, EVIDENCE))["tail"]

    assert (found["status"], found["edge"], found["edgeValue"], found["decidedBy"]["z"]) == ("suspected", edge, 5.2, 4.4)


def test_an_alarm_that_lasts_says_since_when_and_what_is_missing_to_its_end():
    assert written(CostWire, Metric.COST, held=(HELD,))["held"] == [
        {
            "comparison": "cost_tail",
            "enteredAt": "2025-10-07T12:00:00Z",
            "onset": "2025-10-06T12:00:00Z",
            "reference": {"start": "2025-09-09T12:00:00Z", "end": "2025-10-06T12:00:00Z"},
            "referenceVersion": 2,
            "hours": 24,
            "quietChecks": 11,
            "quietChecksNeeded": 24,
            "change": "-3.20%",
            "changeValue": -0.032,
            "recentN": 200,
            "recentHours": 31,
        }
    ]


def test_what_is_needed_to_know_more_is_told_in_days():
    needs = Needed(-0.125, 0.656, 50.0, (11.8, None))

    assert written(RateWire, Metric.BOOKING_RATE, needed=needs)["needed"] == {
        "change": "-12.50%",
        "changeValue": -0.125,
        "recentValue": 0.656,
        "conversationsPerDay": 50.0,
        "halfProvedAfterDays": 11.8,
        "nineInTenProvedAfterDays": None,
    }


def test_a_forecast_has_its_interval():
    coming = Forecast(6.2, (1.3, 12.4), -0.0071, 0.675)

    assert written(RateWire, Metric.BOOKING_RATE, forecast=coming)["forecast"] == {
        "inDays": 6.2,
        "interval": [1.3, 12.4],
        "slope": -0.0071,
        "level": 0.675,
    }


def test_what_is_not_there_is_null():
    found = written(LatencyWire, Metric.RESPONSE_TIME)

    assert {found[it] for it in ("interval", "tail", "needed", "forecast", "decidedBy")} == {None}
    assert found["held"] == []


def test_a_mix_has_neither_tail_nor_forecast():
    assert not {"tail", "forecast", "interval"} & set(written(MixWire, Metric.ACTION_DISTRIBUTION))
