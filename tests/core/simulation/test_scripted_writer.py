"""The scripted writer proposes edits that a careful writer could have proposed, of the shape that is asked for."""

import json

import pytest

from lifecycle_core.chat import ChatMessage, ChatRequest
from lifecycle_core.retraining.prompt import Edit, Prompt, edited
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.duties import Duty
from lifecycle_core.simulation.hearing import heard
from lifecycle_core.simulation.scripted_model import reply

ISSUES = {
    "availability": Duty.CHECK,
    "double_booking": Duty.CHECK,
    "pricing": Duty.PRICE,
    "missing_confirmation": Duty.CONFIRM,
    "clarification_missing": Duty.CLARIFY,
    "repeated_question": Duty.REMEMBER,
    "needless_handoff": Duty.KEEP,
    "tool_error_unhandled": Duty.RECOVER,
}
SCHEMA = {"type": "object", "properties": {"edits": {"type": "array"}}, "required": ["edits"]}


def edits(prompt, issues, *, seed=1, **more):
    sections = [{"section": it.name, "text": it.heading + it.body} for it in Prompt.of(prompt).sections]
    patterns = [{"issue": it, "share_of_failures": 0.4, "feedback": "It goes wrong.", "quotes": []} for it in issues]
    given = {"task": "all", "sections": sections, "patterns": patterns, "characters_allowed": 600, **more}
    asked = (ChatMessage(role="system", content="You mend prompts."), ChatMessage(role="user", content=json.dumps(given)))
    answer = reply(ChatRequest(purpose="improve_prompt", model="m", messages=asked, seed=seed, schema=SCHEMA))
    return [Edit(**it) for it in json.loads(answer.content)["edits"]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("issue", ISSUES)
def test_what_it_writes_is_heard_as_the_duty_that_was_missing(issue, seed):
    assert ISSUES[issue] in heard(edited("You book cleanings.\n", edits("You book cleanings.\n", [issue], seed=seed)))


def test_the_gap_of_the_prompt_in_production_is_mended_with_nothing_lost():
    assert heard(edited(prompts.GAP, edits(prompts.GAP, ["availability", "pricing"]))) == set(Duty)


def test_each_edit_cites_the_pattern_that_asks_for_it():
    assert [it.cites for it in edits(prompts.GAP, ["double_booking", "availability", "pricing"])] == ["double_booking", "pricing"]


def test_it_stays_within_the_room_that_it_is_given():
    assert edits(prompts.GAP, ["availability", "pricing"], characters_allowed=10) == []


def test_what_the_prompt_says_already_is_not_said_again():
    assert edits(prompts.GAP, ["tool_error_unhandled", "missing_confirmation"]) == []


def test_a_pattern_that_it_does_not_know_is_left_to_others():
    assert edits(prompts.GAP, ["other"]) == []


def test_other_seeds_bring_other_words():
    assert len({edits(prompts.GAP, ["pricing"], seed=seed)[0].text for seed in range(12)}) > 1
