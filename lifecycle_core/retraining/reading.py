"""Conversations read by a model: what went wrong in each, as codes of a closed list with the words that show it.

1. Map: one request for each conversation, which stands fenced in the user's message alone; no tools, a closed schema.
2. Verify: a code counts only with a quote that occurs in the conversation; what is quoted and was not said is counted as unsupported.
3. Every tenth conversation is read twice, with another seed; how far the two agree is told beside the counts.
4. The model counts nothing: its codes are signs, and `findings` asks of them what it asks of every sign, failures against successes.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass

from lifecycle_core.chat import Chat, ChatMessage, ChatNonsenseError, ChatRefusedError, ChatReply, ChatRequest
from lifecycle_core.conversations import Conversation
from lifecycle_core.privacy.fencing import GAP, Fence
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.findings import Finding, Observed, clusters_of, findings_of
from lifecycle_core.retraining.signs import Sign

PURPOSE: Final = "read_conversation"
TWICE_EVERY: Final = 10
OTHER_SEED: Final = 1_000_003
"""What sets the second reading's seed apart."""
MOST_MESSAGES: Final = 40
MOST_CHARACTERS: Final = 400
"""Of one message."""
MAX_TOKENS: Final = 600
GIVES_UP_AFTER: Final = 5
"""A model that cannot answer the first so many in the asked shape is asked no more."""
FEWEST_QUOTED: Final = 3
"""Letters and digits that a quote must hold to show anything."""

