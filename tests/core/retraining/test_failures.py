"""What is called an issue, and what is not, where the truth is known."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pydantic import TypeAdapter

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.failures import FailureAnalysis, analyze
from lifecycle_core.retraining.findings import Observed, findings_of
from lifecycle_core.retraining.signs import SIGNS

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


def conversation(number, *words, booked, **more):
    roles = ("user", "assistant")
    messages = tuple({"role": roles[place % 2], "content": text} for place, text in enumerate(words))
    return Conversation(id=f"c{number}", variant="v", ended_at=NOON - timedelta(minutes=number), booked=booked, messages=messages, **more)


def traffic(failures, successes, failed, fine):
    """Failures and successes, so many of each showing `failed` and the others `fine`."""
    (shown1, n1), (shown0, n0) = failures, successes
    for number in range(n1):
        yield conversation(number, *(failed if number < shown1 else fine), booked=False)
    for number in range(n0):
        yield conversation(1000 + number, *(failed if number < shown0 else fine), booked=True)


PRICE = ("How much is a deep clean?", "Let me see.", "How much is it?")
FINE = ("A deep clean on Thursday, please.", "With pleasure.")


def test_a_word_as_frequent_in_successes_is_no_issue_however_frequent_it_is():
    it = analyze([*traffic((78, 100), (234, 300), PRICE, FINE)])

    assert it.common_issues == ()
    finding = next(found for found in it.findings if found.name == "mentions_price")
    assert (finding.share, finding.lift) == (0.78, pytest.approx(1.0))
    assert "1.00 times as often" in finding.why_not


def test_a_word_rarer_in_failures_is_no_issue():
    assert analyze([*traffic((17, 100), (126, 300), PRICE, FINE)]).common_issues == ()


def test_what_failures_show_three_times_as_often_is_an_issue_with_its_figures():
    it = analyze([*traffic((48, 100), (48, 300), PRICE, FINE)])
    issue = it.common_issues[0]

    assert (issue.issue, issue.count, issue.share, issue.support) == (Code.PRICING, 48, 0.48, 96)
    assert issue.lift == pytest.approx(3.0)
    assert 1 < issue.lift_low < 3 < issue.lift_high
    assert issue.q <= 0.05
    assert issue.quotes[0].text in PRICE
    assert len(issue.conversations) == 48


def test_four_failures_alone_are_no_issue():
    it = analyze([*traffic((4, 20), (0, 300), PRICE, FINE)])

    assert it.common_issues == ()
    assert any(found.why_not == "4 failures show it; 5 are needed" for found in it.findings)


def test_one_customer_who_comes_back_thirty_times_is_no_issue():
    alone = [*traffic((30, 60), (0, 0), PRICE, FINE)]
    loud = [conversation(2000 + number, *(PRICE if number < 30 else FINE), booked=False, customer_id="loud") for number in range(31)]
    fine = [conversation(4000 + number, *(PRICE if number < 20 else FINE), booked=True) for number in range(300)]

    assert analyze([*alone, *fine]).common_issues[0].issue is Code.PRICING
    assert analyze([*[conversation(9000 + n, *FINE, booked=False) for n in range(200)], *loud, *fine]).common_issues == ()


def test_outcomes_dealt_at_random_give_an_issue_no_oftener_than_promised():
    """With no sign telling anything, the share of analyses with any issue is at most the level of q; the interval halves it."""
    generator = np.random.default_rng(1)
    shown = generator.random((300, len(SIGNS))) < generator.uniform(0.05, 0.8, len(SIGNS))
    found = 0
    for _ in range(200):
        failed = generator.permutation(np.arange(300) < 90)
        found += any(it.counts for it in findings_of(SIGNS, Observed(shown=shown, failed=failed, clusters=np.arange(300))))

    assert found <= 12  # 10 at 5%; more than 18 would refute it, and one side alone is asked


def test_the_order_of_conversations_changes_nothing():
    told = [*traffic((48, 100), (48, 300), PRICE, FINE)]
    it, turned = analyze(told), analyze(told[::-1])

    assert it.findings == turned.findings
    assert [(issue.issue, issue.count) for issue in it.common_issues] == [(issue.issue, issue.count) for issue in turned.common_issues]


def test_a_crash_is_the_environments_and_says_nothing_of_signs():
    crash = {"tool": None, "message": "litellm.Timeout"}
    told = [*traffic((48, 100), (48, 300), PRICE, FINE), *(conversation(5000 + n, booked=False, errors=(crash,)) for n in range(50))]
    it = analyze(told)

    assert (it.total_failures, it.authors[Author.ENVIRONMENT]) == (150, 50)
    assert it.common_issues[0].lift == pytest.approx(3.0)


def test_a_service_that_fails_twice_is_the_environments_fault():
    fault = {"tool": "check_availability", "message": "503 Service Unavailable"}
    it = analyze([conversation(1, *FINE, booked=False, errors=(fault, fault)), conversation(2, *FINE, booked=False, errors=(fault,))])

    assert it.authors == {Author.CUSTOMER: 0, Author.AGENT: 1, Author.ENVIRONMENT: 1}


@pytest.mark.parametrize(
    ("words", "escalated"), [("Never mind, I changed my mind.", False), ("I want my money back. Let me speak to a person.", True)]
)
def test_a_customer_who_withdraws_or_is_handed_over_at_their_wish_is_no_failure_of_the_agent(words, escalated):
    assert analyze([conversation(1, words, booked=False, escalated=escalated)]).authors[Author.CUSTOMER] == 1


def test_what_no_issue_explains_is_other_with_the_words_that_set_it_apart():
    odd = ("A deep clean on Sunday morning, please.", "With pleasure.")
    it = analyze([*traffic((40, 100), (2, 300), odd, FINE)])

    assert it.other.count == 100
    assert any("sunday" in phrase.text for phrase in it.other.phrases)


def test_unknown_outcomes_enter_no_rate():
    told = [*traffic((48, 100), (48, 300), PRICE, FINE)]
    more = [conversation(7000 + number, *PRICE, booked=None, escalated=True) for number in range(40)]

    assert analyze([*told, *more]).findings == analyze(told).findings
    assert analyze([*told, *more]).escalations == 40


@pytest.mark.parametrize("failures", [0, 1])
def test_traffic_with_no_failure_or_no_success_has_no_issue(failures):
    it = analyze([conversation(number, *PRICE, booked=not failures) for number in range(60)])

    assert it.common_issues == ()
    assert it.avg_messages_before_failure == (3.0 if failures else None)


def test_nothing_at_all_has_no_issue():
    assert analyze([]).total_failures == 0


def test_an_analysis_is_json_and_comes_back_the_same():
    it = analyze([*traffic((48, 100), (48, 300), PRICE, FINE)])
    kept = TypeAdapter(FailureAnalysis).dump_json(it)

    assert TypeAdapter(FailureAnalysis).validate_json(kept) == it
    assert "Infinity" not in json.dumps(json.loads(kept))
