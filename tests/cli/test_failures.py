"""`lifecycle failures`: why conversations fail, of a session and of a variant."""

import json

import pytest

from deployments.wire.failures import FailureAnalysisWire
from tasks import context, failures
from tests.retrainable import ready

pytestmark = pytest.mark.slow


@pytest.fixture
def failing(lifecycle):
    """`lifecycle failures …`, on a database with a variant "a" that may be retrained."""
    ready(context.database(), "a")
    return lambda *words: lifecycle("failures", *words)


def test_show_tells_each_issue_with_its_evidence_and_conversations_that_show_it(failing):
    said = failing("show", "a").stdout
    issue = failures.analysis("a", context.now()).common_issues[0]
    assert f"{issue.issue}" in said
    assert issue.conversations[0] in said
    assert "lift (95%)" in said


def test_all_shows_what_does_not_count_and_why(failing):
    assert "why it does not count" in failing("show", "a", "--all").stdout


def test_show_as_json_is_the_plans_shape(failing):
    told = json.loads(failing("show", "a", "--json").stdout)
    assert set(told) - {"schemaVersion"} == {it.alias or name for name, it in FailureAnalysisWire.model_fields.items()}
    assert told["commonIssues"][0]["conversations"]


def test_a_name_that_is_neither_is_refused(failing):
    assert failing("show", "nobody").exit_code == 2
