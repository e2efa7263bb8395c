"""`?dryRun=true` on every POST of the document: the answer of the real thing, and no table is another one afterwards."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from deployments.http.openapi import DOCUMENT
from lifecycle_core.store.database import sqlite_module
from tasks import context
from tests.posts import ANCHOR, CASES, LIFECYCLE, prepared

pytestmark = pytest.mark.slow

POSTS = {path for path, methods in json.loads(DOCUMENT.read_text())["paths"].items() if "post" in methods}
NOTHING_TO_DO = {f"{LIFECYCLE}/drift/known", f"{LIFECYCLE}/keys/revoke"}
"""What finds nothing in these databases to change, and says so as it would without a dry run."""


def dump():
    """Every row of every table."""
    with closing(sqlite_module().connect(context.settings().data_dir / "lifecycle.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - its own names


@pytest.fixture
def told(client, tmp_path, request):
    """What a POST with these parameters is answered on a database of the case's kind, and whether all tables are the same afterwards."""

    def post(path, **params):
        body = prepared(path, tmp_path, lambda kind: request.getfixturevalue(f"{kind}_template"))
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
    assert not same or path == ANCHOR or path.endswith(("untag", "reset"))
    assert "X-Dry-Run" not in answer.headers


def test_a_dry_run_tells_what_the_real_one_would(told):
    tried, _ = told(f"{LIFECYCLE}/retraining/approve", dryRun="true")
    done, _ = told(f"{LIFECYCLE}/retraining/approve")
    assert tried.json()["success"] is done.json()["success"] is True
    assert tried.json()["message"] == done.json()["message"]
    assert datetime.fromisoformat(tried.json()["session"]["completedAt"]) <= datetime.now(UTC)
