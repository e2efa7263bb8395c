"""What a person decides by, over HTTP: a report to be read, and an answer that is to what was shown."""

import pytest

from lifecycle_core.operations import retraining
from tasks import context, nudges, review

pytestmark = pytest.mark.slow

BASE = "/api/lifecycle/retraining"


@pytest.fixture
def asked(client, monkeypatch, tmp_path, asked_template):
    """A session that waits for a person; Prefect is away."""

    async def decided(act, session):
        """Nobody is told."""

    monkeypatch.setattr(nudges, "decided", decided)
    return asked_template.to(tmp_path / "lifecycle.db")


def answer(client, session, route="approve", **others):
    return client.post(f"{BASE}/{route}", json={"sessionId": session, "reason": "read all ten", **others})


@pytest.mark.parametrize("length", [64, 8])
def test_an_answer_to_what_the_review_shows_is_kept_with_it(client, asked, length):
    shown = client.get(f"{BASE}/review?sessionId={asked}").json()["evidenceHash"]
    told = answer(client, asked, evidenceHash=shown[:length]).json()
    assert (told["success"], told["session"]["review"]["evidenceHash"]) == (True, shown)


@pytest.mark.parametrize("route", ["approve", "reject"])
def test_an_answer_to_other_evidence_is_409_and_decides_nothing(client, asked, route):
    refused = answer(client, asked, route, evidenceHash="0" * 64)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale-evidence")
    assert retraining.session(context.database(), asked).review is None


def test_a_hash_that_is_too_short_to_name_anything_is_422(client, asked):
    refused = answer(client, asked, evidenceHash="abc")
    assert (refused.status_code, "evidenceHash is 'abc'" in refused.json()["detail"]) == (422, True)


def test_before_a_verdict_there_is_no_evidence_to_answer_to(client, tmp_path, tested_template):
    session = tested_template.to(tmp_path / "lifecycle.db")
    assert client.get(f"{BASE}/review?sessionId={session}").json()["evidenceHash"] is None


def test_a_report_is_a_page_that_may_load_and_run_nothing(client, asked):
    page = client.get(f"{BASE}/report?sessionId={asked}")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert review.shown(asked).evidence_hash in page.text


def test_a_report_may_be_had_in_markdown(client, asked):
    page = client.get(f"{BASE}/report?sessionId={asked}&format=markdown")
    assert page.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert page.text.startswith("# Retraining of baseline\n")


@pytest.mark.parametrize(("asked_for", "status"), [("sessionId=retrain_x_1", 404), ("sessionId=a&format=pdf", 422), ("", 422)])
def test_a_report_that_cannot_be_meant_is_refused(client, asked_for, status):
    assert client.get(f"{BASE}/report?{asked_for}").status_code == status


def test_a_session_links_its_report_and_what_a_decision_rests_on(client, asked):
    links = client.get(f"{BASE}/status?sessionId={asked}").json()["session"]["links"]
    assert links.pop("flowRun") is None
    assert {name: client.get(path).status_code for name, path in links.items()} == dict.fromkeys(
        ("page", "session", "report", "review", "failures"), 200
    )
