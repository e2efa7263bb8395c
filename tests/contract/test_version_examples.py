"""The plan's examples of versions, from prompts and conversations that have its numbers."""

import pytest

BASE = "/api/lifecycle/versions"
METADATA = {
    "description": "Improved booking flow with pricing guidance",
    "createdBy": "retraining_system",
    "changes": ["Added explicit pricing structure", "Improved availability checking"],
}


def conversations(version, n, booked, escalated, cost_usd, tokens):
    return [
        {
            "id": f"{version}-{place}",
            "variant": "baseline",
            "version": version,
            "ended_at": "2025-10-07T11:00:00Z",
            "booked": place < booked,
            "escalated": place < escalated,
            "cost_usd": cost_usd,
            "total_tokens": tokens,
        }
        for place in range(n)
    ]


@pytest.fixture
def api(client):
    """The plan's variant: version 1 served, version 2 is registered and has served too."""
    register = [
        {"variantName": "baseline", "systemPrompt": "x" * 1200},
        {"variantName": "baseline", "systemPrompt": "y" * 1450, "metadata": METADATA},
    ]
    for body in register:
        client.post(f"{BASE}/register", json=body).raise_for_status()
    client.post(f"{BASE}/activate", json={"variantName": "baseline", "version": 1}).raise_for_status()
    served = conversations(1, 500, 375, 25, 0.00013, 450) + conversations(2, 100, 82, 3, 0.00015, 500)
    client.post("/api/lifecycle/conversations", json=served).raise_for_status()
    return client


def pair(**more):
    return {"variantName": "baseline", "version1": 1, "version2": 2, **more}


def test_registering_answers_the_version_and_its_metadata(client):
    body = {"variantName": "baseline", "systemPrompt": "You are a friendly scheduling assistant...", "metadata": METADATA}
    told = client.post(f"{BASE}/register", json=body).json()
    assert {name: told[name] for name in ("variantName", "version", "systemPrompt")} == {
        "variantName": "baseline",
        "version": 1,
        "systemPrompt": "You are a friendly scheduling assistant...",
    }
    assert told["metadata"].items() >= METADATA.items()
    assert told["metadata"]["createdAt"].endswith("Z")


def test_a_rollback_answers_from_where_to_where_and_when(api):
    api.post(f"{BASE}/activate", json={"variantName": "baseline", "version": 2}).raise_for_status()
    told = api.post(f"{BASE}/rollback", json={"variantName": "baseline"}).json()
    assert told.keys() == {"variantName", "previousVersion", "currentVersion", "rolledBackAt"}
    assert (told["variantName"], told["previousVersion"], told["currentVersion"]) == ("baseline", 2, 1)


def test_a_comparison_has_the_numbers_of_the_example(api):
    told = api.get(f"{BASE}/compare", params=pair()).json()
    first = {"totalConversations": 500, "bookings": 375, "escalations": 25, "avgTokens": 450, "bookingRate": 0.75, "escalationRate": 0.05}
    second = {"totalConversations": 100, "bookings": 82, "escalations": 3, "avgTokens": 500, "bookingRate": 0.82, "escalationRate": 0.03}
    assert told["version1"].items() >= {"version": 1, **first}.items()
    assert told["version2"].items() >= {"version": 2, **second}.items()
    assert (told["version1"]["avgCost"], told["version2"]["avgCost"]) == pytest.approx((0.00013, 0.00015))
    assert told["differences"] == {"bookingRate": 9.33, "escalationRate": -40.0, "avgCost": 15.38, "avgTokens": 11.11}


def test_a_diff_has_the_numbers_of_the_example(api):
    told = api.get(f"{BASE}/diff", params=pair()).json()
    assert told["version1"] == {"version": 1, "promptLength": 1200, "changes": []}
    assert told["version2"] == {"version": 2, "promptLength": 1450, "changes": METADATA["changes"]}
    assert (told["variantName"], told["lengthDiff"], told["samePrompt"]) == ("baseline", 250, False)


def test_a_tag_is_set_with_its_description(api):
    body = {"variantName": "baseline", "version": 1, "tag": "stable", "description": "Stable version with 75% booking rate"}
    told = api.post(f"{BASE}/tag", json=body).json()
    assert told["tags"]["stable"] == "Stable version with 75% booking rate"


def test_the_list_keeps_the_names_of_the_example(api):
    (listed,) = api.get(f"{BASE}/list").json()["variants"]
    assert listed.items() >= {"variant_name": "baseline", "latestVersion": 2, "totalVersions": 2, "activeVersion": 1}.items()
