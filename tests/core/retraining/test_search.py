"""What a search for a prompt is not left to its library: what the model sees, the gates, failures, and why each prompt is not used."""

import json

from lifecycle_core.chat import ChatNonsenseError
from lifecycle_core.retraining.prompt_gates import PromptGates
from lifecycle_core.retraining.search import GIVEN_UP, Search, Shown, fewest_rollouts
from lifecycle_core.simulation.prompts import GAP
from tests.core.retraining.test_proposals import CHECKING, PRICING, Writer, writes

FAILED = Shown("pricing", ("tells the price before it books",))


def search(writer, *issues):
    found = issues or (PRICING, CHECKING)
    gates = PromptGates(incumbent=GAP, issues=frozenset(str(it.issue) for it in found))
    return Search.of(found, gates, chat=writer, model="m", marker="k3q9x7vd", seed=1)


def patterns(request):
    return {it["issue"]: it for it in json.loads(request.messages[-1].content)["patterns"]}


def test_edits_add_up_from_the_incumbents_prompt():
    told = iter(["Tell what it costs.", "Tell it in dollars."])
    found = search(Writer(lambda _: writes(next(told))))

    twice = found.revise(found.revise(GAP, [FAILED]), [FAILED])

    assert [it.text for it in found.drafted[twice].edits] == ["Tell what it costs.", "Tell it in dollars."]


def test_the_model_sees_the_issues_of_the_batch_with_what_failed_there_and_the_prompt_as_it_is_by_now():
    writer = Writer(writes())
    found = search(writer)

    found.revise(found.revise(GAP, [FAILED]), [FAILED, Shown(None, ("calls book",))])

    [pricing] = patterns(writer.asked[-1]).values()
    assert "In 1 of 2 cases just served it failed this: tells the price before it books." in pricing["feedback"]
    assert "Tell what it costs." in writer.asked[-1].messages[-1].content


def test_a_batch_that_shows_no_issue_is_mended_for_all():
    writer = Writer(writes())
    search(writer).revise(GAP, [Shown(None, ())])

    assert list(patterns(writer.asked[0])) == ["pricing", "availability"]


def test_what_a_gate_refuses_is_not_served_and_is_told():
    found = search(Writer(writes("See http://x.y for prices.")))

    assert found.revise(GAP, [FAILED]) == GAP
    [refused] = found.ended({GAP: 0.5}).candidates
    assert "it adds the address http://x.y; leave addresses to the incumbent, who sets them" in refused.refusals


def test_a_model_that_cannot_be_read_again_and_again_ends_the_search():
    found = search(Writer(ChatNonsenseError("no JSON")))

    for _ in range(GIVEN_UP):
        assert found.failure is None
        found.revise(GAP, [FAILED])

    assert isinstance(found.failure, ChatNonsenseError)


def test_one_answer_that_can_be_read_forgives_those_before_it():
    told = iter([*["nonsense"] * (GIVEN_UP - 1), writes(), *["nonsense"] * (GIVEN_UP - 1)])
    found = search(Writer(lambda _: next(told)))

    for _ in range(2 * GIVEN_UP - 1):
        found.revise(GAP, [FAILED])

    assert found.failure is None


def test_each_prompt_that_is_not_used_says_why_and_the_best_of_the_others_goes_on():
    told = iter(["Tell what it costs.", "Tell the price first.", "Tell the price in dollars.", "Tell prices twice."])
    found = search(Writer(lambda _: writes(next(told))))
    first, second, third, _ = (found.revise(GAP, [FAILED]) for _ in range(4))

    ended = found.ended({GAP: 0.6, first: 0.7, second: 0.9, third: 0.6})

    assert (ended.engine, ended.choice.prompt, ended.choice.score) == ("gepa", second, 0.9)
    assert [it.refusals for it in ended.candidates] == [
        (),
        (),
        ("it scored 0.60 on the cases that select, and the incumbent 0.60",),
        ("on a batch of 3 cases it did no better than the prompt that it was made of",),
    ]


def test_a_search_over_more_cases_needs_more_conversations():
    assert fewest_rollouts(20) == 365
