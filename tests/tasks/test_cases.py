"""Cases run by a version, and in a session: what was served is not paid for again; the agent may be a service of its own."""

import pytest

from lifecycle_core.chat import ChatDeniedError, ChatReply, ChatUnavailableError
from lifecycle_core.errors import SetupError, UnknownCaseError
from lifecycle_core.operations import cases, policies, retraining, versions
from lifecycle_core.policy import AgentMode, Policy, RetrainingPolicy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.replay.sandbox import TOOLS
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.simulation import prompts, scripted_model
from lifecycle_core.spending import BudgetSpentError
from tasks import cases as tasks
from tasks import context, llm
from tasks import retraining as steps
from tests.fake_endpoint import said
from tests.retrainable import begun, ready
from tests.tasks.conftest import TO_THE_SHADOW_TEST

OWN = WrittenCase(name="own", goal="You want a deep cleaning on Friday, between 16:00 and 19:00.", taken=("Friday 16:00",))


@pytest.fixture
def act():
    return context.act("test")


@pytest.fixture
def variant(installed, act):
    """A variant of two versions, of which the first has a gap and is active, and a case of its own."""
    for prompt in (prompts.GAP, prompts.MENDED):
        versions.register(installed, act, variant="a", system_prompt=prompt)
    versions.activate(installed, act, "a", 1)
    cases.add(installed, act, "a", [OWN], masker=Masker(b"k" * 32))
    return installed


def test_a_run_serves_ones_own_and_the_built_in_cases_and_the_next_one_costs_nothing(variant, model):
    ran = tasks.run("a", None)
    assert (len(ran.report.cases), ran.report.version, ran.report.reused, ran.spent.calls) == (11, 1, 0, model.calls)
    again = tasks.run("a", 1)
    assert (again.report.score, again.report.reused, again.spent.calls) == (ran.report.score, 22, 0)
    assert tasks.run("a", 1, names=["own"], fresh=True).spent.calls > 0


def test_two_versions_are_compared_case_by_case_with_the_noise_beside_the_gain(variant, model):
    it = tasks.run("a", 2, against=1).compared
    assert it.gain_low > 0
    assert it.gain > it.incumbent_spread
    assert it.customers.share == 1.0


def test_what_is_known_is_told_without_asking_anybody(variant, model):
    assert tasks.known("a", 1, context.now()).score is None
    ran, paid = tasks.run("a", 1), model.calls
    assert tasks.known("a", 1, context.now()).score == ran.report.score
    assert model.calls == paid


def test_without_a_model_the_scripted_one_serves_and_says_so(variant):
    assert tasks.run("a", 1, runs=1, names=["own"]).report.simulated


def test_a_run_spends_no_more_than_a_session_may(variant, model, act):
    policies.set_policy(variant, act, "a", Policy(retraining=RetrainingPolicy(budget_calls=5)))
    with pytest.raises(BudgetSpentError):
        tasks.run("a", 1)
    assert model.calls <= 5


def test_a_case_of_no_such_name_is_refused(variant, model):
    with pytest.raises(UnknownCaseError, match="nobody"):
        tasks.run("a", 1, names=["own", "nobody"])


@pytest.mark.parametrize(
    ("error", "told"), [(ChatUnavailableError("no connection"), "none of 2 replays found a model"), (ChatDeniedError("no quota"), "quota")]
)
def test_a_run_that_nobody_could_serve_is_no_score(variant, model, error, told):
    model.fails = error
    with pytest.raises(type(error), match=told):
        tasks.run("a", 1, names=["own"])
    assert tasks.known("a", 1, context.now()).score is None


def test_mined_cases_are_goals_of_failures_that_nothing_is_tuned_on(installed):
    ready(installed, "b")
    at = context.now()
    found = tasks.mined("b", at, 3)
    assert len(found.cases) == 3
    assert all("<NAME_" in it.goal and found.conversations[it.name] for it in found.cases)
    assert found == tasks.mined("b", at, 3)


@pytest.mark.slow
@pytest.mark.usefixtures("pages", "started")
def test_a_session_serves_ones_own_cases_first_and_pays_for_no_incumbent_that_was_served_lately(installed, model, act):
    session_id = begun(installed, "c").session_id
    cases.add(installed, act, "c", [OWN], masker=Masker(b"k" * 32))
    tasks.run("c", 1, names=["own"])
    for step in TO_THE_SHADOW_TEST[:5]:
        step.fn(session_id)
    report = retraining.session(installed, session_id).evaluation
    assert ([it.id for it in report.cases if it.source == "own"], len(report.cases), report.reused) == (["own"], 4, 2)
    assert (report.customers.share, report.judged) == (1.0, None)


class Service:
    """An agent with tools of its own: books at once what the customer names, and tells it as `told` says."""

    def __init__(self, told):
        self.told, self.asked = told, []

    def __call__(self, body):
        self.asked.append(body)
        return self.told(body)


