"""Chat as systems write it → messages: OpenAI's, GenAI's parts, LangChain's, or plain text."""

import json
from collections.abc import Iterator
from typing import Any, Final

from lifecycle_core.traffic.importers.shapes import Row, Values, fields_of, items_of, known, text_of, unwritten

PROMPT_ROLES: Final = frozenset({"system", "developer"})
"""Whose words are the version's and not the conversation's."""
_ROLES: Final = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "HumanMessage": "user",
    "AIMessage": "assistant",
    "ToolMessage": "tool",
}
_WITHIN: Final = ("messages", "message", "choices", "generations", "output", "prompt", "input", "content", "answer", "text", "value")
_DEEPEST: Final = 8


def messages_of(value: Any, role: str) -> list[Row]:  # noqa: ANN401 - any JSON value
    """The messages in `value` without the prompt's; `role` says whose a text is that names none.

    >>> messages_of('[{"role": "user", "content": "hi"}]', "user")
    [{'role': 'user', 'content': 'hi'}]
    >>> messages_of({"choices": [{"message": {"role": "assistant", "content": "hello"}}]}, "assistant")
    [{'role': 'assistant', 'content': 'hello'}]
    """
    return [it for it in _all(value, role, _DEEPEST) if it["role"] not in PROMPT_ROLES]


def calls_in(messages: list[Row]) -> list[str]:
    """The names of the tools that `messages` call, in order."""
    return [call["function"]["name"] for it in messages if it["role"] == "assistant" for call in it.get("tool_calls", ())]


def _all(value: Any, role: str, left: int) -> Iterator[Row]:  # noqa: ANN401 - any JSON value
    found = unwritten(value)
    if left == 0 or found is None:
        return
    if isinstance(found, list):
        for it in found:
            yield from _all(it, role, left - 1)
    elif isinstance(found, dict):
        message = _message(found, role)
        if message is not None:
            yield message
            return
        within = next((found[name] for name in _WITHIN if found.get(name)), None)
        yield from _all(within, role, left - 1)
    elif isinstance(found, str):
        yield {"role": role, "content": found}


def _message(value: Values, role: str) -> Row | None:
    """The message that `value` is, if it is one."""
    inner = fields_of(value.get("kwargs"))  # how LangChain writes a constructed object
    if inner:
        kind = items_of(value.get("id"))
        return _message({"type": kind[-1] if kind else None, **inner}, role)
    named = text_of(value.get("role")) or _ROLES.get(str(value.get("type")))
    if named is None and value.get("type") in {"function_call", "function_call_output"}:
        named = "assistant" if value["type"] == "function_call" else "tool"
    if named is None:
        return None
    parts = items_of(value.get("parts")) or items_of(value.get("content"))
    further = fields_of(value.get("additional_kwargs"))
    calls = [_call(it) for its in (value, further) for it in items_of(its.get("tool_calls"))]
    calls += [_call(it) for it in parts if isinstance(it, dict) and it.get("type") in {"tool_call", "tool_use", "tool-call"}]
    if value.get("type") == "function_call":
        calls.append(_call(value))
    answers = [it for it in parts if isinstance(it, dict) and it.get("type") in {"tool_call_response", "tool_result", "tool-result"}]
    return {
        "role": "tool" if answers else _ROLES.get(named, named),
        "content": _text(parts) if parts else _plain(value.get("content", value.get("output"))),
        **known(name=text_of(value.get("name")), tool_calls=[it for it in calls if it is not None]),
    }


def _call(value: Any) -> Row | None:  # noqa: ANN401 - any JSON value
    told = fields_of(value)
    function = fields_of(told.get("function")) or told
    name = next((text for key in ("name", "toolName", "tool_name") if (text := text_of(function.get(key)))), None)
    if name is None:
        return None
    given: Any = next((function[key] for key in ("arguments", "args", "input") if key in function), {})
    return {"function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}}


def _text(parts: Any) -> str | None:  # noqa: ANN401 - any JSON value
    said = [text for it in parts if (text := _plain(it)) is not None]
    return "\n".join(said) if said else None


def _plain(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """The words of a part of a message, whatever they stand under."""
    if isinstance(value, str):
        return value
    told = fields_of(value)
    found = next((told[name] for name in ("text", "content", "response", "result", "output") if told.get(name) is not None), None)
    return found if found is None or isinstance(found, str) else json.dumps(found, ensure_ascii=False)
