"""A conversation with a model, as values: what is asked, what is answered, and how it fails.

Who asks knows the port `Chat` and nothing of the wire: behind it stands an
endpoint, the cache of a session's calls, or a scripted agent.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from lifecycle_core.errors import LifecycleError

Role = Literal["system", "user", "assistant", "tool"]


class ChatError(LifecycleError):
    """A request to a model that brought no usable answer; `retryable` says whether asking again later may help.

    `paid` are the answers that came, and are billed, though none could be used.
    """

    status = 502
    code = "chat"
    retryable: ClassVar[bool] = False
    paid: "tuple[ChatReply, ...]" = ()


class ChatUnavailableError(ChatError):
    """An endpoint that cannot answer now: a time-out, too many requests, a fault of the server, no connection.

    `retry_after` are the seconds that the endpoint asked to wait, where it did.
    """

    status = 503
    code = "chat-unavailable"
    retryable = True

    def __init__(self, message: str, *, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, field=field)
        self.retry_after = retry_after


class ChatDeniedError(ChatError):
    """An endpoint that serves nobody of this account, or not so: a wrong key, no quota, an unknown model; no fault of an agent."""

    code = "chat-denied"


class ChatRefusedError(ChatError):
    """A model that will not answer this request: a refusal in words, a filter of contents, more than it can read."""

    code = "chat-refused"


class ChatNonsenseError(ChatError):
    """An answer that does not hold what was asked for: cut off, no JSON, or JSON of another shape."""

    code = "chat-nonsense"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the model wants called; `arguments` is the JSON text as the model wrote it, which may be no JSON at all."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool that the model may call; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A tool that an agent tells to have called by itself, before it answered: both texts are JSON as it wrote them, or none."""

    name: str
    arguments: str = "{}"
    answer: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message: `tool_calls` stand in an assistant's, `tool_call_id` names the call that a tool's message answers."""

    role: Role
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What a model is asked.

    `purpose` says why, for the row that the call leaves; `parameters` are the
    sampling parameters (`temperature`, `top_p`, `max_tokens`); `schema` is the JSON
    schema that the answer has to follow, None for free text.
    """

    purpose: str
    model: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    seed: int | None = None
    schema: Mapping[str, object] | None = None

    @property
    def content_hash(self) -> str:
        """The SHA-256 of everything that decides the answer, in hexadecimal: the key of a cached reply; the purpose is no part of it.

        >>> hello = (ChatMessage(role="user", content="Hello"),)
        >>> asked = ChatRequest(purpose="replay", model="m", messages=hello, seed=1)
        >>> asked.content_hash == ChatRequest(purpose="evaluation", model="m", messages=hello, seed=1).content_hash
        True
        >>> asked.content_hash == ChatRequest(purpose="replay", model="m", messages=hello, seed=2).content_hash
        False
        """
        decides = {
            "model": self.model,
            "messages": [_message(message) for message in self.messages],
            "tools": [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in self.tools],
            "parameters": self.parameters,
            "seed": self.seed,
            "schema": self.schema,
        }
        text = json.dumps(decides, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What a model answered, and what that took; a count or a cost is None where nobody told it.

    `cached` is true where the reply was kept from an earlier, equal request and cost nothing now;
    its `seconds` are those of that request, so that a step that is done again measures the same.
    `requests` are the answers that were paid for until this one could be used.
    `done` is what an agent that has its tools to itself tells of them.
    """

    content: str | None
    tool_calls: tuple[ToolCall, ...] = ()
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    seconds: float = 0.0
    cached: bool = False
    simulated: bool = False
    requests: int = 1
    done: tuple[Done, ...] = ()


class Chat(Protocol):
    """The port to a model.

    Raises ChatUnavailableError where asking again may help, ChatDeniedError,
    ChatRefusedError and ChatNonsenseError where it does not.
    """

    def __call__(self, request: ChatRequest, /) -> ChatReply:
        """Ask, and wait for the reply."""
        ...


def _message(message: ChatMessage) -> dict[str, object]:
    return {
        "role": message.role,
        "content": message.content,
        "tool_calls": [[call.id, call.name, call.arguments] for call in message.tool_calls],
        "tool_call_id": message.tool_call_id,
        "name": message.name,
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    message = f"a request holds {type(value).__name__}, which is no JSON value"
    raise TypeError(message)
