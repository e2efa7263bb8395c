"""The plan's drift examples, each from traffic that makes its numbers."""

from datetime import datetime

import pytest

MIX = ["collect_info", "check_availability", "book_appointment", "confirm"]


def calls(*counts: int) -> list[str]:
    return [action for action, count in zip(MIX, counts, strict=True) for _ in range(count)]


@pytest.fixture
def fewer_bookings_more_escalations(windows):
    """75% of 400 booked, then 65% of 200; 5% escalated, then 8%."""
    windows({"count": 400, "booked": 300, "escalated": 20}, {"count": 200, "booked": 130, "escalated": 16})


def test_booking_rate_drift_reads_as_in_the_plan(fewer_bookings_more_escalations, detect, holds):
    example = {"baselineRate": "75.00%", "recentRate": "65.00%", "change": "-13.33%", "drift": True, "severity": "medium"}
    assert holds(detect()["metrics"]["bookingRate"], example)


def test_escalation_rate_drift_reads_as_in_the_plan(fewer_bookings_more_escalations, detect, holds):
    example = {"baselineRate": "5.00%", "recentRate": "8.00%", "change": "+60.00%", "drift": True, "severity": "high"}
    assert holds(detect()["metrics"]["escalationRate"], example)


def test_beside_each_string_stands_its_number(fewer_bookings_more_escalations, detect, holds):
    example = {"baselineRateValue": 0.75, "recentRateValue": 0.65, "changeValue": -0.1 / 0.75, "absoluteValue": -0.1}
    assert holds(detect()["metrics"]["bookingRate"], example)


def test_a_report_reads_as_in_the_plan(fewer_bookings_more_escalations, detect, holds):
    assert holds(
        detect(),
        {
            "variant": "baseline",
            "timestamp": "2025-10-07T12:00:00Z",
            "baseline": {"start": "2025-09-30T12:00:00Z", "end": "2025-10-06T12:00:00Z"},
            "recent": {"start": "2025-10-06T12:00:00Z", "end": "2025-10-07T12:00:00Z"},
            "metrics": {
                "bookingRate": {"baselineRate": "75.00%", "recentRate": "65.00%", "change": "-13.33%", "drift": True, "severity": "medium"},
                "escalationRate": ...,
                "cost": ...,
                "responseTime": ...,
                "actionDistribution": ...,
            },
            "drifts": ["booking_rate", "escalation_rate"],
            "overallDrift": True,
        },
    )


def test_a_high_severity_recommends_retraining(fewer_bookings_more_escalations, detect):
    assert detect()["recommendedAction"] == "retrain"


def test_cost_drift_reads_as_in_the_plan(windows, detect, holds):
    windows({"count": 120, "cost_usd": 0.00013}, {"count": 60, "cost_usd": 0.00017})
    example = {"baselineCost": "$0.000130", "recentCost": "$0.000170", "change": "+30.77%", "drift": True, "severity": "medium"}
    assert holds(detect()["metrics"]["cost"], example)


def test_response_time_drift_reads_like_the_others(windows, detect, holds):
    windows({"count": 120, "response_times_s": [2.0]}, {"count": 60, "response_times_s": [4.0]})
    assert holds(detect()["metrics"]["responseTime"], {"baselineTime": ..., "recentTime": ..., "drift": True, "severity": "high"})
    assert detect()["metrics"]["responseTime"]["changeValue"] == pytest.approx(1.0, rel=0.05)


def test_action_distribution_drift_reads_as_in_the_plan(windows, detect, holds):
    """Calls whose shares are the plan's make a chi-squared of 12.444 and not its 12.456; no numbers of calls do."""
    windows(
        {"count": 780, "actions": calls(312, 234, 195, 39)},
        {"count": 80, "actions": calls(48, 16, 12, 4)},
    )
    assert holds(
        detect()["metrics"]["actionDistribution"],
        {
            "baselineDistribution": [
                {"action": "collect_info", "percentage": "40.00%"},
                {"action": "check_availability", "percentage": "30.00%"},
                {"action": "book_appointment", "percentage": "25.00%"},
                {"action": "confirm", "percentage": "5.00%"},
            ],
            "recentDistribution": [
                {"action": "collect_info", "percentage": "60.00%"},
                {"action": "check_availability", "percentage": "20.00%"},
                {"action": "book_appointment", "percentage": "15.00%"},
                {"action": "confirm", "percentage": "5.00%"},
            ],
            "chiSquared": "12.444",
            "degreesOfFreedom": 3,
            "drift": True,
            "severity": "high",
        },
    )


def test_a_zero_baseline_has_no_change_and_says_why(windows, detect):
    windows({"count": 100, "escalated": 0}, {"count": 60, "escalated": 6})
    found = detect()["metrics"]["escalationRate"]
    assert (found["change"], found["changeValue"]) == (None, None)
    assert "zero" in found["changeUnknownBecause"] or "0" in found["changeUnknownBecause"]


def test_an_unknown_outcome_enters_no_rate_and_is_counted(windows, traffic, detect, holds):
    windows({"count": 100, "booked": 75}, {"count": 60, "booked": 45})
    traffic(7, datetime.fromisoformat("2025-10-07T03:00:00Z"), datetime.fromisoformat("2025-10-07T04:00:00Z"))
    assert holds(detect()["metrics"]["bookingRate"], {"recentRate": "75.00%", "recentN": 60, "recentMissing": 7})


def test_by_default_evidence_decides_and_the_reply_names_the_deciding_window(windows, api, holds):
    windows({"count": 1500, "booked": 1125}, {"count": 500, "booked": 250})
    found = api.get("/api/lifecycle/drift/detect?variant=baseline").json()["metrics"]["bookingRate"]
    assert holds(found, {"drift": True, "status": "drift", "severity": "high"})
    assert {"hours", "change", "z", "entry", "onset", "reference"} <= set(found["decidedBy"])
    assert found["decidedBy"]["z"] >= found["decidedBy"]["entry"]


def test_too_few_conversations_are_never_a_drift_and_never_an_error(windows, detect, holds):
    windows({"count": 49, "booked": 49}, {"count": 49, "booked": 0})
    assert holds(detect()["metrics"]["bookingRate"], {"status": "insufficient_data", "drift": False, "severity": None})


def test_drift_history_of_the_plan_is_answered(api, traffic, holds):
    traffic(1, datetime.fromisoformat("2025-10-07T10:00:00Z"), datetime.fromisoformat("2025-10-07T11:00:00Z"))
    answer = api.get("/api/lifecycle/drift/history?variant=baseline&limit=10")
    assert (answer.status_code, answer.json()) == (200, {"episodes": [], "nextCursor": None})


def test_drift_metrics_of_the_plan_are_answered(api, holds):
    assert holds(api.get("/api/lifecycle/drift/metrics").json(), {"checks": 0, "openEpisodes": 0, "detectionsPerWeek": 0.0})
