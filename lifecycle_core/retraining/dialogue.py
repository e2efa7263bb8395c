"""A conversation as steps: who spoke or acted, what was said, which tools were called and which calls failed."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from lifecycle_core.conversations import Fault, Message

CUSTOMER: Final = "user"
AGENT: Final = "assistant"
TOOL: Final = "tool"

MOST_CHARACTERS: Final = 20_000
"""What is read of one message."""

_WRITES: Final = re.compile(
    r"^(book|cancel|modify|update|create|delete|remove|return|exchange|reschedule|move|send|add|set|change|place|submit|pay|refund)(_|$)"
)
_READS_SLOTS: Final = re.compile(r"avail|slot|calendar|schedule_lookup|search|openings")
_HAND_OFFS: Final = re.compile(r"escalat|transfer|hand_?(off|over)|human")
_FAILED: Final = re.compile(r"^\s*(error\b|failed\b|\{\s*\"(ok|success)\"\s*:\s*false|\{\s*\"error\")", re.IGNORECASE)
_STOP: Final = re.compile(r"###\w+###")


class Told(Protocol):
    """What can be read as a dialogue: a conversation of traffic, or a replay."""

    @property
    def messages(self) -> Sequence[Message]:
        """What was said."""
        ...

    @property
    def actions(self) -> Sequence[str]:
        """The tools called, in order."""
        ...

    @property
    def errors(self) -> Sequence[Fault]:
        """The calls that failed."""
        ...

    @property
    def escalated(self) -> bool | None:
        """Whether it was handed over to a person."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool; `arguments` is the text as the agent wrote it, "" where the source does not keep it."""

    name: str
    arguments: str = ""

    @property
    def writes(self) -> bool:
        """Whether the tool changes something: it books, cancels, moves.

        >>> Call("book_appointment").writes, Call("get_order_details").writes
        (True, False)
        """
        return bool(_WRITES.search(self.name)) and not self.hands_over

    @property
    def looks_up_slots(self) -> bool:
        """Whether the tool tells what is free."""
        return not self.writes and bool(_READS_SLOTS.search(self.name))

    @property
    def hands_over(self) -> bool:
        """Whether the tool fetches a person."""
        return bool(_HAND_OFFS.search(self.name))


@dataclass(frozen=True, slots=True)
class Step:
    """One message: its speaker (`user`, `assistant`, `tool`), its text, the calls in it, and whether it tells of a failed call.

    answers : the tool that a tool's message answers, "" elsewhere.
    """

    speaker: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    failed: bool = False
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation's steps, its calls in order, its failed calls and whether it was handed over.

    shows_calls : the steps hold the calls; some sources keep only a list of them beside the messages, without their place.

    >>> from types import SimpleNamespace
    >>> said = [{"role": "user", "content": "Thursday?"}, {"role": "assistant", "tool_calls": [{"name": "check_availability"}]}]
    >>> it = Dialogue.of(SimpleNamespace(messages=said, actions=["check_availability"], errors=[], escalated=None))
    >>> it.shows_calls, it.steps[1].calls[0].looks_up_slots
    (True, True)
    """

    steps: tuple[Step, ...]
    calls: tuple[Call, ...]
    errors: tuple[Fault, ...]
    escalated: bool
    shows_calls: bool

    @classmethod
    def of(cls, told: Told) -> Self:
        """Read it."""
        steps = tuple(_steps(told.messages))
        shown = tuple(call for step in steps for call in step.calls)
        calls = shown or tuple(Call(name) for name in told.actions)
        return cls(steps, calls, tuple(told.errors), bool(told.escalated), shows_calls=bool(shown) or not told.actions)

    def said_by(self, speaker: str) -> list[str]:
        """The texts of a speaker, in order, empty ones left out."""
        return [step.text for step in self.steps if step.speaker == speaker and step.text]


def _steps(messages: Iterable[Message]) -> Iterable[Step]:
    for message in messages:
        speaker = message["role"]
        text = _STOP.sub("", (message.get("content") or "")[:MOST_CHARACTERS]).strip()
        if speaker == TOOL:
            failed = message.get("error") is True or bool(_FAILED.search(text))
            yield Step(speaker, text, (), failed, message.get("name") or "")
        elif speaker in {CUSTOMER, AGENT}:
            yield Step(speaker, text, tuple(_calls(message.get("tool_calls") or ())))


def _calls(told: Iterable[object]) -> Iterable[Call]:
    """Read calls in the short form and in the OpenAI API's."""
    for it in told:
        call = it.get("function", it) if isinstance(it, Mapping) else None
        if isinstance(call, Mapping) and isinstance(call.get("name"), str):
            arguments = call.get("arguments", "")
            yield Call(call["name"], arguments if isinstance(arguments, str) else json.dumps(arguments, sort_keys=True))