def booked(body):
    arguments = {"service": "deep", "day": "Friday", "time": "17:00"}
    answer = said("It is booked.")
    answer["choices"][0]["message"]["lifecycle"] = {"actions": [{"name": "book_appointment", "arguments": arguments, "result": "ok"}]}
    return answer


@pytest.fixture
def served(variant, endpoint, act, monkeypatch):
    """The variant's agent as a service of its own: what it answers is set by calling this."""
    monkeypatch.setenv("LIFECYCLE_AGENT_BASE_URL", endpoint.url)
    monkeypatch.setenv("LIFECYCLE_AGENT_API_KEY", "sk-agent")
    context.configure()
    llm.agent.cache_clear()
    policies.set_policy(context.database(), act, "a", Policy(retraining=RetrainingPolicy(agent=AgentMode.ENDPOINT)))

    def serve(told):
        endpoint.script = Service(told)
        return endpoint

    yield serve
    llm.agent.cache_clear()


def test_a_service_is_sent_the_prompt_and_which_replay_it_is_and_its_own_key(served):
    endpoint = served(booked)
    report = tasks.run("a", 1, runs=1, names=["own"]).report
    body = endpoint.asked[0]
    assert (report.cases[0].booked, body["messages"][0]) == (1.0, {"role": "system", "content": prompts.GAP})
    assert body["metadata"] == {"lifecycle": "replay", "scenario": "own", "replay": "0"}
    assert "tools" not in body
    assert endpoint.keys[0] == "Bearer sk-agent"


def test_calls_that_a_service_returns_are_answered_by_the_sandbox(served):
    arguments = '{"service": "deep", "day": "Friday", "time": "16:00"}'
    call = {"id": "1", "type": "function", "function": {"name": "book_appointment", "arguments": arguments}}
    endpoint = served(lambda body: said("It is taken.") if body["messages"][-1]["role"] == "tool" else said(None, tool_calls=[call]))
    tasks.run("a", 1, runs=1, names=["own"])
    assert endpoint.asked[1]["messages"][-1]["content"] == '{"error": "Friday at 16:00 is taken"}'


def test_a_service_that_tells_of_no_call_has_no_outcome(served):
    served(lambda _: said("Sure!"))
    with pytest.raises(RetrainingRefusedError, match="told of no tool call"):
        tasks.run("a", 1, runs=1, names=["own"])


@pytest.mark.parametrize("told", [None, [], {"actions": "none"}, {"actions": ["book", {"name": 3}, {}]}, "x"])
def test_what_a_service_tells_and_nobody_can_read_is_left_out(served, told):
    def tell(_body):
        answer = said("It is booked.")
        answer["choices"][0]["message"]["lifecycle"] = told
        return answer

    served(tell)
    with pytest.raises(RetrainingRefusedError):
        tasks.run("a", 1, runs=1, names=["own"])


def test_a_policy_that_wants_a_service_and_has_no_address_is_refused_with_the_remedy(variant, model, act):
    policies.set_policy(variant, act, "a", Policy(retraining=RetrainingPolicy(agent=AgentMode.ENDPOINT)))
    with pytest.raises(SetupError, match="LIFECYCLE_AGENT_BASE_URL"):
        tasks.run("a", 1)


def test_an_agents_own_tools_serve_its_cases(installed, model, act):
    tools = [{"type": "function", "function": {"name": it.name, "parameters": dict(it.parameters)}} for it in TOOLS]
    tools.append({"type": "function", "function": {"name": "send_survey", "parameters": {}}})
    versions.register(installed, act, variant="a", system_prompt=prompts.MENDED, tools=tools)
    versions.activate(installed, act, "a", 1)
    report = tasks.run("a", 1, runs=1).report
    assert report.score > 0.9
    assert report.missing_tools == ("send_survey",)


@pytest.mark.slow
@pytest.mark.usefixtures("pages", "started")
def test_a_model_that_somebody_chose_judges_and_one_that_always_takes_the_first_prefers_nobody(installed, model, monkeypatch):
    chosen = scripted_model.reply

    def reply(request):
        if request.purpose == "judge":
            return ChatReply(content='{"better": "first", "why": "it came first"}', model="m")
        return chosen(request)

    session_id = begun(installed, "c").session_id
    for step in TO_THE_SHADOW_TEST[:4]:
        step.fn(session_id)
    monkeypatch.setattr(llm, "chat", lambda: reply)
    monkeypatch.setattr("tasks.evaluation.simulated", lambda: False)
    steps.evaluate_offline.fn(session_id)
    judged = retraining.session(installed, session_id).evaluation.judged
    assert (judged.wins, judged.losses) == (0, 0)
    assert judged.ties == 4
