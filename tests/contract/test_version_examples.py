"""The plan's version examples, through the routes as its curl commands ask them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

NOON = datetime.fromisoformat("2025-10-07T12:00:00Z")
VERSIONS = "/api/lifecycle/versions"
CHANGES = ["Added explicit pricing structure", "Improved availability checking", "Added clarification prompts"]
METADATA = {"description": "Improved booking flow with pricing guidance", "createdBy": "retraining_system", "changes": CHANGES}


@pytest.fixture
def register(api):
    """Registers a prompt."""

    def post(prompt: str, variant: str = "baseline", **given: Any) -> dict[str, Any]:
        answer = api.post(f"{VERSIONS}/register", json={"variantName": variant, "systemPrompt": prompt, **given})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


@pytest.fixture
def activate(api):
    """Activates a version."""

    def post(version: int, variant: str = "baseline") -> dict[str, Any]:
        answer = api.post(f"{VERSIONS}/activate", json={"variantName": variant, "version": version})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


@pytest.fixture
def two_versions(register):
    """Version 1, and the plan's version 2."""
    register("p" * 1200)
    register("p" * 1450, metadata={"changes": CHANGES[:2]})


def test_registration_reads_as_in_the_plan(register, holds):
    register("You are a scheduling assistant.")
    assert holds(
        register("You are a friendly scheduling assistant...", metadata=METADATA),
        {
            "variantName": "baseline",
            "version": 2,
            "systemPrompt": "You are a friendly scheduling assistant...",
            "metadata": {"createdAt": "2025-10-07T12:00:00Z", **METADATA},
        },
    )


def test_activation_deactivates_all_others(two_versions, activate, api):
    activate(1)
    activate(2)
    history = api.get(f"{VERSIONS}/history?variantName=baseline").json()["versions"]
    assert {it["version"]: it["isActive"] for it in history} == {1: False, 2: True}


def test_rollback_reads_as_in_the_plan(two_versions, activate, api, clock):
    activate(1)
    activate(2)
    clock(NOON + timedelta(hours=1))
    answer = api.post(f"{VERSIONS}/rollback", json={"variantName": "baseline"})
    assert answer.json() == {
        "variantName": "baseline",
        "previousVersion": 2,
        "currentVersion": 1,
        "rolledBackAt": "2025-10-07T13:00:00Z",
    }


def test_after_a_rollback_the_active_version_is_the_one_before(two_versions, activate, api, holds):
    activate(1)
    activate(2)
    api.post(f"{VERSIONS}/rollback", json={"variantName": "baseline"})
    assert holds(api.get(f"{VERSIONS}/active?variantName=baseline").json(), {"version": 1, "isActive": True})


def test_comparison_reads_as_in_the_plan(two_versions, traffic, api, holds):
    a_day_before = NOON - timedelta(days=1)
    traffic(500, a_day_before - timedelta(days=6), a_day_before, version=1, booked=375, escalated=25, cost_usd=0.00013, total_tokens=450)
    traffic(100, a_day_before, NOON, version=2, booked=82, escalated=3, cost_usd=0.00015, total_tokens=500)
    assert holds(
        api.get(f"{VERSIONS}/compare?variantName=baseline&version1=1&version2=2").json(),
        {
            "variantName": "baseline",
            "version1": {
                "version": 1,
                "totalConversations": 500,
                "bookings": 375,
                "escalations": 25,
                "avgCost": 0.00013,
                "avgTokens": 450.0,
                "bookingRate": 0.75,
                "escalationRate": 0.05,
            },
            "version2": {
                "version": 2,
                "totalConversations": 100,
                "bookings": 82,
                "escalations": 3,
                "avgCost": 0.00015,
                "avgTokens": 500.0,
                "bookingRate": 0.82,
                "escalationRate": 0.03,
            },
            "differences": {"bookingRate": 9.33, "escalationRate": -40.0, "avgCost": 15.38, "avgTokens": 11.11},
        },
    )


def test_diff_reads_as_in_the_plan(two_versions, api, holds):
    assert holds(
        api.get(f"{VERSIONS}/diff?variantName=baseline&version1=1&version2=2").json(),
        {
            "variantName": "baseline",
            "version1": {"version": 1, "promptLength": 1200, "changes": []},
            "version2": {"version": 2, "promptLength": 1450, "changes": CHANGES[:2]},
            "lengthDiff": 250,
            "samePrompt": False,
        },
    )


def test_a_tag_is_set_as_in_the_plan(two_versions, activate, api):
    activate(2)
    description = "Stable version with 82% booking rate"
    tag = {"variantName": "baseline", "version": 2, "tag": "production", "description": description}
    answer = api.post(f"{VERSIONS}/tag", json=tag)
    assert (answer.status_code, answer.json()["tags"]["production"]) == (200, description)


def test_a_tag_needs_no_description_as_in_the_plans_workflow(two_versions, activate, api):
    activate(2)
    assert api.post(f"{VERSIONS}/tag", json={"variantName": "baseline", "version": 2, "tag": "production"}).status_code == 200


def test_the_list_of_variants_reads_as_in_the_plan(register, activate, api, holds):
    for number in (1, 2, 3):
        register(f"prompt {number}")
    for number in (1, 2):
        register(f"prompt {number}", "professional")
    activate(2)
    activate(2, "professional")
    assert holds(
        api.get(f"{VERSIONS}/list").json(),
        {
            "variants": [
                {"variant_name": "baseline", "latestVersion": 3, "totalVersions": 3, "activeVersion": 2},
                {"variant_name": "professional", "latestVersion": 2, "totalVersions": 2, "activeVersion": 2},
            ]
        },
    )
