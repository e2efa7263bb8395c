"""The routes of a variant's policy."""

import pytest

BASE = "/api/lifecycle/policy"


@pytest.fixture
def known(client):
    """The API, which knows the variant `baseline`."""
    client.post("/api/lifecycle/versions/register", json={"variantName": "baseline", "systemPrompt": "Be kind."})
    return client


def shown(client):
    return client.get(BASE, params={"variant": "baseline"}).json()


def change(client, settings, route="set", **more):
    return client.post(f"{BASE}/{route}", json={"variant": "baseline", "settings": settings, **more})


def test_a_change_answers_the_policy_that_the_next_question_finds(known):
    told = change(
        known, {"bookingRateThreshold": 0.15, "shadow.replays": 8, "retraining.budgetUsd": None, "retraining.retrainOn": ["cost"]}
    )
    assert told.status_code == 200
    assert told.json() == shown(known)
    assert told.json()["changed"] == ["bookingRateThreshold", "retraining.retrainOn", "retraining.budgetUsd", "shadow.replays"]
    assert told.json()["policy"]["retraining"]["budgetUsd"] is None


def test_a_reset_brings_back_what_is_named_and_without_a_name_all(known):
    change(known, {"bookingRateThreshold": 0.15, "shadow.replays": 8})
    assert change(known, ["shadow.replays"], "reset").json()["changed"] == ["bookingRateThreshold"]
    assert change(known, [], "reset").json()["changed"] == []


def test_the_history_names_who_what_and_why_and_its_undo_takes_a_change_back(known):
    before = shown(known)
    change(known, {"bookingRateThreshold": 0.15, "retraining.budgetUsd": None}, reason="too many alarms")
    [told] = known.get(f"{BASE}/history", params={"variant": "baseline"}).json()["changes"]
    assert (told["by"], told["reason"]) == ("http:anonymous", "too many alarms")
    assert told["settings"]["bookingRateThreshold"] == {"before": 0.1, "after": 0.15}
    change(known, told["undo"])
    assert shown(known) == before


def test_the_history_is_paged_from_the_newest(known):
    for replays in (5, 6, 7):
        change(known, {"shadow.replays": replays})
    first = known.get(f"{BASE}/history", params={"variant": "baseline", "limit": 2}).json()
    rest = known.get(f"{BASE}/history", params={"variant": "baseline", "limit": 2, "cursor": first["nextCursor"]}).json()
    assert [it["settings"]["shadow.replays"]["after"] for it in (*first["changes"], *rest["changes"])] == [7, 6, 5]
    assert rest["nextCursor"] is None


def test_what_changes_nothing_leaves_no_trail(known):
    change(known, {"shadow.replays": 4})
    assert known.get(f"{BASE}/history", params={"variant": "baseline"}).json()["changes"] == []


def test_a_repeat_under_the_same_key_answers_again_and_changes_nothing(known):
    body = {"variant": "baseline", "settings": {"shadow.replays": 8}}
    first = known.post(f"{BASE}/set", json=body, headers={"Idempotency-Key": "k"}).json()
    change(known, {"shadow.replays": 5})
    assert known.post(f"{BASE}/set", json=body, headers={"Idempotency-Key": "k"}).json() == first
    assert shown(known)["policy"]["shadow"]["replays"] == 5


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"bookingRateThreshold": 5}, "bookingRateThreshold is 5.0; give a number from 0.0 to 0.999; a rate cannot fall by all of itself"),
        ({"actionDistributionThreshold": 1.5}, "give a number from 0.0 to 1.0; two mixes of actions cannot differ by more than 1"),
        ({"shadow.replay": 8}, "no setting is called 'shadow.replay'; did you mean 'shadow.replays'?"),
        ({"shadow.replays": True}, "shadow.replays is 'True': input should be a valid integer"),
        ({"shadow.replays": [1]}, "shadow.replays is '[1]': input should be a valid integer"),
        ({}, "settings"),
    ],
)
def test_what_cannot_be_meant_is_422_and_changes_nothing(known, settings, sentence):
    told = change(known, settings)
    assert told.status_code == 422
    assert sentence in told.text
    assert shown(known)["changed"] == []


def test_a_threshold_of_zero_is_told_what_it_comes_to(known):
    told = change(known, {"costIncreaseThreshold": 0}).json()
    assert told["notes"] == ["costIncreaseThreshold is 0: any change at all passes it, and evidence alone decides"]


def test_a_variant_that_nobody_knows_has_no_policy(client):
    assert client.get(BASE, params={"variant": "baselin"}).status_code == 404
    assert change(client, {"shadow.replays": 8}).status_code == 404
    assert client.get(f"{BASE}/history", params={"variant": "baselin"}).status_code == 404
