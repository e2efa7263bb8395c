"""Messages of other systems, read as one list of {role, content, tool_calls}."""

import json

import pytest

from lifecycle_core.traffic.formats.messages import called, joined, messages_of

HI, HELLO = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}
CALL = {"id": "1", "type": "function", "function": {"name": "book", "arguments": '{"at": 9}'}}


@pytest.mark.parametrize(
    "wrapped",
    [
        [HI],
        {"messages": [HI]},
        json.dumps([HI]),
        json.dumps(json.dumps({"messages": [HI]})),
        {"choices": [{"index": 0, "message": HI}]},
        [{"role": "human", "content": "Hi"}],
        [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
        {"prompt": "Hi"},
        "Hi",
    ],
    ids=range(10),
)
def test_one_message_however_it_is_wrapped(wrapped):
    assert messages_of(wrapped, "user") == [HI]


@pytest.mark.parametrize(
    "said",
    [
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "content": None, "additional_kwargs": {"tool_calls": [CALL]}},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "book", "arguments": {"at": 9}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "book", "input": {"at": 9}}]},
        {"type": "function_call", "call_id": "1", "name": "book", "arguments": '{"at": 9}'},
        [{"toolCallId": "1", "toolName": "book", "input": '{"at": 9}'}],
    ],
    ids=["OpenAI", "LangChain", "GenAI", "Anthropic", "Responses", "AI SDK"],
)
def test_a_call_of_a_tool_however_it_is_written(said):
    assert messages_of(said, "assistant") == [{"role": "assistant", "content": None, "tool_calls": [CALL]}]


@pytest.mark.parametrize(
    "said",
    [
        {"role": "tool", "content": "taken"},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "taken"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "taken"}]},
        {"type": "function_call_output", "call_id": "1", "output": "taken"},
    ],
    ids=["OpenAI", "GenAI", "Anthropic", "Responses"],
)
def test_what_a_tool_answered_however_it_is_written(said):
    assert messages_of(said, "user") == [{"role": "tool", "content": "taken"}]


def test_the_definition_of_a_tool_among_messages_is_none():
    assert messages_of([HI, {"role": "tool", "content": {"type": "function", "function": {"name": "book"}}}], "user") == [HI]


@pytest.mark.parametrize("words", ["{not JSON", "[1, 2]", "12", '"'])
def test_words_that_look_like_json_stay_words(words):
    assert messages_of(words, "user") == [{"role": "user", "content": words}]


@pytest.mark.parametrize("nothing", [None, [], {}, "", 3, [None], {"other": 1}])
def test_what_holds_no_message_gives_none(nothing):
    assert messages_of(nothing, "user") == []


@pytest.mark.parametrize("more", [[HI, HELLO, HI], [HI], [HELLO, HI]], ids=["all again", "the new one", "an overlap"])
def test_a_later_call_adds_what_is_new_in_it(more):
    assert joined([HI, HELLO], more) == [HI, HELLO, HI]


def test_the_tools_that_a_message_calls_are_named():
    assert called({"role": "assistant", "tool_calls": [CALL, {"name": "look_up"}, "?"]}) == ["book", "look_up"]
