"""Messages as other systems write them → a list of {role, content, tool_calls}, in order."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json

Message = dict[str, Any]

_ROLES: Final = {"human": "user", "ai": "assistant", "model": "assistant", "agent": "assistant", "developer": "system"}
_INSIDE: Final = ("messages", "message", "choices", "generations", "output", "input", "prompt", "content", "text", "response")
"""Where messages lie in what wraps them, the surest first."""
DEEPEST: Final = 16
"""How deep messages may lie in what wraps them."""
_CALLS: Final = frozenset({"tool_call", "tool_use", "function_call"})
_ANSWERS: Final = frozenset({"tool_call_response", "tool_result", "function_call_output"})


def messages_of(value: Any, role: str) -> list[Message]:  # noqa: ANN401 - any JSON value
    """The messages that `value` holds, however it wraps them; a bare text is one of `role`.

    >>> messages_of('[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]', "assistant")
    [{'role': 'user', 'content': 'Hi'}]
    """
    return list(_messages(value, role, DEEPEST))


def joined(known: list[Message], more: list[Message]) -> list[Message]:
    """What is known and what comes after, where a later call tells all that was said before it again, or only what is new.

    >>> joined([{"role": "user", "content": "Hi"}], [{"role": "user", "content": "Hi"}, {"role": "user", "content": "There?"}])
    [{'role': 'user', 'content': 'Hi'}, {'role': 'user', 'content': 'There?'}]
    """
    said = [_key(it) for it in known]
    again = [_key(it) for it in more]
    whole = max((size for size in range(min(len(said), len(again)), 0, -1) if said[-size:] == again[:size]), default=0)
    if not whole and len(again) >= len(said) and [it for it in again if it in said] == said:
        return more
    return [*known, *more[whole:]]


def called(message: Message) -> list[str]:
    """The names of the tools that a message calls."""
    names = [call.get("function", call).get("name") for call in message.get("tool_calls") or () if isinstance(call, dict)]
    return [it for it in names if isinstance(it, str)]


def _key(it: Message) -> str:
    return json.dumps([it["role"], it.get("content"), called(it)], sort_keys=True)


def _messages(value: Any, role: str, deep: int) -> Iterator[Message]:  # noqa: ANN401 - any JSON value
    if not deep:
        return
    if isinstance(value, str):
        inner = _loaded(value)
        if inner is not None:
            yield from _messages(inner, role, deep - 1)
        elif value:
            yield {"role": role, "content": value}
    elif isinstance(value, list):
        parted = value and all(isinstance(it, dict) and "type" in it and "role" not in it for it in value)
        for made in (_of_parts(value, role),) if parted else (_messages(it, role, deep - 1) for it in value):
            yield from made
    elif isinstance(value, Mapping):
        yield from _of_mapping(value, role, deep)


def _of_mapping(value: Mapping[str, Any], role: str, deep: int) -> Iterator[Message]:
    """One message, one call, or what wraps others."""
    if isinstance(value.get("role"), str) and _INSIDE[0] not in value:
        yield from _of_message(value)
    elif _kind_of(value) in _CALLS | _ANSWERS:
        yield from _of_parts([value], "assistant")
    else:
        yield from _messages(next((value[name] for name in _INSIDE if value.get(name)), None), role, deep - 1)


def _kind_of(part: Mapping[str, Any]) -> str:
    """The type of a part; a call that tells none is known by its tool's name."""
    return str(part.get("type", "tool_call" if "toolName" in part else "text")).replace("-", "_")


def _loaded(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """What a text holds that is JSON of objects; None for words."""
    if text[:1] not in {"{", "[", '"'}:
        return None
    try:
        found = from_json(text)
    except ValueError:
        return None
    holds = isinstance(found, str | dict) or (isinstance(found, list) and all(isinstance(it, dict) for it in found))
    return found if holds else None


def _of_message(value: Mapping[str, Any]) -> Iterator[Message]:
    role = _ROLES.get(value["role"].lower(), value["role"].lower())
    content, besides = value.get("content"), value.get("additional_kwargs")
    if role == "tool" and isinstance(content, Mapping) and isinstance(content.get("function"), Mapping):
        return  # the definition of a tool, which some write among the messages
    told = value.get("tool_calls") or (besides.get("tool_calls") if isinstance(besides, Mapping) else None)
    calls = [it for it in told or () if isinstance(it, dict)]
    parts = value.get("parts", content if isinstance(content, list) else None)
    if isinstance(parts, list):
        made = list(_of_parts(parts, role))
    elif content is None or isinstance(content, str):
        made = [{"role": role, "content": content}]
    else:
        made = [{"role": role, "content": json.dumps(content, ensure_ascii=False)}]
    if calls:
        made = made or [{"role": role, "content": None}]
        made[-1]["tool_calls"] = calls
    yield from made


def _of_parts(parts: list[Any], role: str) -> Iterator[Message]:
    """A message in parts: its text, its calls, and what tools answered, each a message of its own."""
    texts, calls = [], []
    for it in parts:
        part = it if isinstance(it, Mapping) else {"type": "text", "content": str(it)}
        kind = _kind_of(part)
        if kind in _CALLS:
            arguments = part.get("arguments", part.get("input", part.get("args")))
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            name = part.get("name", part.get("toolName"))
            identity = part.get("call_id", part.get("id", part.get("toolCallId")))
            calls.append({"id": identity, "type": "function", "function": {"name": name, "arguments": text}})
        elif kind in _ANSWERS:
            answer = part.get("response", part.get("result", part.get("output", part.get("content"))))
            yield {"role": "tool", "content": answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)}
        elif isinstance(words := part.get("content", part.get("text")), str):
            texts.append(words)
    if texts or calls:
        yield {"role": role, "content": "\n".join(texts) or None} | ({"tool_calls": calls} if calls else {})
