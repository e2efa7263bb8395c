"""Conversations as a model can be tuned on them."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.chats import NoChatError, chat
from lifecycle_core.retraining.fine_tuning import Outcome, imitations, preferences, recorded
from lifecycle_core.retraining.training_data import split_by_goal

CHECK = {"name": "check", "parameters": {"type": "object", "properties": {}}}
VERSION = SimpleNamespace(system_prompt="Be kind.", model=None, parameters={}, tools=(CHECK, "no tool", {"name": "bad name"}))
ASKED = {"role": "user", "content": "Is Monday free, for <NAME_4321>?"}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "x9", "type": "function", "function": {"name": "check", "arguments": "{}"}}],
}
ANSWERED = {"role": "tool", "tool_call_id": "x9", "content": "free"}
SAID = {"role": "assistant", "content": "Monday is free, <NAME_4321>."}
THANKED = {"role": "user", "content": "Thanks."}
DONE = Conversation(
    id="c",
    variant="v",
    ended_at=datetime(2025, 10, 7, tzinfo=UTC),
    booked=True,
    goal="Monday",
    messages=(ASKED, CALLED, ANSWERED, SAID, THANKED),
)


def outcome(*replies, succeeded, within="Monday"):
    said = [{"role": "assistant", "content": it} for it in replies]
    return Outcome(messages=(ASKED, said[0], *(it for reply in said[1:] for it in (THANKED, reply))), succeeded=succeeded, within=within)


def told(export):
    return [(it["preferred_output"][0]["content"], it["non_preferred_output"][0]["content"]) for it in export.lines]


def test_a_success_is_a_chat_under_the_prompt_that_ends_with_the_agent():
    [line] = imitations([DONE], VERSION, None).lines
    assert [it["role"] for it in line["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    assert line["messages"][0]["content"] == "Be kind."


def test_a_call_and_its_answer_share_an_id_and_the_tools_are_told():
    [line] = imitations([DONE], VERSION, None).lines
    assert line["messages"][2]["tool_calls"][0]["id"] == line["messages"][3]["tool_call_id"] == "call_1"
    assert line["tools"] == [{"type": "function", "function": CHECK}]


def test_placeholders_tell_nothing_of_the_key():
    [line] = imitations([DONE], VERSION, None).lines
    assert (line["messages"][1]["content"], line["messages"][4]["content"]) == (
        "Is Monday free, for <NAME_1>?",
        "Monday is free, <NAME_1>.",
    )


@pytest.mark.parametrize("change", [{"booked": False}, {"booked": None, "escalated": True}, {"escalated": True}])
def test_what_was_no_success_of_the_agents_own_is_not_imitated(change):
    export = imitations([replace(DONE, **change)], VERSION, None)
    assert (export.lines, export.left_out) == ([], {"no success of the agent's own": 1})


def test_of_a_split_only_its_own_goals_are_exported():
    found = {it: len(imitations([DONE], VERSION, it).lines) for it in Split}
    assert found == {it: int(it is split_by_goal(DONE)) for it in Split}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ((ASKED, CALLED, SAID), "a call has no answer"),
        ((ASKED, ANSWERED, SAID), "an answer has no call"),
        ((SAID, THANKED), "the agent answers nobody"),
        ((), "the agent answers nobody"),
        ((ASKED, {"role": "assistant", "tool_calls": ["look"]}), "a call names no tool"),
    ],
)
def test_what_is_no_chat_is_left_out_with_its_reason(said, why):
    with pytest.raises(NoChatError, match=why):
        chat(said)
    assert imitations([replace(DONE, messages=said)], VERSION, None).left_out == {why: 1}


def test_answers_without_ids_go_to_the_calls_of_their_tools():
    calls = {"role": "assistant", "tool_calls": [{"name": "check", "arguments": {"day": "Monday"}}, {"name": "price", "arguments": None}]}
    found = chat(
        [ASKED, calls, {"role": "tool", "name": "price", "content": "140"}, {"role": "tool", "name": "check", "content": "free"}, SAID]
    )
    assert [(it["tool_call_id"], it["content"]) for it in found if it["role"] == "tool"] == [("call_2", "140"), ("call_1", "free")]
    assert [it["function"]["arguments"] for it in found[1]["tool_calls"]] == ['{"day": "Monday"}', "{}"]


def test_calls_of_the_customers_own_are_left_out():
    theirs = {"role": "user", "content": None, "tool_calls": [{"name": "diary", "arguments": "{}"}]}
    found = chat([theirs, {"role": "tool", "name": "diary", "content": "Monday"}, ASKED, SAID])
    assert [it["role"] for it in found] == ["user", "assistant"]


def test_a_reply_that_succeeded_is_preferred_to_one_in_its_place_that_failed():
    export = preferences([outcome("Yes.", succeeded=True), outcome("No.", succeeded=False)], VERSION)
    assert told(export) == [("Yes.", "No.")]
    assert [it["role"] for it in export.lines[0]["input"]["messages"]] == ["system", "user"]


def test_they_are_told_apart_where_they_first_part():
    export = preferences([outcome("Yes.", "At 9.", succeeded=True), outcome("Yes.", "At 8.", succeeded=False)], VERSION)
    assert told(export) == [("At 9.", "At 8.")]
    assert len(export.lines[0]["input"]["messages"]) == 4


def test_a_reply_that_both_gave_is_neither_better_nor_worse():
    assert told(preferences([outcome("Yes.", succeeded=True), outcome("Yes.", succeeded=False)], VERSION)) == []


@pytest.mark.parametrize("other", [{"succeeded": True}, {"succeeded": False, "within": "Tuesday"}])
def test_without_another_ending_of_the_same_goal_there_is_no_pair(other):
    assert told(preferences([outcome("Yes.", succeeded=True), outcome("No.", **other)], VERSION)) == []


def test_what_is_recorded_can_be_compared_where_its_goal_and_outcome_are_known():
    given = [DONE, replace(DONE, goal=None), replace(DONE, booked=None), replace(DONE, escalated=True)]
    assert [(it.within, it.succeeded) for it in recorded(given, None)] == [("monday", True), ("monday", False)]
