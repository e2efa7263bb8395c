"""What a model read becomes an issue where its quotes count, and stands beside the signs where these have found the same."""

import json
from datetime import UTC, datetime

import pytest

from lifecycle_core.chat import ChatReply
from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.failures import analyze
from lifecycle_core.retraining.read_issues import joined, to_read
from lifecycle_core.retraining.reading import read

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
RUDE = "That is none of my business."


def held(number, *, booked, words):
    said = ({"role": "user", "content": "A deep clean on Monday, please."}, {"role": "assistant", "content": words})
    return Conversation(id=str(number), variant="v", ended_at=NOON, booked=booked, messages=said)


@pytest.fixture(scope="module")
def conversations():
    """Thirty failures, of which twenty have a rude agent, and thirty successes, of which one has."""
    rude = [number < 20 or number == 30 for number in range(60)]
    return [held(number, booked=number >= 30, words=RUDE if rude[number] else "It is booked.") for number in range(60)]


def reading(conversations, code):
    """A model that sees `code` wherever the agent is rude, and quotes it."""

    def reader(request):
        rude = "none·of·my·business" in request.messages[1].content
        seen = [{"code": code, "author": "agent", "quote": RUDE}] if rude else []
        return ChatReply(content=json.dumps({"observations": seen}), model="m")

    return read(conversations, chat=reader, model="m", marker="k3q9x7vd")


def test_what_no_sign_sees_is_an_issue_where_a_model_saw_it_in_failures(conversations):
    analysis = analyze(conversations)
    assert Code.POLICY_VIOLATION not in {it.issue for it in analysis.common_issues}
    it = joined(analysis, reading(conversations, "policy_violation"), conversations, "m")
    [issue] = [one for one in it.common_issues if one.issue is Code.POLICY_VIOLATION]
    assert (issue.count, issue.support, issue.signs, issue.author) == (20, 21, ("read_policy_violation",), Author.AGENT)
    assert [quote.text for quote in issue.quotes] == [RUDE]
    assert set(issue.conversations) == {str(number) for number in range(20)}
    assert (it.reading.read, it.reading.unreadable, it.reading.agreement) == (60, 0, 1.0)


def test_what_signs_see_too_keeps_their_figures(conversations):
    plain = joined(analyze(conversations), reading(conversations, "policy_violation"), conversations, "m")
    again = joined(plain, reading(conversations, "policy_violation"), conversations, "m")
    assert again.common_issues[0].signs == ("read_policy_violation", "read_policy_violation")
    assert again.common_issues[0].count == plain.common_issues[0].count


def test_what_successes_show_as_often_is_no_issue(conversations):
    everywhere = [held(number, booked=number % 2 == 0, words=RUDE) for number in range(60)]
    it = joined(analyze(everywhere), reading(everywhere, "policy_violation"), everywhere, "m")
    assert it.common_issues == ()
    assert [finding.counts for finding in it.reading.findings] == [False]


def test_the_newest_failures_and_as_many_successes_are_read(conversations):
    assert [it.id for it in to_read(conversations, 2)] == ["0", "1", "30", "31"]
    assert to_read(conversations, 0) == ()
    assert to_read([Conversation(id="1", variant="v", ended_at=NOON, booked=False)], 5) == ()
