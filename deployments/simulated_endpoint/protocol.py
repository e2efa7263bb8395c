"""Requests and replies as the OpenAI protocol writes them: read into values, and written from them."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest, Role, ToolCall, ToolSpec

SHAPE: Final = "JSON schema:\n"
"""What stands before a schema that an endpoint without structured output is told in words."""


def _text(content: object) -> object:
    """The words of a content, which may come in parts."""
    if isinstance(content, list):
        return "".join(str(it.get("text", "")) for it in content if isinstance(it, dict))
    return content


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Function(_Told):
    name: str
    arguments: str = ""


class _Call(_Told):
    id: str
    function: _Function


class _Message(_Told):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[str | None, BeforeValidator(_text)] = None
    tool_calls: tuple[_Call, ...] | None = None
    tool_call_id: str | None = None
    name: str | None = None


class _Described(_Told):
    name: str
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class _Tool(_Told):
    function: _Described


class _Shape(_Told):
    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: dict[str, Any] | None = None


class Asked(_Told):
    """The body of `POST /v1/chat/completions`, so far as it decides anything here."""

    model: str
    messages: Annotated[tuple[_Message, ...], Field(min_length=1)]
    tools: tuple[_Tool, ...] = ()
    seed: int | None = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    response_format: _Shape = _Shape()
    stream: bool = False

    @property
    def limit(self) -> int | None:
        """How many tokens the answer may have."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def request(self) -> ChatRequest:
        """The same, as a value."""
        return ChatRequest(
            purpose="simulated",
            model=self.model,
            messages=tuple(map(_message, self.messages)),
            tools=tuple(
                ToolSpec(name=it.function.name, description=it.function.description, parameters=it.function.parameters) for it in self.tools
            ),
            seed=self.seed,
            schema=self._schema,
        )

    @property
    def _schema(self) -> Mapping[str, object] | None:
        if self.response_format.json_schema is not None:
            schema = self.response_format.json_schema.get("schema")
            return schema if isinstance(schema, dict) else {"type": "object"}
        told = (self.messages[0].content or "").rpartition(SHAPE)
        try:
            schema = json.loads(told[2]) if told[1] else None
        except ValueError:
            schema = None
        return schema if isinstance(schema, dict) else {"type": "object"} if self.response_format.type == "json_object" else None


def _message(told: _Message) -> ChatMessage:
    role: Role = "system" if told.role == "developer" else told.role
    calls = tuple(ToolCall(id=it.id, name=it.function.name, arguments=it.function.arguments) for it in told.tool_calls or ())
    return ChatMessage(role=role, content=told.content, tool_calls=calls, tool_call_id=told.tool_call_id, name=told.name)


def completion(reply: ChatReply, *, name: str, finish: str | None = None) -> dict[str, Any]:
    """The body of the answer; the dollars stand in `usage`, as some endpoints tell them."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.tool_calls:
        calls = [(it.id, {"name": it.name, "arguments": it.arguments}) for it in reply.tool_calls]
        message["tool_calls"] = [{"id": number, "type": "function", "function": function} for number, function in calls]
    read, written = reply.input_tokens or 0, reply.output_tokens or 0
    return {
        "id": f"chatcmpl-simulated-{name}",
        "object": "chat.completion",
        "created": 0,
        "model": reply.model,
        "system_fingerprint": "simulated",
        "choices": [{"index": 0, "finish_reason": finish or ("tool_calls" if reply.tool_calls else "stop"), "message": message}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written, "cost": reply.cost_usd},
    }


def refusal(message: str, code: str) -> dict[str, Any]:
    """The body of an error, as the protocol writes it."""
    return {"error": {"message": f"{message} (simulated)", "type": code, "code": code, "param": None}}
