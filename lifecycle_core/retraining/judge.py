"""A judge of two served cases: which of two conversations served the customer better, asked in both orders, ties allowed.

1. Code has graded first; a judge grades nothing and decides nothing: its answers stand beside the score, as a guard.
2. Only an answer that holds in both orders counts; what turns with the order is a tie, and counted as such.
3. Both conversations stand fenced in the user's message; no tools, a closed schema. Equal words are a tie that nobody is asked about.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from typing import Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass

from lifecycle_core.chat import Chat, ChatMessage, ChatNonsenseError, ChatRefusedError, ChatRequest
from lifecycle_core.conversations import Message
from lifecycle_core.privacy.fencing import Fence

PURPOSE: Final = "judge"
MOST_MESSAGES: Final = 30
MOST_CHARACTERS: Final = 400
"""Of one message."""
MAX_TOKENS: Final = 200
SIGNIFICANT: Final = 0.05

_RULES: Final = (
    "Two agents served the same customer, whose goal is given. Say which conversation served the customer better: first, "
    "second, or neither. Judge by what the customer wanted, by what was done, and by how much trouble it was. "
    "Length and politeness alone are no merit."
)


class Preference(StrEnum):
    """What the judge prefers."""

    CANDIDATE = "candidate"
    INCUMBENT = "incumbent"
    TIE = "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One case as both versions served it."""

    case_id: str
    goal: str
    incumbent: tuple[Message, ...]
    candidate: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge prefers.

    preferences : case -> what held in both orders. turned : of the ties, those whose answers turned with the order.
    unreadable : cases to which it gave no answer that can be read; they are no ties.
    """

    model: str
    preferences: dict[str, Preference]
    turned: int = 0
    unreadable: int = 0
    simulated: bool = False

    @property
    def wins(self) -> int:
        """Cases in which the candidate is preferred."""
        return list(self.preferences.values()).count(Preference.CANDIDATE)

    @property
    def losses(self) -> int:
        """Cases in which the incumbent is."""
        return list(self.preferences.values()).count(Preference.INCUMBENT)

    @property
    def ties(self) -> int:
        """Cases in which neither is."""
        return len(self.preferences) - self.wins - self.losses

    @property
    def worse(self) -> bool:
        """Whether the incumbent is preferred more often than chance prefers: the sign test, one-sided at 5%.

        >>> of = lambda wins, losses: Judgement(model="m", preferences={
        ...     str(it): Preference.CANDIDATE if it < wins else Preference.INCUMBENT for it in range(wins + losses)})
        >>> of(0, 4).worse, of(0, 5).worse, of(1, 7).worse, of(2, 7).worse
        (False, True, True, False)
        """
        n = self.wins + self.losses
        return n > 0 and sum(comb(n, it) for it in range(self.losses, n + 1)) / 2**n <= SIGNIFICANT


def judge(pairs: Iterable[Pair], *, chat: Chat, model: str, marker: str, seed: int = 0) -> Judgement:
    """Have `model` compare the two conversations of each pair, in both orders.

    marker : what fences them (see `Fence`).

    Raises ChatUnavailableError where the model cannot answer now, and ChatDeniedError.
    """
    asked = _Judge(chat, model, Fence(marker), seed)
    preferences: dict[str, Preference] = {}
    unreadable = turned = 0
    for pair in pairs:
        if _words(pair.incumbent) == _words(pair.candidate):
            preferences[pair.case_id] = Preference.TIE
            continue
        first = asked.better(pair.goal, pair.candidate, pair.incumbent)
        second = asked.better(pair.goal, pair.incumbent, pair.candidate)
        if first is None or second is None:
            unreadable += 1
            continue
        one, other = _ORDER[first], _TURNED[_ORDER[second]]
        turned += one is not other
        preferences[pair.case_id] = one if one is other else Preference.TIE
    return Judgement(model=model, preferences=preferences, turned=turned, unreadable=unreadable, simulated=asked.simulated)


@validated_dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    better: Literal["first", "second", "neither"]
    why: str


@dataclass(slots=True)
class _Judge:
    chat: Chat
    model: str
    fence: Fence
    seed: int
    simulated: bool = False

    def better(self, goal: str, first: Sequence[Message], second: Sequence[Message]) -> str | None:
        """Which of two conversations it prefers; None where its answer cannot be read."""
        told = {"goal": self.fence.quote(goal, MOST_CHARACTERS), "first": self._told(first), "second": self._told(second)}
        request = ChatRequest(
            purpose=PURPOSE,
            model=self.model,
            messages=(
                ChatMessage(role="system", content=f"{_RULES}\n{self.fence.rule}"),
                ChatMessage(role="user", content=json.dumps(told, ensure_ascii=False)),
            ),
            parameters={"max_tokens": MAX_TOKENS},
            seed=self.seed,
            schema=_SCHEMA,
        )
        try:
            reply = self.chat(request)
            self.simulated |= reply.simulated
            return TypeAdapter(_Answer).validate_json(reply.content or "").better
        except (ChatNonsenseError, ChatRefusedError, ValidationError):
            return None

    def _told(self, said: Sequence[Message]) -> list[dict[str, object]]:
        """The first and the last messages of a conversation, the names of its calls beside them."""
        half = MOST_MESSAGES // 2
        shown = said if len(said) <= MOST_MESSAGES else [*said[:half], *said[-half:]]
        return [self._message(it) for it in shown]

    def _message(self, it: Message) -> dict[str, object]:
        calls = [self.fence.quote(json.dumps(call, ensure_ascii=False), MOST_CHARACTERS) for call in it.get("tool_calls") or ()]
        said = {"by": it["role"], "said": self.fence.quote(it.get("content") or "", MOST_CHARACTERS)}
        return {**said, "calls": calls} if calls else dict(said)


_ORDER: Final = {"first": Preference.CANDIDATE, "second": Preference.INCUMBENT, "neither": Preference.TIE}
"""What an answer means where the candidate's conversation stands first."""
_TURNED: Final = {
    Preference.CANDIDATE: Preference.INCUMBENT,
    Preference.INCUMBENT: Preference.CANDIDATE,
    Preference.TIE: Preference.TIE,
}
_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "properties": {"better": {"type": "string", "enum": list(_ORDER)}, "why": {"type": "string"}},
    "required": ["better", "why"],
    "additionalProperties": False,
}


def _words(said: Sequence[Message]) -> list[tuple[str, str]]:
    return [(it["role"], it.get("content") or "") for it in said]
