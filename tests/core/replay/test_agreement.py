"""Whether two versions act alike at recorded turns."""

from datetime import UTC, datetime

import pytest

from lifecycle_core.chat import ChatReply, ToolCall
from lifecycle_core.conversations import Conversation
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.agreement import MOST_TURNS, WORDS, Actions, action_of, agreement, turns

CHECK = {"id": "x", "type": "function", "function": {"name": "check_availability", "arguments": '{"date": "2025-10-07"}'}}
HELLO, BYE = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}
CALL, ANSWER = (
    {"role": "assistant", "content": None, "tool_calls": [CHECK]},
    {"role": "tool", "name": "check_availability", "content": "[]"},
)


def recorded(*messages):
    return Conversation(id="c", variant="a", ended_at=datetime(2025, 10, 7, tzinfo=UTC), messages=messages)


def acted(conversation, incumbent, again, candidate):
    return Actions(conversation_id=conversation, incumbent=incumbent, again=again, candidate=candidate)


def test_a_turn_holds_what_was_said_before_and_not_what_the_agent_did_then():
    [first, second] = turns(recorded(HELLO, CALL, ANSWER, BYE))

    assert [it.role for it in first.messages] == ["user"]
    assert [it.role for it in second.messages] == ["user", "assistant", "tool"]


def test_a_tool_s_answer_belongs_to_its_call_whatever_the_record_called_it():
    _, call, answer = turns(recorded(HELLO, CALL, ANSWER, BYE))[1].messages

    assert answer.tool_call_id == call.tool_calls[0].id


@pytest.mark.parametrize("broken", [(HELLO, ANSWER, BYE), (HELLO, CALL, HELLO, BYE), (HELLO, {"role": "system", "content": "x"}, BYE)])
def test_what_does_not_follow_ends_the_turns(broken):
    assert len(turns(recorded(*broken))) <= 1


def test_a_long_conversation_has_a_few_turns_only():
    assert len(turns(recorded(*[HELLO, BYE] * 20))) == MOST_TURNS


def test_both_versions_are_asked_the_same_but_for_the_prompt_and_the_incumbent_twice_with_another_chance():
    [turn] = turns(recorded(HELLO, BYE))
    one, other = Agent(system_prompt="Be kind.", model="m"), Agent(system_prompt="Be brief.", model="m")

    assert turn.request(one).messages[1:] == turn.request(other).messages[1:]
    assert turn.request(one).seed == turn.request(other).seed != turn.request(one, again=1).seed


def test_the_next_action_is_the_tool_called_first_or_words():
    calls = (ToolCall(id="1", name="book", arguments="{}"), ToolCall(id="2", name="check", arguments="{}"))

    assert action_of(ChatReply(model="m", content=None, tool_calls=calls, seconds=0.1)) == "book"
    assert action_of(ChatReply(model="m", content="Hello", seconds=0.1)) == WORDS


def test_a_difference_is_told_beside_the_incumbents_from_itself():
    found = agreement([acted("a", "book", "book", "words"), acted("a", "words", "book", "words"), acted("b", "words", "words", "words")])

    assert (found.conversations, found.turns, found.difference, found.floor, found.excess) == (2, 3, 0.25, 0.25, 0.0)
    assert found.low <= 0 <= found.high


def test_one_conversation_tells_no_interval_and_none_tells_nothing():
    assert agreement([acted("a", "book", "book", "words")]).low is None
    assert agreement([]).difference is None
