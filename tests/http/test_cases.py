"""The routes of cases: kept, listed, removed, brought back, and what is known of them."""

import pytest

from lifecycle_core.operations import versions
from lifecycle_core.simulation import prompts
from tasks import cases, context

BASE, OF = "/api/lifecycle/cases", {"variant": "a"}
CASE = {"name": "late", "goal": "You are Jane Roe, phone 555-0199. A deep clean on Friday.", "calls": ["check"], "has": "Tuesday 10:00"}


@pytest.fixture
def asked(client):
    """The API with a variant."""
    versions.register(context.database(), context.act("test"), variant="a", system_prompt=prompts.MENDED)
    versions.activate(context.database(), context.act("test"), "a", 1)
    return client


def post(asked, route, **body):
    return asked.post(f"{BASE}/{route}", json=OF | body)


def test_a_case_is_kept_masked_listed_removed_and_brought_back(asked):
    [kept] = post(asked, "add", cases=[CASE]).json()["changed"]
    assert (kept["name"], kept["has"], "Roe" in kept["goal"]) == ("late", "Tuesday 10:00", False)
    assert asked.get(BASE, params=OF).json()["cases"] == [kept]
    assert post(asked, "remove", names=["late"]).status_code == 200
    assert asked.get(BASE, params=OF).json()["cases"] == []
    assert post(asked, "restore", names=["late"]).json()["changed"] == [kept]


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("add", {"cases": [CASE | {"hour": 9}]}, 422),
        ("add", {"cases": [CASE | {"taken": ["Sunday"]}]}, 422),
        ("add", {"cases": []}, 422),
        ("add", {"cases": [CASE, CASE]}, 422),
        ("add", {"cases": [CASE], "variant": "b"}, 404),
        ("remove", {"names": ["nobody"]}, 404),
        ("restore", {"names": []}, 422),
    ],
)
def test_what_cannot_be_meant_is_refused(asked, route, body, status):
    assert post(asked, route, **body).status_code == status


def test_a_report_tells_what_was_served_and_asks_nobody(asked):
    assert asked.get(f"{BASE}/report", params=OF).json()["score"] is None
    score = cases.run("a", 1, runs=1).report.score
    told = asked.get(f"{BASE}/report", params=OF | {"version": 1}).json()
    assert (told["score"], told["customers"]["faithful"], told["simulated"]) == (score, 10, True)


def test_stand_ins_are_told(asked):
    told = asked.get(f"{BASE}/tools", params=OF).json()
    assert {it["tool"]: it["does"] for it in told["standIns"]}["book_appointment"] == "book"


def test_a_version_whose_hint_cannot_be_meant_is_refused(asked):
    tools = [{"type": "function", "function": {"name": "crm"}, "x-lifecycle": {"does": "dance"}}]
    body = {"variantName": "a", "systemPrompt": "x", "tools": tools}
    told = asked.post("/api/lifecycle/versions/register", json=body)
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "tools")
