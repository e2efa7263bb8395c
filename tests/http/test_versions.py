"""The nine routes of versions, as an on-call person would use them."""

import pytest

BASE = "/api/lifecycle/versions"


@pytest.fixture
def two(client):
    """A variant with two versions, the second active."""
    for number in (1, 2):
        client.post(f"{BASE}/register", json={"variantName": "baseline", "systemPrompt": f"prompt {number}"})
        client.post(f"{BASE}/activate", json={"variantName": "baseline", "version": number, "reason": f"try {number}"})
    return client


def test_registering_the_same_again_answers_the_same_version(client):
    body = {"variantName": "baseline", "systemPrompt": "be kind", "metadata": {"description": "first"}}
    first, again = (client.post(f"{BASE}/register", json=body).json() for _ in range(2))
    assert first == again
    assert (first["version"], first["isActive"]) == (1, False)


def test_a_rollback_brings_the_version_before_back_and_moves_the_tags(two):
    told = two.post(f"{BASE}/rollback", json={"variantName": "baseline", "reason": "bookings fell"}).json()
    assert (told["previousVersion"], told["currentVersion"]) == (2, 1)
    assert two.get(f"{BASE}/active", params={"variantName": "baseline"}).json()["version"] == 1
    history = two.get(f"{BASE}/history", params={"variantName": "baseline"}).json()
    assert [(it["version"], it["kind"], it["reason"]) for it in history["activations"]] == [
        (1, "rollback", "bookings fell"),
        (2, "activate", "try 2"),
        (1, "activate", "try 1"),
    ]
    assert [it["version"] for it in history["versions"] if "production" in it["tags"]] == [1]


def test_a_rollback_with_nothing_before_is_409_with_a_remedy(two):
    two.post(f"{BASE}/rollback", json={"variantName": "baseline"})
    told = two.post(f"{BASE}/rollback", json={"variantName": "baseline"})
    assert (told.status_code, told.json()["code"]) == (409, "nothing-to-roll-back")


def test_a_version_that_was_never_registered_cannot_be_activated(two):
    told = two.post(f"{BASE}/activate", json={"variantName": "baseline", "version": 9})
    assert (told.status_code, told.json()["code"]) == (404, "unknown-version")
    assert two.get(f"{BASE}/active", params={"variantName": "baseline"}).json()["version"] == 2


def test_a_tag_moves_from_one_version_to_another(two):
    for version in (1, 2):
        two.post(f"{BASE}/tag", json={"variantName": "baseline", "version": version, "tag": "best", "description": f"v{version}"})
    versions = two.get(f"{BASE}/history", params={"variantName": "baseline"}).json()["versions"]
    assert {it["version"]: it["tags"].get("best") for it in versions} == {1: None, 2: "v2"}


def test_a_history_is_paged_to_its_end_without_a_gap(client):
    for number in range(5):
        client.post(f"{BASE}/register", json={"variantName": "baseline", "systemPrompt": f"prompt {number}"})
    seen, cursor = [], None
    while True:
        asked = {"variantName": "baseline", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{BASE}/history", params=asked).json()
        seen += [it["version"] for it in page["versions"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_who_asked_is_in_the_history(two):
    activations = two.get(f"{BASE}/history", params={"variantName": "baseline"}).json()["activations"]
    assert {it["by"] for it in activations} == {"http:anonymous"}


def test_half_a_character_in_a_document_is_422_and_names_the_field(client):
    body = r'{"variantName": "b", "systemPrompt": "p", "metadata": {"a": "\ud800"}}'
    told = client.post(f"{BASE}/register", content=body, headers={"Content-Type": "application/json"})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "metadata")
