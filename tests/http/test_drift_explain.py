"""GET /api/lifecycle/drift/explain."""

import pytest

from tests.planted import plant

URL = "/api/lifecycle/drift/explain"
ASKED = {"variant": "planted", "at": "2025-10-07T12:00:00Z"}


@pytest.fixture
def planted(client):
    """Two weeks whose last day one region books nothing."""
    plant("region", "<b>north</b>", "south")
    return client


def test_what_sets_the_change_apart_is_told_as_it_came(planted):
    (told,) = planted.get(URL, params=ASKED).json()["attributions"]
    assert told["metric"] == "booking_rate"
    assert told["finding"]["value"] == "<b>north</b>"
    assert told["finding"]["cause"] == "rate"
    assert told["finding"]["ofChange"] == pytest.approx(1, abs=0.05)


def test_the_effects_add_up_on_the_wire(planted):
    (told,) = planted.get(URL, params=ASKED).json()["attributions"]
    for label in told["labels"]:
        effects = sum(it["mixEffect"] + it["rateEffect"] for it in label["segments"])
        assert effects == pytest.approx(told["changeInQuantity"])
    assert told["changeInQuantity"] == pytest.approx(told["recentValue"] - told["baselineValue"])


def test_conversations_are_listed_up_to_the_limit(planted):
    (told,) = planted.get(URL, params={**ASKED, "limit": 4}).json()["attributions"]
    assert [it["why"] for it in told["conversations"]] == ["not booked; region = <b>north</b>"] * 4


def test_a_metric_may_be_named(planted):
    (told,) = planted.get(URL, params={**ASKED, "metric": "cost"}).json()["attributions"]
    assert (told["metric"], told["decided"], told["recentValue"]) == ("cost", False, None)


def test_an_unknown_metric_is_refused_by_name(planted):
    told = planted.get(URL, params={**ASKED, "metric": "mood"})
    assert told.status_code == 422
    assert "metric" in told.text


def test_an_unknown_variant_is_404(client):
    assert client.get(URL, params={"variant": "nobody"}).status_code == 404
