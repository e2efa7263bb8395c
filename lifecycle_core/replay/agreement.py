"""What a version would do next at the turns of recorded conversations: whether two versions act alike, never which of them is better.

1. A turn is a recorded customer's word, or a tool's answer, that the agent had to act on; what it did then is not shown.
2. The next action is the tool that is called first, or words for the customer.
3. The incumbent is asked twice with different chance: how often it differs from itself is the floor of every difference.
4. Conversations are the sampling unit: turns of one are never counted as independent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest, ToolCall
from lifecycle_core.conversations import Conversation
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.chance import seed_of
from lifecycle_core.statistics.intervals import critical, mean_interval

MOST_TURNS: Final = 4
"""Turns that are taken of one conversation, the first ones."""
WORDS: Final = "words"
PURPOSE: Final = "agreement"
_Z: Final = critical(0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an agent has before it acts: the messages of a conversation up to there. place : from 0."""

    conversation_id: str
    place: int
    messages: tuple[ChatMessage, ...]

    def request(self, agent: Agent, again: int = 0) -> ChatRequest:
        """What is asked of the agent's model; `again` numbers the chance."""
        return ChatRequest(
            purpose=PURPOSE,
            model=agent.model,
            messages=(ChatMessage(role="system", content=agent.system_prompt), *self.messages),
            tools=agent.tools,
            parameters=agent.parameters,
            seed=seed_of("agreement", self.conversation_id, self.place, again),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What was done next at one turn: by the incumbent, by it once more, and by the candidate."""

    conversation_id: str
    incumbent: str
    again: str
    candidate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two versions act otherwise at recorded turns, a mean over conversations; None without any.

    difference : of the candidate from the incumbent; floor : of the incumbent from itself.
    excess, low, high : of the one over the other, with its 95% interval, which is None of a single conversation.
    """

    conversations: int
    turns: int
    difference: float | None = None
    floor: float | None = None
    excess: float | None = None
    low: float | None = None
    high: float | None = None


def turns(conversation: Conversation) -> tuple[Turn, ...]:
    """The first turns of a recorded conversation at which its agent had to act; those after something unreadable are left out.

    >>> from datetime import UTC, datetime
    >>> said = ({"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."})
    >>> [it.place for it in turns(Conversation(id="c", variant="a", ended_at=datetime(2025, 10, 7, tzinfo=UTC), messages=said))]
    [0]
    """
    found: list[Turn] = []
    seen: list[ChatMessage] = []
    waiting: list[str] = []
    for it in conversation.messages:
        role = it.get("role")
        if role == "assistant" and seen and seen[-1].role in {"user", "tool"} and not waiting:
            found.append(Turn(conversation_id=conversation.id, place=len(found), messages=tuple(seen)))
        if len(found) == MOST_TURNS:
            break
        message = _message(it, waiting, len(seen))
        if message is None:
            break
        seen.append(message)
    return tuple(found)


def action_of(reply: ChatReply) -> str:
    """What a reply does next."""
    return reply.tool_calls[0].name if reply.tool_calls else WORDS


def agreement(acted: Sequence[Actions]) -> Agreement:
    """How far the versions act alike.

    >>> alike = Actions(conversation_id="c", incumbent="book", again="book", candidate="book")
    >>> agreement([alike]).difference
    0.0
    """
    groups: dict[str, list[Actions]] = {}
    for it in acted:
        groups.setdefault(it.conversation_id, []).append(it)
    if not groups:
        return Agreement(conversations=0, turns=0)
    other = np.array([np.mean([it.candidate != it.incumbent for it in each]) for each in groups.values()])
    itself = np.array([np.mean([it.again != it.incumbent for it in each]) for each in groups.values()])
    apart = other - itself
    low, high = (float(it) for it in mean_interval(len(apart), apart.sum(), (apart**2).sum(), _Z))
    return Agreement(
        conversations=len(groups),
        turns=len(acted),
        difference=float(other.mean()),
        floor=float(itself.mean()),
        excess=float(apart.mean()),
        low=low if np.isfinite(low) else None,
        high=high if np.isfinite(high) else None,
    )


def _message(it: Mapping[str, Any], waiting: list[str], place: int) -> ChatMessage | None:
    """A recorded message as a model is shown it; None where it does not follow from those before. `waiting` : calls without an answer."""
    role, content = it.get("role"), it.get("content")
    if role == "tool":
        if not waiting:
            return None
        return ChatMessage(role="tool", content=str(content or ""), tool_call_id=waiting.pop(0), name=it.get("name"))
    if waiting or role not in {"user", "assistant"}:
        return None
    calls = tuple(_calls(it.get("tool_calls"), place)) if role == "assistant" else ()
    waiting.extend(call.id for call in calls)
    return ChatMessage(role=role, content=content, tool_calls=calls) if content or calls else None


def _calls(recorded: object, place: int) -> Iterator[ToolCall]:
    """The calls of a recorded message, each under an id of its own: not every record keeps them."""
    for number, it in enumerate(recorded if isinstance(recorded, list) else []):
        function = it.get("function", it) if isinstance(it, dict) else None
        if isinstance(function, dict) and isinstance(name := function.get("name"), str):
            yield ToolCall(id=f"call_{place}_{number}", name=name, arguments=str(function.get("arguments") or "{}"))
