"""Attributes of spans, by three conventions and their older names → what a span is of."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from lifecycle_core.traffic.formats.messages import Message, messages_of
from lifecycle_core.traffic.formats.traces import Kind

Attributes = Mapping[str, Any]

_CHATS: Final = frozenset({"chat", "text_completion", "generate_content", "completion"})
_VERCEL_CHATS: Final = ("ai.generateText.doGenerate", "ai.streamText.doStream", "ai.generateObject.doGenerate", "ai.streamObject.doStream")
_OPENINFERENCE: Final = {"LLM": Kind.CHAT, "TOOL": Kind.TOOL}
_INDEXED: Final = re.compile(r"^llm\.(input|output)_messages\.(\d+)\.message\.(.+)$")


def described(attributes: Attributes) -> dict[str, Any]:
    """The fields of a `Span` that attributes tell: of GenAI (`gen_ai.*`), OpenInference (`llm.*`) or the AI SDK (`ai.*`).

    >>> described({"gen_ai.operation.name": "chat", "gen_ai.usage.prompt_tokens": "12"})["input_tokens"]
    12
    """
    get = attributes.get
    told = {
        "kind": _kind(attributes),
        "model": _of(attributes, "gen_ai.response.model", "llm.model_name", "ai.response.model", "gen_ai.request.model", "ai.model.id"),
        "input_tokens": _count(
            attributes, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.promptTokens"
        ),
        "output_tokens": _count(
            attributes,
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "ai.usage.completionTokens",
        ),
        "cost_usd": _number(_of(attributes, "llm.cost.total", "gen_ai.usage.cost", "operation.cost")),
        "tool": _of(attributes, "gen_ai.tool.name", "tool.name", "ai.toolCall.name"),
        "conversation": _of(attributes, "gen_ai.conversation.id", "session.id"),
        "customer": _of(attributes, "user.id", "enduser.id"),
        "agent": _of(attributes, "gen_ai.agent.name", "agent.name", "agent_name"),
    }
    if told["kind"] is Kind.CHAT:
        asked = _indexed(attributes, "input") or messages_of(get("gen_ai.system_instructions"), "system") + _said(
            attributes, "user", "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt", "input.value"
        )
        told["input"] = asked
        told["output"] = _indexed(attributes, "output") or _said(
            attributes, "assistant", "gen_ai.output.messages", "gen_ai.completion", "ai.response.text", "output.value"
        )
    return {name: value for name, value in told.items() if value is not None}


def _kind(attributes: Attributes) -> Kind:
    operation = attributes.get("gen_ai.operation.name")
    if operation == "execute_tool" or "ai.toolCall.name" in attributes:
        return Kind.TOOL
    vercel = attributes.get("ai.operationId")
    if operation in _CHATS or vercel in _VERCEL_CHATS or (operation is None and vercel is None and "gen_ai.request.model" in attributes):
        return Kind.CHAT
    return _OPENINFERENCE.get(str(attributes.get("openinference.span.kind")).upper(), Kind.OTHER)


def _of(attributes: Attributes, *names: str) -> Any:  # noqa: ANN401 - an attribute's value
    return next((attributes[it] for it in names if attributes.get(it) not in (None, "")), None)


def _count(attributes: Attributes, *names: str) -> int | None:
    value = _number(_of(attributes, *names))
    return None if value is None else int(value)


def _number(value: Any) -> float | None:  # noqa: ANN401 - an attribute's value
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _said(attributes: Attributes, role: str, *names: str) -> list[Message]:
    return next((found for it in names if (found := messages_of(attributes.get(it), role))), [])


def _indexed(attributes: Attributes, side: str) -> list[Message]:
    """Messages that are written an attribute for each of their fields."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if (match := _INDEXED.match(name)) and match[1] == side:
            found.setdefault(int(match[2]), {})[match[3]] = value
    return [it for place in sorted(found) for it in messages_of([_message(found[place])], "user")]


def _message(fields: Mapping[str, Any]) -> Message:
    calls: dict[str, dict[str, Any]] = {}
    for name, value in fields.items():
        if name.startswith("tool_calls."):
            place, _, what = name.removeprefix("tool_calls.").partition(".")
            calls.setdefault(place, {})[what] = value
    told: Message = {"role": fields.get("role", "user"), "content": fields.get("content")}
    if calls:
        told["tool_calls"] = [
            {
                "type": "function",
                "function": {"name": it.get("tool_call.function.name"), "arguments": _text(it.get("tool_call.function.arguments"))},
            }
            for _, it in sorted(calls.items())
        ]
    return told


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else json.dumps(value)