_RULES: Final = (
    "You read one conversation between a customer and an agent, and say what the agent did wrong, if anything: codes of the given list, "
    "each with a short quote, copied to the letter from the message that shows it. Judge only what stands there. With nothing wrong, "
    "answer with an empty list. Whose fault: customer, agent or environment (a tool or service that failed)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing that a model saw in a conversation, and the words that show it, verbatim."""

    code: Code
    author: Author
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a model saw in one conversation; `unsupported` observations quoted what nobody said, and are left out."""

    conversation_id: str
    observations: tuple[Observation, ...] = ()
    unsupported: int = 0

    @property
    def codes(self) -> frozenset[Code]:
        """The codes seen, each once."""
        return frozenset(it.code for it in self.observations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a model saw in conversations.

    unreadable : the ids of those to which it gave no answer that can be read; after five of these and no other it was given up.
    agreement : of those read twice, the mean share of codes that both readings saw, of all that either saw; None where none was.
    """

    records: tuple[Record, ...]
    unreadable: tuple[str, ...] = ()
    read_twice: int = 0
    agreement: float | None = None
    simulated: bool = False

    @property
    def unsupported(self) -> int:
        """How many observations quoted what nobody said."""
        return sum(it.unsupported for it in self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSummary:
    """What a reading came to, as it stands in a failure analysis; the figures are `Reading`'s.

    read : conversations of which the model's answer could be read; findings : the evidence on each code that it saw.
    """

    model: str
    read: int
    unreadable: int
    unsupported: int
    read_twice: int
    agreement: float | None
    findings: tuple[Finding, ...]
    simulated: bool = False


@validated_dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Seen:
    code: Code
    author: Author
    quote: str


@validated_dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    observations: tuple[_Seen, ...]


def read(conversations: Iterable[Conversation], *, chat: Chat, model: str, marker: str, seed: int = 0) -> Reading:
    """Have `model` read `conversations`, which are masked.

    marker : what fences them (see `Fence`).

    Raises ChatUnavailableError where the model cannot answer now: done again, what was read before is answered from what was kept.
    """
    reader = _Reader(chat, model, Fence(marker))
    records: list[Record] = []
    unreadable: list[str] = []
    agreements: list[float] = []
    for place, it in enumerate(conversations):
        record = reader.record(it, seed)
        if record is None:
            unreadable.append(it.id)
            if not records and len(unreadable) == GIVES_UP_AFTER:
                break
            continue
        records.append(record)
        again = reader.record(it, seed + OTHER_SEED) if place % TWICE_EVERY == 0 else None
        if again is not None:
            either = record.codes | again.codes
            agreements.append(len(record.codes & again.codes) / len(either) if either else 1.0)
    return Reading(
        records=tuple(records),
        unreadable=tuple(unreadable),
        read_twice=len(agreements),
        agreement=sum(agreements) / len(agreements) if agreements else None,
        simulated=reader.simulated,
    )


def findings(reading: Reading, conversations: Sequence[Conversation]) -> tuple[Finding, ...]:
    """The evidence on each code that was read in the agent's conduct: failures against successes, among `conversations` that were read.

    conversations : as they were read; those of unknown outcome are left out.
    """
    records = {it.conversation_id: it for it in reading.records}
    known = [it for it in conversations if it.booked is not None and it.id in records]
    seen = [{it.code for it in records[one.id].observations if it.author is Author.AGENT} for one in known]
    codes = [code for code in Code if any(code in it for it in seen)]
    observed = Observed(
        shown=np.array([[code in it for code in codes] for it in seen], dtype=bool).reshape(len(known), len(codes)),
        failed=np.array([it.booked is False for it in known], dtype=bool),
        clusters=clusters_of(known),
    )
    return findings_of([Sign(f"read_{code}", code, "", lambda _: None) for code in codes], observed)


@dataclass(slots=True)
class _Reader:
    chat: Chat
    model: str
    fence: Fence
    simulated: bool = False

    def record(self, it: Conversation, seed: int) -> Record | None:
        """What the model sees in one conversation; None where its answer cannot be read."""
        try:
            reply = self.chat(self._request(it, seed))
            self.simulated |= reply.simulated
            answer = _answer(reply)
        except (ChatNonsenseError, ChatRefusedError):
            return None
        said = [_letters(message.get("content") or "") for message in it.messages]
        supported: dict[tuple[Code, Author], Observation] = {}
        for one in answer.observations:
            quote = self._plain(one.quote)
            if len(_letters(quote)) >= FEWEST_QUOTED and any(_letters(quote) in text for text in said):
                supported.setdefault((one.code, one.author), Observation(code=one.code, author=one.author, quote=quote))
        unsupported = len({(one.code, one.author) for one in answer.observations}) - len(supported)
        return Record(conversation_id=it.id, observations=tuple(supported.values()), unsupported=unsupported)

    def _plain(self, quote: str) -> str:
        """A quote without the marks of the fence, as it was said."""
        return " ".join(re.sub(rf"[«»{GAP}]", " ", quote.replace(self.fence.marker, " ")).split())

    def _request(self, it: Conversation, seed: int) -> ChatRequest:
        spoken = [message for message in it.messages if message["role"] != "system" and message.get("content")]
        half = MOST_MESSAGES // 2
        shown = spoken if len(spoken) <= MOST_MESSAGES else [*spoken[:half], *spoken[-half:]]
        told = [{"by": message["role"], "said": self.fence.quote(message.get("content") or "", MOST_CHARACTERS)} for message in shown]
        return ChatRequest(
            purpose=PURPOSE,
            model=self.model,
            messages=(
                ChatMessage(role="system", content=f"{_RULES}\n{self.fence.rule}\nCodes: {', '.join(Code)}."),
                ChatMessage(role="user", content=json.dumps({"conversation": told}, ensure_ascii=False)),
            ),
            parameters={"max_tokens": MAX_TOKENS},
            seed=seed,
            schema=_SCHEMA,
        )


_ONE: Final[Mapping[str, object]] = {
    "code": {"type": "string", "enum": [str(code) for code in Code]},
    "author": {"type": "string", "enum": [str(author) for author in Author]},
    "quote": {"type": "string"},
}
_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "properties": {
        "observations": {
            "type": "array",
            "items": {"type": "object", "properties": _ONE, "required": list(_ONE), "additionalProperties": False},
        }
    },
    "required": ["observations"],
    "additionalProperties": False,
}


def _answer(reply: ChatReply) -> _Answer:
    try:
        return TypeAdapter(_Answer).validate_json(reply.content or "")
    except ValidationError as error:
        message = f"{reply.model} answered in another shape ({error.error_count()} faults)"
        raise ChatNonsenseError(message) from None


def _letters(text: str) -> str:
    """What of a text is compared: its letters and digits, small."""
    return "".join(it for it in text.casefold() if it.isalnum())
