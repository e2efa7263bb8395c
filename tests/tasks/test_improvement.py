"""Step 5 by a search with the real library, on a session's account: over the simulated endpoint, and with its model in this process."""

import json
import sys
from collections import Counter
from dataclasses import replace

import pytest

from deployments.simulated_endpoint.child import started as simulated_endpoint
from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.operations import policies, retraining
from lifecycle_core.policy import Engine
from lifecycle_core.privacy.fencing import Fence
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.proposals import PURPOSE
from lifecycle_core.retraining.search import fewest_rollouts
from lifecycle_core.retraining.training_data import split_by_goal
from lifecycle_core.simulation import scripted_model
from tasks import context, llm, secrets
from tasks import retraining as steps
from tests.retrainable import QUICK, ready
from tests.tasks.conftest import TO_THE_SHADOW_TEST

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("pages", "started")]


SHORT = {"evaluation_cases": 2, "search_rollouts": fewest_rollouts(2)}


def searching(database, **limits):
    """A session whose policy chose the search."""
    ready(database, "a")
    chosen = replace(QUICK, retraining=replace(QUICK.retraining, engine=Engine.GEPA, **SHORT | limits))
    policies.set_policy(database, steps.act(), "a", chosen)
    return retraining.begin(database, steps.act(), "a", "k", Options(engine=Engine.GEPA, seed=1)).session_id


def taken(session_id, count=3):
    """Where a session stands after so many steps."""
    return [step.fn(session_id) for step in TO_THE_SHADOW_TEST[:count]][-1]


def test_over_the_simulated_endpoint_the_policy_s_search_finds_a_prompt_that_serves_better(installed, monkeypatch):
    with simulated_endpoint() as address:
        monkeypatch.setenv("LIFECYCLE_OPENAI_BASE_URL", address)
        monkeypatch.setenv("LIFECYCLE_MODEL", "chosen")
        context.configure()
        session_id = searching(context.database(), read_conversations=0)
        taken(session_id)
        llm.hang_up()

    session = retraining.session(context.database(), session_id)
    found = session.prompt_improvement
    assert found is not None, session.reasons
    assert (found.engine, found.simulated) == (Engine.GEPA, True)
    assert found.choice.edits
    assert all(it.refusals for it in found.candidates if not it.usable)


def test_a_search_that_is_stopped_goes_on_with_what_was_paid_for(installed, model, monkeypatch):
    paid, stops = Counter(), [True]

    def counted(request):
        if sum(paid.values()) >= 40 and stops[0]:
            message = "too many requests"
            raise ChatUnavailableError(message)
        paid[request.content_hash] += 1
        return scripted_model.reply(request)

    monkeypatch.setattr(llm, "chat", lambda: counted)
    session_id = searching(installed)
    with pytest.raises(ChatUnavailableError):
        taken(session_id)
    stops[0] = False

    assert steps.improve_prompt.fn(session_id).continues
    assert len(paid) > 40
    assert set(paid.values()) == {1}


def test_a_budget_that_is_spent_ends_the_search_and_the_session(installed, model):
    session_id = searching(installed, budget_calls=20)

    assert taken(session_id).status == "failed"
    assert model.calls == 20
    assert "budget" in retraining.session(installed, session_id).reasons[0]


def test_where_the_library_is_missing_a_session_ends_before_any_model_is_asked(installed, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "gepa", None)
    session_id = searching(installed)

    assert taken(session_id, 1).status == "failed"
    assert model.calls == 0
    assert 'pip install "agent-lifecycle[gepa]"' in retraining.session(installed, session_id).reasons[0]


def test_who_writes_sees_no_word_of_a_conversation_that_chooses_or_reports(installed, model, monkeypatch):
    asked = []

    def noting(request):
        asked.append(request)
        return scripted_model.reply(request)

    monkeypatch.setattr(llm, "chat", lambda: noting)
    session_id = searching(installed)
    taken(session_id)

    it, fence = retraining.session(installed, session_id), Fence(secrets.marker(session_id))
    split = {one.id: split_by_goal(one) for one in steps.training_data(it).conversations}
    quotes = {
        (split[quote.conversation_id], fence.quote(quote.text)) for issue in it.failure_analysis.common_issues for quote in issue.quotes
    }
    learnt = {text for part, text in quotes if part is Split.TRAIN}
    written = [json.loads(request.messages[-1].content) for request in asked if request.purpose == PURPOSE]
    shown = {text for one in written for pattern in one["patterns"] for text in pattern["quotes"]}
    assert {part for part, _ in quotes} == set(Split)
    assert shown
    assert shown <= learnt
