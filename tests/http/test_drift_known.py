"""POST /api/lifecycle/drift/known, and GET /api/lifecycle/drift/episode."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, traffic
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import episodes
from tasks import context

BASE = "/api/lifecycle/drift"
END = datetime(2025, 10, 7, 12, tzinfo=UTC)
BODY = {"episodeId": 1, "reason": "the new price list is out"}
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def found(client):
    """The API, where a check of noon found that bookings fell on the last of fourteen days."""
    conversations = [
        Conversation(
            id=f"c{number}",
            variant="baseline",
            ended_at=END - timedelta(days=14) + timedelta(minutes=10 * (number + 0.5)),
            booked=number % 10 < (8 if number < 13 * 144 else 3),
        )
        for number in range(14 * 144)
    ]
    act = Provenance("test", END)
    traffic.ingest(context.database(), act, conversations)
    drift.check_and_record(context.database(), act, "baseline", END)
    return client


def test_a_change_that_is_meant_closes_its_episode_and_says_what_that_means(found):
    told = found.post(f"{BASE}/known", json=BODY).json()
    assert (told["episode"]["closedBecause"], told["episode"]["knownBy"]) == ("known: the new price list is out", "http:anonymous")
    assert told["minSamplesForComparison"] == 50
    assert told["meaning"][1] == "the reference begins anew at 2025-10-06 12:00Z, where the last of its alarms began"
    assert found.get(f"{BASE}/history").json()["episodes"] == [told["episode"]]


def test_sent_again_under_its_key_it_is_answered_as_the_first_time(found):
    first, again = (found.post(f"{BASE}/known", json=BODY, headers=KEY) for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)


def test_another_reason_under_the_key_is_refused(found):
    found.post(f"{BASE}/known", json=BODY, headers=KEY)
    told = found.post(f"{BASE}/known", json={**BODY, "reason": "something else"}, headers=KEY)
    assert (told.status_code, told.json()["code"]) == (422, "idempotency-key-reused")


def test_an_episode_that_ended_otherwise_is_409(found):
    with context.database().write(Provenance("test", END)) as tx:
        episodes.save(tx, replace(episodes.get(tx, 1), closed_at=END, closed_because="version 2 took its place"))
    told = found.post(f"{BASE}/known", json=BODY)
    assert (told.status_code, told.json()["code"]) == (409, "episode-over")


@pytest.mark.parametrize(
    "body",
    [{"episodeId": 1}, {"reason": "x"}, {"episodeId": 0, "reason": "x"}, {"episodeId": "1", "reason": "x"}, {**BODY, "reason": " "}],
    ids=["no reason", "no episode", "zero", "text", "blank"],
)
def test_what_cannot_be_meant_is_422_and_changes_nothing(found, body):
    assert found.post(f"{BASE}/known", json=body).status_code == 422
    assert found.get(f"{BASE}/episode", params={"episode": 1}).json()["episode"]["closedAt"] is None


def test_an_episode_is_told_with_its_course_and_its_alarms(found):
    told = found.get(f"{BASE}/episode", params={"episode": 1}).json()
    assert told["episode"]["course"] == [{"at": "2025-10-07T12:00:00Z", "severity": "high", "drifts": ["booking_rate"]}]
    assert told["episode"]["lengthHours"] == 24
    [alarm] = told["alarms"]
    assert (alarm["comparison"], alarm["onset"], alarm["endedAt"]) == ("booking_rate", "2025-10-06T12:00:00Z", None)
    assert (alarm["reference"]["end"], alarm["referenceVersion"]) == ("2025-10-06T12:00:00Z", 1)


def test_an_episode_that_was_never_opened_is_404(found):
    for told in (found.get(f"{BASE}/episode", params={"episode": 7}), found.post(f"{BASE}/known", json={**BODY, "episodeId": 7})):
        assert (told.status_code, told.json()["code"]) == (404, "unknown-episode")


def test_metrics_say_from_when_on_there_are_too_many(found):
    told = found.get(f"{BASE}/metrics").json()
    assert (told["alertPerWeek"], told["alert"], told["driftingOften"]) == (2, False, [])
