"""Attributes of spans, in the words of GenAI (old and new), OpenInference and the Vercel AI SDK → what a span tells."""

import re
from collections import defaultdict
from typing import Any, Final

from lifecycle_core.traffic.importers.said import messages_of
from lifecycle_core.traffic.importers.shapes import Row, Values, count_of, known, number_of, text_of
from lifecycle_core.traffic.importers.spans import Kind

_CHATS: Final = frozenset({"chat", "text_completion", "generate_content", "LLM", "ai.generateText.doGenerate", "ai.streamText.doStream"})
_TOOLS: Final = frozenset({"execute_tool", "TOOL", "ai.toolCall"})
_AGENTS: Final = frozenset({"invoke_agent", "create_agent", "AGENT"})
_KINDS: Final = ("gen_ai.operation.name", "openinference.span.kind", "ai.operationId")
_NO_NAME: Final = re.compile(r"^unknown_service")
_MESSAGE: Final = re.compile(r"^llm\.(?:input|output)_messages\.(\d+)\.message\.(.+)$")
_PART: Final = re.compile(r"^(?:contents\.(\d+)\.message_content\.text|tool_calls\.(\d+)\.tool_call\.function\.(name|arguments))$")


def kind_of(told: Values) -> Kind:
    """What the span did.

    >>> kind_of({"gen_ai.operation.name": "chat"}), kind_of({"openinference.span.kind": "TOOL"}), kind_of({})
    ('chat', 'tool', 'other')
    """
    words = {told[name] for name in _KINDS if isinstance(told.get(name), str)}
    for kind, among in (("chat", _CHATS), ("tool", _TOOLS), ("agent", _AGENTS)):
        if words & among:
            return kind  # type: ignore[return-value] # the three are kinds
    return "chat" if not words and "gen_ai.system" in told and "gen_ai.request.model" in told else "other"


def telling(told: Values) -> Row:
    """The fields of a span that its attributes fill; those that none does are left out."""

    def first(*names: str) -> Any:  # noqa: ANN401 - any value of an attribute
        return next((told[name] for name in names if told.get(name) is not None), None)

    read = count_of(first("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.promptTokens"))
    written = count_of(
        first("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "ai.usage.completionTokens")
    )
    heard = first("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "input.value") or _flat(told, "llm.input_messages.")
    said = first("gen_ai.output.messages", "gen_ai.completion", "ai.response.text", "output.value") or _flat(told, "llm.output_messages.")
    service = text_of(told.get("service.name"))
    return known(
        kind=kind_of(told),
        conversation=text_of(first("gen_ai.conversation.id", "session.id")),
        name=text_of(first("gen_ai.tool.name", "tool.name", "ai.toolCall.name")),
        input_tokens=read,
        output_tokens=written,
        total_tokens=count_of(first("llm.token_count.total", "gen_ai.usage.total_tokens")),
        cost_usd=number_of(first("llm.cost.total", "gen_ai.usage.cost")),
        model=text_of(first("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "ai.model.id")),
        variant=text_of(first("gen_ai.agent.name")) or (service if service and not _NO_NAME.match(service) else None),
        customer_id=text_of(first("user.id", "enduser.id")),
        heard=messages_of(heard, "user"),
        said=messages_of(said, "assistant"),
        error=text_of(told.get("exception.message")) or text_of(told.get("error.type")),
    )


def _flat(told: Values, begins: str) -> list[Row]:
    """OpenInference's messages, which it writes a key for each value."""
    found: defaultdict[int, Row] = defaultdict(dict)
    for name, value in told.items():
        match = _MESSAGE.match(name) if name.startswith(begins) else None
        if match is None:
            continue
        message, key = found[int(match[1])], match[2]
        part = _PART.match(key)
        if part is None:
            message[key] = value
        elif part[1] is not None:
            message["content"] = f"{message['content']}\n{value}" if message.get("content") else value
        else:
            message.setdefault("calls", {}).setdefault(int(part[2]), {})[part[3]] = value
    return [{**it, "tool_calls": list(it.pop("calls", {}).values())} for _, it in sorted(found.items())]
