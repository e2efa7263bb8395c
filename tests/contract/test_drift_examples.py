"""The plan's examples of drift, from conversations that have its numbers."""

from datetime import UTC, datetime, timedelta

import pytest

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
ACTIONS = ("collect_info", "check_availability", "book_appointment", "confirm")


def traffic(window, start, hours, **counts):
    """100 conversations or a multiple of them, evenly over a window: so many booked, escalated, and one action each."""
    n = sum(counts["actions"])
    actions = [name for name, count in zip(ACTIONS, counts["actions"], strict=True) for _ in range(count)]
    return [
        {
            "id": f"{window}-{place}",
            "variant": "baseline",
            "version": 1,
            "ended_at": (start + timedelta(hours=hours) * (place + 0.5) / n).isoformat(),
            "booked": place < counts["booked"],
            "escalated": place >= n - counts["escalated"],
            "cost_usd": counts["cost_usd"],
            "response_times_s": [2.0],
            "actions": [actions[place]],
        }
        for place in range(n)
    ]


@pytest.fixture
def reply(client):
    """The plan's agent, asked by its literal rule."""
    before = traffic("before", AT - timedelta(days=7), 144, booked=300, escalated=20, cost_usd=0.00013, actions=(160, 120, 100, 20))
    recent = traffic("recent", AT - timedelta(days=1), 24, booked=65, escalated=8, cost_usd=0.00017, actions=(60, 20, 15, 5))
    client.post("/api/lifecycle/conversations", json=before + recent).raise_for_status()
    asked = {"variant": "baseline", "at": "2025-10-07T12:00:00Z", "mode": "threshold"}
    return client.get("/api/lifecycle/drift/detect", params=asked).raise_for_status().json()


def has(found, expected):
    assert {name: found[name] for name in expected} == expected


def test_the_windows_are_those_of_the_example(reply):
    has(
        reply,
        {
            "variant": "baseline",
            "timestamp": "2025-10-07T12:00:00Z",
            "baseline": {"start": "2025-09-30T12:00:00Z", "end": "2025-10-06T12:00:00Z"},
            "recent": {"start": "2025-10-06T12:00:00Z", "end": "2025-10-07T12:00:00Z"},
        },
    )


def test_the_booking_rate_is_that_of_the_example(reply):
    example = {"baselineRate": "75.00%", "recentRate": "65.00%", "change": "-13.33%", "drift": True, "severity": "medium"}
    has(reply["metrics"]["bookingRate"], example)


def test_the_escalation_rate_is_that_of_the_example(reply):
    example = {"baselineRate": "5.00%", "recentRate": "8.00%", "change": "+60.00%", "drift": True, "severity": "high"}
    has(reply["metrics"]["escalationRate"], example)


def test_the_cost_is_that_of_the_example(reply):
    example = {"baselineCost": "$0.000130", "recentCost": "$0.000170", "change": "+30.77%", "drift": True, "severity": "medium"}
    has(reply["metrics"]["cost"], example)


def test_the_action_distribution_is_that_of_the_example(reply):
    mix = reply["metrics"]["actionDistribution"]
    assert (mix["drift"], mix["severity"], mix["degreesOfFreedom"]) == (True, "high", 3)
    assert mix["chiSquared"] == f"{mix['chiSquaredValue']:.3f}"
    shares = [{name: it[name] for name in ("action", "percentage")} for it in mix["baselineDistribution"]]
    assert shares == [
        {"action": "collect_info", "percentage": "40.00%"},
        {"action": "check_availability", "percentage": "30.00%"},
        {"action": "book_appointment", "percentage": "25.00%"},
        {"action": "confirm", "percentage": "5.00%"},
    ]
    assert [it["percentage"] for it in mix["recentDistribution"]] == ["60.00%", "20.00%", "15.00%", "5.00%"]


def test_the_response_time_that_the_plan_left_out_is_told_too(reply):
    has(reply["metrics"]["responseTime"], {"baselineTime": "2.00s", "recentTime": "2.00s", "change": "+0.00%", "drift": False})


def test_the_drifts_are_listed_by_their_names(reply):
    has(reply, {"drifts": ["booking_rate", "escalation_rate", "cost", "action_distribution"], "overallDrift": True})


def test_beside_each_string_stands_its_number(reply):
    booking = reply["metrics"]["bookingRate"]
    assert booking["baselineRateValue"] == pytest.approx(0.75)
    assert booking["changeValue"] == pytest.approx(-2 / 15)
    assert booking["absoluteValue"] == pytest.approx(-0.10)


def test_by_evidence_the_same_numbers_say_what_decided(client, reply):
    asked = {"variant": "baseline", "at": "2025-10-07T12:00:00Z"}
    booking = client.get("/api/lifecycle/drift/detect", params=asked).json()["metrics"]["bookingRate"]
    assert (booking["status"], booking["drift"]) != ("drift", False)
    assert booking["decidedBy"].keys() >= {"hours", "change", "z", "entry", "onset", "reference"}


def test_a_question_changes_nothing(client, reply):
    assert client.get("/api/lifecycle/drift/history?variant=baseline&limit=10").json() == {"episodes": [], "nextCursor": None}
    assert client.get("/api/lifecycle/drift/metrics").json()["checks"] == 0
