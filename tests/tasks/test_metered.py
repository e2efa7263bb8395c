"""Models on a session's account: what is asked is paid for once, and what was paid is counted."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from benchmarks._sessions import ready
from lifecycle_core.chat import ChatMessage, ChatNonsenseError, ChatReply, ChatRequest
from lifecycle_core.operations import retraining, spending
from lifecycle_core.settings import ModelAccess
from lifecycle_core.spending import Price, Spent, reserved
from tasks import context
from tasks.llm import OpenAIChat
from tasks.metered import Metered
from tests.fake_endpoint import said

SCHEMA = {"type": "object", "required": ["code"]}
ASKED = ChatRequest(purpose="p", model="m", messages=(ChatMessage(role="user", content="Hello"),), parameters={"max_tokens": 20})


@pytest.fixture
def session_id(database, act, monkeypatch):
    """A session in the database of this process."""
    monkeypatch.setattr(context, "database", lambda: database)
    ready(database, act)
    return retraining.begin(database, act, "baseline", "k").session_id


def model(endpoint):
    return OpenAIChat(ModelAccess(base_url=endpoint.url, api_key="k", timeout_s=5, max_retries=0), {"m": Price(1.0, 2.0)})


def shaped():
    return ChatRequest(purpose="p", model="m", messages=ASKED.messages, parameters=ASKED.parameters, schema=SCHEMA)


def test_answers_without_the_shape_are_paid_for_each(database, session_id, endpoint):
    endpoint.script = [said("Blue.")]
    with pytest.raises(ChatNonsenseError):
        Metered(session_id, model(endpoint))(shaped())
    taken = spending.spent(database, session_id)
    assert (taken.calls, taken.tokens, taken.usd) == (4, 60, pytest.approx(80e-6))
    assert taken.calls <= reserved(shaped()).calls


@pytest.mark.parametrize("answer", [said("Well", finish="length", tool_calls=[]), said(None, refusal="I cannot help.")])
def test_an_answer_that_is_cut_off_or_refuses_is_paid_for(database, session_id, endpoint, answer):
    endpoint.script = [answer]
    with pytest.raises(Exception, match="m "):
        Metered(session_id, model(endpoint))(shaped())
    assert spending.spent(database, session_id) == Spent(calls=1, tokens=15, usd=pytest.approx(20e-6))


def test_a_reply_counts_every_answer_until_it_came(database, session_id, endpoint):
    endpoint.script = [said("Blue."), said('{"code": 1}')]
    Metered(session_id, model(endpoint))(shaped())
    assert spending.spent(database, session_id) == Spent(calls=2, tokens=30, usd=pytest.approx(40e-6))


def test_a_question_that_is_asked_by_two_at_once_is_paid_for_once(database, session_id):
    calls = []

    def slow(request):
        calls.append(request)
        sleep(0.2)
        return ChatReply(content=f"answer {len(calls)}", model="m", input_tokens=1, output_tokens=1)

    with ThreadPoolExecutor(2) as both:
        replies = list(both.map(Metered(session_id, slow), [ASKED, ASKED]))
    assert [it.content for it in replies] == ["answer 1", "answer 1"]
    assert (len(calls), spending.spent(database, session_id).calls) == (1, 1)
