"""The routes of alerts: how signals stand, silences that are kept and lifted, and messages that wait, arrive or are dead."""

import pytest

from lifecycle_core.operations import alerts, versions
from tasks import context
from tests.posts import dead_delivery

BASE, OF = "/api/lifecycle/alerts", {"variant": "a"}


@pytest.fixture
def asked(client):
    """The API with a variant."""
    versions.register(context.database(), context.act("test"), variant="a", system_prompt="one")
    return client


def test_a_variant_without_traffic_alerts_nobody_and_says_what_is_watched(asked):
    told = asked.get(BASE, params=OF).json()
    assert (told["alerting"], told["episodes"], told["targets"]) == (0, [], [])
    by_name = {it["signal"]: it for it in told["signals"]}
    assert by_name["booking_rate"]["threshold"] == 0.7
    assert by_name["drift_frequency"]["words"] == "drift frequency 0 in 7 days, not above 2"


def test_a_silence_is_kept_listed_and_lifted(asked):
    kept = asked.post(f"{BASE}/silence", json=OF | {"signals": ["cost"], "hours": 1.5, "reason": "a release"}).json()
    assert asked.get(BASE).json()["silences"] == [kept]
    silenced = [it["signal"] for it in asked.get(BASE, params=OF).json()["signals"] if it["silenced"]]
    assert silenced == ["cost"]
    lifted = asked.post(f"{BASE}/lift", json={"silenceId": kept["id"]}).json()
    assert (lifted["liftedBy"], asked.get(BASE).json()["silences"]) == (kept["owner"], [])


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("silence", {"hours": 1}, 422),
        ("silence", {"hours": 0, "reason": "x"}, 422),
        ("silence", {"hours": 9999, "reason": "x"}, 422),
        ("silence", {"hours": 1, "reason": "x", "signals": ["mood"]}, 422),
        ("silence", {"hours": 1, "reason": "x", "variant": "nobody"}, 404),
        ("lift", {"silenceId": 99}, 404),
        ("resend", {"messageId": "msg_none"}, 404),
    ],
)
def test_what_cannot_be_meant_is_refused(asked, route, body, status):
    assert asked.post(f"{BASE}/{route}", json=body).status_code == status


def test_a_trial_waits_for_whatever_serves_and_is_paged_with_the_others(asked):
    ids = [asked.post(f"{BASE}/test", json={}).json()["id"] for _ in range(3)]
    first = asked.get(f"{BASE}/messages", params={"limit": 2}).json()
    rest = asked.get(f"{BASE}/messages", params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert [it["id"] for it in first["messages"] + rest["messages"]] == ids[::-1]
    assert {it["addressed"] for it in first["messages"]} == {False}


def test_a_dead_delivery_is_shown_and_tried_anew(asked):
    dead_delivery(context.database(), context.act("test"))
    assert asked.get(BASE).json()["deliveries"] == {"pending": 0, "delivered": 0, "dead": 1}
    [message] = asked.get(f"{BASE}/messages").json()["messages"]
    assert [it["error"] for it in message["deliveries"]] == ["hooks.example answered 410"]
    assert asked.post(f"{BASE}/resend", json={"messageId": message["id"]}).json()["resent"] == 1
    assert len(alerts.take(context.database(), context.act("test"), ["hooks.example/1"])) == 1
