"""Requests and replies as the OpenAI protocol writes them: plain objects, made and read by nobody's client."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest, Done, ToolCall

TOLD: Final = "lifecycle"
"""Where an agent that has its tools to itself tells what it did: `{"actions": [{"name", "arguments", "result" or "error"}]}`."""


def body(
    request: ChatRequest,
    asked: tuple[ChatMessage, ...],
    shape: dict[str, object] | None = None,
    *,
    newer_limit: bool = False,
    seedless: bool = False,
) -> dict[str, Any]:
    """The body of `POST chat/completions` that asks `request` with the messages `asked`.

    shape : its `response_format`; newer_limit : the endpoint calls `max_tokens` by its newer name; seedless : it knows no `seed`.
    """
    written: dict[str, Any] = {"model": request.model, "messages": [_message(it) for it in asked], **request.parameters}
    if newer_limit and "max_tokens" in written:
        written["max_completion_tokens"] = written.pop("max_tokens")
    if request.seed is not None and not seedless:
        written["seed"] = request.seed
    if request.tools:
        named = [{"name": it.name, "description": it.description, "parameters": dict(it.parameters)} for it in request.tools]
        written["tools"] = [{"type": "function", "function": it} for it in named]
    if shape is not None:
        written["response_format"] = shape
    return written


def tool_calls(said: Any) -> tuple[ToolCall, ...]:  # noqa: ANN401 - whatever the endpoint sent
    """The tool calls of the message that an endpoint `said`, as it wrote them."""
    calls = [it for it in said.tool_calls or () if getattr(it, "function", None)]
    return tuple(ToolCall(id=str(it.id), name=str(it.function.name), arguments=str(it.function.arguments or "")) for it in calls)


def done(completion: Any, said: Any) -> tuple[Done, ...]:  # noqa: ANN401 - whatever the endpoint sent
    """What an agent tells of the tools that it called by itself, beside its message or in it; what cannot be read is left out."""
    return tuple(found for it in (said, completion) for found in _done((getattr(it, "model_extra", None) or {}).get(TOLD)))


def billed(completion: Any) -> float | None:  # noqa: ANN401 - whatever the endpoint sent
    """The dollars that the endpoint says it charged, as some add beside the tokens."""
    for told in (getattr(completion, "usage", None), completion):
        extra = getattr(told, "model_extra", None) or {}
        for name in ("cost", "cost_usd", "x_cost_usd"):
            if isinstance(extra.get(name), int | float):
                return float(extra[name])
    return None


def together(answers: Sequence[ChatReply]) -> dict[str, Any]:
    """What all of `answers` took, as a reply tells it; a count or a cost that none of them tells is None."""
    told = {name: [getattr(it, name) for it in answers] for name in ("input_tokens", "output_tokens", "cost_usd")}
    known = {name: [it for it in figures if it is not None] for name, figures in told.items()}
    return {"requests": len(answers), **{name: sum(figures) if figures else None for name, figures in known.items()}}


def _done(told: object) -> Iterator[Done]:
    actions = told.get("actions") if isinstance(told, Mapping) else None
    for it in actions if isinstance(actions, list) else ():
        if isinstance(it, Mapping) and isinstance(it.get("name"), str):
            failed = it.get("error") is not None
            answer = it["error"] if failed else it.get("result", "")
            yield Done(name=it["name"], arguments=_text(it.get("arguments", {})), answer=_text(answer), failed=failed)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _message(message: ChatMessage) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        calls = [(it.id, {"name": it.name, "arguments": it.arguments}) for it in message.tool_calls]
        written["tool_calls"] = [{"id": name, "type": "function", "function": function} for name, function in calls]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        written["name"] = message.name
    return written
