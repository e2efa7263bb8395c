"""The audit log over HTTP: pages of it, whether it holds, and anchors."""

import json
import sqlite3
from contextlib import closing

import pytest

BASE = "/api/lifecycle/audit"


@pytest.fixture
def changed(client):
    """Three variants with a version: each is one row."""
    for name in "abc":
        body = {"variantName": name, "systemPrompt": "one"}
        client.post("/api/lifecycle/versions/register", json=body, headers={"X-Request-Id": f"r-{name}"})
    return client


def test_pages_tell_every_change_once(changed):
    found, path = [], f"{BASE}?limit=2"
    while path:
        told = changed.get(path)
        found += [it["number"] for it in told.json()["changes"]]
        path = told.links["next"]["url"] if "next" in told.links else None
    assert found == [3, 2, 1]


def test_a_request_is_looked_up_by_the_id_that_its_reply_had(changed):
    told = changed.get(BASE, params={"requestId": "r-b"}).json()["changes"]
    assert [it["subject"] for it in told] == ["model_versions:b/1"]
    assert changed.get(BASE, params={"subject": "policies:"}).json() == {"changes": [], "nextCursor": None}


def test_since_wants_a_zone(changed):
    assert changed.get(BASE, params={"since": "2025-10-07T12:00:00"}).status_code == 422
    assert len(changed.get(BASE, params={"since": "2025-10-07T12:00:00Z"}).json()["changes"]) == 3


def test_an_anchor_is_told_and_kept_and_the_log_held_against_it(changed, tmp_path):
    told = changed.post(f"{BASE}/anchor").json()
    assert (told["rows"], told["appended"]) == (3, True)
    assert (tmp_path / "audit-anchors.jsonl").read_text() == f"{told['line']}\n"
    found = changed.get(f"{BASE}/verify").json()
    assert (found["anchoredRows"], found["notAnchored"], found["problems"]) == (3, 0, [])
    assert found["lastAnchor"]["head"] == found["head"] == told["head"]


def test_a_dry_run_keeps_no_anchor(changed, tmp_path):
    told = changed.post(f"{BASE}/anchor", params={"dryRun": True})
    assert (told.headers["X-Dry-Run"], told.json()["rows"]) == ("true", 3)
    assert not (tmp_path / "audit-anchors.jsonl").exists()


def test_a_log_that_was_cut_short_is_told_and_not_anchored(changed, tmp_path):
    changed.post(f"{BASE}/anchor")
    with closing(sqlite3.connect(tmp_path / "lifecycle.db")) as other, other:
        other.execute("DELETE FROM audit_log WHERE id = 3")
    assert any("was cut short" in it for it in changed.get(f"{BASE}/verify").json()["problems"])
    refused = changed.post(f"{BASE}/anchor")
    assert (refused.status_code, json.loads(refused.text)["code"]) == (409, "audit-broken")


def test_the_same_request_again_makes_no_other_anchor(changed, tmp_path):
    headers = {"Idempotency-Key": "k"}
    changed.post(f"{BASE}/anchor", params={"dryRun": True}, headers=headers)
    first = changed.post(f"{BASE}/anchor", headers=headers).json()
    changed.post("/api/lifecycle/versions/register", json={"variantName": "d", "systemPrompt": "two"})
    assert changed.post(f"{BASE}/anchor", headers=headers).json() == first
    assert len((tmp_path / "audit-anchors.jsonl").read_text().splitlines()) == 1


def test_half_a_character_in_a_row_that_was_tampered_with_is_told_and_no_error(changed, tmp_path):
    with closing(sqlite3.connect(tmp_path / "lifecycle.db")) as other, other:
        other.execute("""UPDATE audit_log SET after = '{"prompt":"a\\ud800b"}' WHERE id = 3""")
    assert changed.get(BASE).json()["changes"][0]["after"] == {"prompt": "a?b"}
    assert changed.get(f"{BASE}/verify").json()["problems"]
