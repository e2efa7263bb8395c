"""Recorded messages as a chat that a model could have held: each call with an id, its answer behind it, the agent's word last."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from lifecycle_core.conversations import Message
from lifecycle_core.privacy.masking import PLACEHOLDER

TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What a tool may be called."""

ChatLine = dict[str, Any]
"""A message, or a line of a file, as JSON."""


class NoChatError(ValueError):
    """Messages that are no chat, and why."""


def chat(messages: Iterable[Message]) -> list[ChatLine]:
    """Recorded messages as a chat that ends with the agent; raises NoChatError.

    Calls get ids of their own. What a customer's own tools were called for is left out: the agent does not see it.

    >>> call = {"name": "look_up", "arguments": {"day": "Monday"}}
    >>> said = [{"role": "user", "content": "Monday?"}, {"role": "assistant", "tool_calls": [call]}]
    >>> chat([*said, {"role": "tool", "name": "look_up", "content": "free"}, {"role": "assistant", "content": "Free."}])[2]
    {'role': 'tool', 'tool_call_id': 'call_1', 'content': 'free'}
    """
    heard = _Heard([], [])
    for message in messages:
        if message["role"] in _ANSWERS:
            heard.answer(message)
        elif message["role"] in _SPEAKERS:
            heard.turn(message)
    return heard.ended()


def renumbered(said: Sequence[ChatLine]) -> list[ChatLine]:
    """The same chat, its placeholders of each kind numbered from 1 by their first appearance.

    >>> renumbered([{"role": "user", "content": "<NAME_812> or <NAME_7>, <EMAIL_4>"}])
    [{'role': 'user', 'content': '<NAME_1> or <NAME_2>, <EMAIL_1>'}]
    """
    known: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def number(match: re.Match[str]) -> str:
        old = match.group()
        if old not in known:
            kind = old[1:].split("_")[0]
            counts[kind] += 1
            known[old] = f"<{kind}_{counts[kind]}>"
        return known[old]

    found: list[ChatLine] = json.loads(PLACEHOLDER.sub(number, json.dumps(list(said))))
    return found


@dataclass
class _Heard:
    """The chat so far, the calls that wait for their answers, and how many the agent has made."""

    said: list[ChatLine]
    waiting: list["_Call"]
    calls: int = 0

    def turn(self, message: Message) -> None:
        """What a customer or the agent says and calls; raises NoChatError where the agent still waits for an answer."""
        if any(it.number for it in self.waiting):
            why = "a call has no answer"
            raise NoChatError(why)
        role, words = message["role"], message.get("content") or None
        self.waiting = [_Call.of(it) for it in _calls(message)]
        made = {}
        if self.waiting and role == "assistant":
            self.waiting = [replace(it, number=self.calls + number) for number, it in enumerate(self.waiting, 1)]
            self.calls += len(self.waiting)
            made = {"tool_calls": [it.line for it in self.waiting]}
        if words or made:
            self.said.append({"role": role, "content": words, **made})

    def answer(self, message: Message) -> None:
        """What a tool answers: to the call that it names, else to the first of that tool, else to the first."""
        own, name = message.get("tool_call_id"), message.get("name")
        ranked = sorted(self.waiting, key=lambda it: (own is None or it.own != own, name is None or it.name != name))
        if not ranked:
            why = "an answer has no call"
            raise NoChatError(why)
        self.waiting.remove(ranked[0])
        if ranked[0].number:
            self.said.append({"role": "tool", "tool_call_id": ranked[0].id, "content": message.get("content") or ""})

    def ended(self) -> list[ChatLine]:
        """The chat up to the agent's last word; raises NoChatError where it answers nobody."""
        last = max((place for place, it in enumerate(self.said, 1) if it["role"] == "assistant"), default=0)
        found = self.said[:last]
        if not any(it["role"] == "user" for it in found):
            why = "the agent answers nobody"
            raise NoChatError(why)
        return found


@dataclass(frozen=True, slots=True)
class _Call:
    """A call: the id that it had, and its number among the agent's; 0 of a customer's own."""

    own: str | None
    name: str
    arguments: str
    number: int = 0

    @classmethod
    def of(cls, it: Any) -> Self:  # noqa: ANN401 - any JSON value
        function = it.get("function", it) if isinstance(it, Mapping) else None
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
            why = "a call names no tool"
            raise NoChatError(why)
        given, own = function.get("arguments") or {}, it.get("id")
        return cls(str(own) if own else None, name, given if isinstance(given, str) else json.dumps(given, ensure_ascii=False))

    @property
    def id(self) -> str:
        return f"call_{self.number}"

    @property
    def line(self) -> ChatLine:
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": self.arguments}}


def _calls(message: Message) -> list[Any]:
    single = message.get("function_call")
    return [*(message.get("tool_calls") or ()), *([single] if single else ())]


_SPEAKERS: Final = {"user", "assistant"}
_ANSWERS: Final = {"tool", "function"}
