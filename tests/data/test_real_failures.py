"""What explains failure in real logs, and what does not: keywords do not, failed tool calls do."""

from dataclasses import replace

import numpy as np
import pytest

from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.dialogue import Dialogue
from lifecycle_core.retraining.failures import analyze
from lifecycle_core.retraining.findings import Observed, findings_of
from lifecycle_core.retraining.signs import SIGNS
from lifecycle_core.retraining.speech import mentions_price
from lifecycle_core.statistics.association import lift

pytestmark = pytest.mark.data


@pytest.fixture
def told(conversations):
    """A file's conversations, those of one task hanging together."""
    return lambda name: [replace(it, goal=f"task {it.segments['task']}") for it in conversations(name)]


@pytest.fixture(scope="module")
def analyses():
    return {}


@pytest.fixture
def mined(told, analyses):
    """What was mined out of a file, once for all tests."""
    return lambda name: analyses.get(name) or analyses.setdefault(name, analyze(told(name)))


def _lift(told, shows):
    shown = {booked: sum(map(shows, group)) for booked in (False, True) if (group := [it for it in told if it.booked is booked])}
    counts = {booked: sum(it.booked is booked for it in told) for booked in (False, True)}
    return float(lift(shown[False], counts[False], shown[True], counts[True]))


@pytest.mark.parametrize(
    ("name", "shows", "expected"),
    [
        ("tau2.jsonl.gz", lambda it: any(fault["tool"] for fault in it.errors), 1.24),
        ("tau.jsonl.gz", lambda it: bool(it.errors), 4.96),
    ],
)
def test_failed_calls_have_the_lift_of_the_datas_own_page(told, name, shows, expected):
    assert _lift(told(name), shows) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("name", "most"), [("tau2.jsonl.gz", 1.05), ("tau.jsonl.gz", 1.05)])
def test_words_of_price_have_hardly_any_lift(told, name, most):
    assert 0.95 < _lift(told(name), lambda it: mentions_price(Dialogue.of(it)) is not None) < most


@pytest.mark.parametrize("name", ["tau2.jsonl.gz", "tau.jsonl.gz"])
def test_pricing_is_no_issue_and_failed_calls_are(mined, name):
    issues = {issue.issue for issue in mined(name).common_issues}

    assert Code.PRICING not in issues
    assert Code.UNCLEAR not in issues
    assert Code.TECHNICAL in issues


def test_crashes_are_the_environments(mined):
    it = mined("tau2.jsonl.gz")

    assert it.authors[Author.ENVIRONMENT] == 48
    assert it.total_failures == 437


def test_outcomes_dealt_among_the_tasks_at_random_give_hardly_any_issue(told):
    """Every task keeps its outcome in all its conversations: what hangs together is not counted as if alone (3 of 100; else 46)."""
    known = [it for it in told("tau2.jsonl.gz") if not it.provider_fault]
    read = [Dialogue.of(it) for it in known]
    shown = np.array([[sign.seen(it) is not None for sign in SIGNS] for it in read])
    tasks = np.unique([it.goal for it in known], return_inverse=True)[1]
    generator = np.random.default_rng(1)
    found = 0
    for _ in range(60):
        failed = generator.random(tasks.max() + 1)[tasks] < 0.33
        found += any(it.counts for it in findings_of(SIGNS, Observed(shown=shown, failed=failed, clusters=tasks)))

    assert found <= 8  # of 60 at 5%, more than 8 come once in 200
