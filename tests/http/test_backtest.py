"""`GET /api/lifecycle/drift/backtest`."""

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations.traffic import ingest
from lifecycle_core.provenance import Provenance
from tasks import context

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
ROUTE = "/api/lifecycle/drift/backtest"


@pytest.fixture
def ill(client):
    """The API over two weeks of traffic whose bookings fall on the last day."""
    hours = [NOON - timedelta(days=14) + timedelta(minutes=20 * it) for it in range(14 * 72)]
    batch = [
        Conversation(id=str(number), variant="baseline", ended_at=at, booked=number % 10 < (3 if at >= NOON - timedelta(days=1) else 8))
        for number, at in enumerate(hours)
    ]
    ingest(context.database(), Provenance("test", NOON), batch)
    return client


def test_the_present_policy_and_the_bare_thresholds_are_told(ill):
    told = ill.get(ROUTE, params={"variant": "baseline"}).json()
    assert [it["policy"] for it in told["courses"]] == ["current", "threshold"]
    assert told["checked"] == {"start": "2025-09-23T13:00:00Z", "end": "2025-10-07T12:00:00Z"}
    assert (told["conversations"], told["courses"][0]["checks"]) == (14 * 72, 14 * 24)


def test_a_changed_policy_stands_between_them_with_what_it_changes(ill):
    asked = [("variant", "baseline"), ("set", "bookingRateThreshold=0.9"), ("set", "retraining.cooldownDays=3")]
    told = ill.get(ROUTE, params=asked).json()
    current, changed, _ = told["courses"]
    assert (current["settings"], current["detections"]) == ({}, 1)
    assert (changed["settings"], changed["detections"]) == ({"bookingRateThreshold": "0.9", "retraining.cooldownDays": "3"}, 0)
    assert told["verdict"].startswith("With bookingRateThreshold 0.9 and retraining.cooldownDays 3 the watch would have alarmed 0 times")


def test_an_episode_and_its_retraining_are_told_with_their_instants(ill):
    (current, _) = ill.get(ROUTE, params={"variant": "baseline", "from": "2025-10-01T00:00:00Z"}).json()["courses"]
    (episode,) = current["episodes"]
    assert episode["drifts"] == ["booking_rate"]
    assert "2025-10-06T12:00:00Z" < episode["beganAt"] <= "2025-10-07T12:00:00Z"
    assert [it["triggers"] for it in current["retrainings"]] == [["booking_rate"]]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"variant": "basline"}, 404, set()),
        ({"variant": "baseline", "set": "nothing=1"}, 422, {"nothing"}),
        ({"variant": "baseline", "set": "bookingRateThreshold"}, 422, {"set"}),
        ({"variant": "baseline", "from": "2025-10-05T00:00Z", "to": "2025-10-01T00:00Z"}, 422, {"from"}),
        ({"variant": "baseline", "to": "2025-10-05"}, 422, {"to"}),
        ({"variant": "baseline", "mode": "guess"}, 422, {"mode"}),
        ({"variant": "baseline", "since": "2025-10-05"}, 422, {"since"}),
    ],
)
def test_what_cannot_be_meant_is_a_problem_that_names_its_field(ill, asked, status, field):
    answer = ill.get(ROUTE, params=asked)
    assert answer.status_code == status
    assert {it["field"] for it in answer.json()["errors"]} >= field
