"""`?dryRun=true` on every POST of the document: the answer of the real thing, and no table is another one afterwards."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from deployments.http.openapi import DOCUMENT
from lifecycle_core.operations import versions
from lifecycle_core.store.database import sqlite_module
from tasks import context

pytestmark = pytest.mark.slow

LIFECYCLE, SHADOW = "/api/lifecycle", "/api/reliability/shadow"
POSTS = {path for path, methods in json.loads(DOCUMENT.read_text())["paths"].items() if "post" in methods}
VARIANT = {"variantName": "baseline"}
PAIR = {"scenarioId": "p1", "endedAt": datetime.now(UTC).isoformat(), "incumbent": {"successes": 0}, "candidate": {"successes": 1}}
CASES = {
    f"{LIFECYCLE}/conversations": ("ready", {"id": "new", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z"}),
    f"{LIFECYCLE}/drift/known": ("ready", {"episodeId": 1, "reason": "meant"}),
    f"{LIFECYCLE}/policy/set": ("ready", {"variant": "baseline", "settings": {"bookingRateThreshold": 0.2}}),
    f"{LIFECYCLE}/policy/reset": ("ready", {"variant": "baseline"}),
    f"{LIFECYCLE}/keys/create": ("ready", {"name": "ada", "roles": ["admin"]}),
    f"{LIFECYCLE}/keys/revoke": ("ready", {"name": "ada"}),
    f"{LIFECYCLE}/retraining/start": ("ready", {"variant": "baseline"}),
    f"{LIFECYCLE}/retraining/approve": ("asked", {"reason": "read all ten"}),
    f"{LIFECYCLE}/retraining/reject": ("asked", {"reason": "read all ten"}),
    f"{LIFECYCLE}/retraining/cancel": ("asked", {}),
    f"{LIFECYCLE}/retraining/finalize": ("asked", {"force": True, "reason": "now"}),
    f"{LIFECYCLE}/versions/register": ("ready", VARIANT | {"systemPrompt": "new"}),
    f"{LIFECYCLE}/versions/activate": ("two", VARIANT | {"version": 1}),
    f"{LIFECYCLE}/versions/rollback": ("two", VARIANT),
    f"{LIFECYCLE}/versions/tag": ("two", VARIANT | {"version": 2, "tag": "good"}),
    f"{LIFECYCLE}/versions/untag": ("two", VARIANT | {"version": 2, "tag": "experimental"}),
    f"{SHADOW}/samples": ("tested", {"samples": [PAIR]}),
}
NOTHING_TO_DO = {f"{LIFECYCLE}/drift/known", f"{LIFECYCLE}/keys/revoke"}
"""What finds nothing in these databases to change, and says so as it would without a dry run."""


def dump():
    """Every row of every table."""
    with closing(sqlite_module().connect(context.settings().data_dir / "lifecycle.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - its own names


@pytest.fixture
def told(client, tmp_path, request):
    """What a POST with a body and these parameters is answered on a database of the case's kind."""

    def post(path, **params):
        kind, body = CASES[path]
        template = {"two": "ready"}.get(kind, kind)
        session = request.getfixturevalue(f"{template}_template").to(tmp_path / "lifecycle.db")
        if kind == "two":
            act = context.act("test")
            versions.register(context.database(), act, variant="baseline", system_prompt="two")
            versions.activate(context.database(), act, "baseline", 2)
        if kind in {"asked", "tested"}:
            body = body | {"sessionId": session}
        before = dump()
        answer = client.post(path, params=params, json=body)
        return answer, before == dump()

    return post


def test_every_post_has_a_case():
    assert set(CASES) == POSTS


@pytest.mark.parametrize("path", sorted(CASES))
def test_a_dry_run_answers_and_changes_no_table(told, path):
    answer, same = told(path, dryRun="true")
    assert same
    if path in NOTHING_TO_DO:
        assert answer.status_code == 404
    else:
        assert (answer.status_code // 100, answer.headers["X-Dry-Run"]) == (2, "true")


@pytest.mark.parametrize("path", sorted(set(CASES) - NOTHING_TO_DO))
def test_the_same_without_it_changes_something(told, path):
    answer, same = told(path)
    assert answer.status_code // 100 == 2, answer.text
    assert not same or path.endswith(("untag", "reset"))
    assert "X-Dry-Run" not in answer.headers


def test_a_dry_run_tells_what_the_real_one_would(told):
    tried, _ = told(f"{LIFECYCLE}/retraining/approve", dryRun="true")
    done, _ = told(f"{LIFECYCLE}/retraining/approve")
    assert tried.json()["success"] is done.json()["success"] is True
    assert tried.json()["message"] == done.json()["message"]
    assert datetime.fromisoformat(tried.json()["session"]["completedAt"]) <= datetime.now(UTC)
