"""A search by the library of the engine `gepa`, with a model and an agent that are played by rules."""

import sys
from itertools import count

import pytest

from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.errors import SetupError
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.evaluation import Grade
from tasks.search import searched
from tests.core.retraining.test_cases import cases
from tests.core.retraining.test_proposals import Writer, issue, writes
from tests.core.retraining.test_search import search

TRAIN, SELECT = cases(100, 100, split=Split.TRAIN), cases(100, 100, split=Split.SELECT)
RULES = ("Tell what it costs.", "Tell it in dollars.", "Tell it early.")


class Agent:
    """Serves a case the better, the more of the rules its prompt holds; counts what it served."""

    def __init__(self):
        self.served = []

    def __call__(self, prompt, batch):
        self.served += [prompt] * len(batch)
        held = sum(it in prompt for it in RULES)
        return [Grade(score=0.4 + 0.2 * held, failed=() if held == len(RULES) else ("tells the price",)) for _ in batch]


def writer():
    number = count()
    return Writer(lambda _: writes(RULES[next(number) % len(RULES)]))


def run(agent, model, rollouts=250):
    return searched(search(model), agent, train=TRAIN, select=SELECT, rollouts=rollouts)


def test_a_search_finds_the_prompt_that_serves_best_by_several_steps():
    found = run(Agent(), writer())

    assert [it.text for it in found.choice.edits] == list(RULES)
    assert found.choice.score == pytest.approx(1.0)


def test_a_search_that_is_done_again_goes_the_same_way():
    first, second = Agent(), Agent()

    assert run(first, writer()) == run(second, writer())
    assert first.served == second.served


def test_a_search_stays_within_its_rollouts_but_for_its_last_step():
    agent = Agent()
    run(agent, writer(), rollouts=220)

    assert len(agent.served) <= 220 + len(SELECT) + 3


def test_a_model_that_cannot_be_reached_ends_the_search_at_once_and_is_no_result():
    model = Writer(ChatUnavailableError("too many requests"))

    with pytest.raises(ChatUnavailableError, match="too many requests"):
        run(Agent(), model)
    assert len(model.asked) == 1


def test_a_fault_of_the_program_s_own_in_a_step_ends_the_search_too():
    with pytest.raises(ZeroDivisionError):
        run(Agent(), Writer(lambda _: 1 / 0))


def test_an_agent_that_cannot_be_served_ends_the_search():
    def away(_prompt, _batch):
        message = "no answer"
        raise ChatUnavailableError(message)

    with pytest.raises(ChatUnavailableError, match="no answer"):
        run(away, writer())


def test_a_search_that_finds_nothing_better_keeps_the_incumbent():
    found = run(lambda _, batch: [Grade(score=0.5, failed=("tells the price",))] * len(batch), writer())

    assert found.choice is None
    assert "did no better than the prompt that it was made of" in found.why


@pytest.mark.parametrize(("train", "rollouts"), [((), 250), (TRAIN, 204)], ids=["nothing to learn from", "too few rollouts"])
def test_what_is_no_search_is_refused_with_what_one_needs(train, rollouts):
    with pytest.raises(RetrainingRefusedError, match="a search over 10 needs 205"):
        searched(search(writer()), Agent(), train=train, select=SELECT, rollouts=rollouts)


def test_without_the_library_it_is_told_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gepa", None)

    with pytest.raises(SetupError, match=r'pip install "agent-lifecycle\[gepa\]"'):
        run(Agent(), writer())


def test_what_no_prompt_can_mend_is_not_searched_for():
    agent, customers_fault = Agent(), issue(Code.UNCLEAR, author=Author.CUSTOMER)
    found = searched(search(writer(), customers_fault), agent, train=TRAIN, select=SELECT, rollouts=250)

    assert (found.choice, agent.served) == (None, [])
    assert "nothing was mined that a prompt can mend" in found.why
