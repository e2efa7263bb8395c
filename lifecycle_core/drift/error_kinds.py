"""Kinds of failures: messages alike but for their numbers, ids and what is somebody's are one kind."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lifecycle_core.conversations import Fault
from lifecycle_core.privacy.fencing import visible
from lifecycle_core.privacy.masking import find

MOST_KINDS: Final = 500
"""Kinds that are counted apart; what comes after is one kind of its tool's."""
MOST_READ: Final = 200
MOST_CHARACTERS: Final = 100
MOST_REMEMBERED: Final = 10_000
OTHER_MESSAGES: Final = "(other messages)"
OTHER_TOOLS: Final = "(other tools)"

_QUOTED: Final = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`")
_NUMBERED: Final = re.compile(r"[#\w.:/@+-]*\d[\w.:/@+-]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """A tool, None where the conversation itself broke, the message's kind, and whether it was a provider that failed."""

    tool: str | None
    message: str
    provider_fault: bool


def kind_of_message(message: str) -> str:
    """What messages of one kind have in common: nothing quoted, no number or id, nothing that is somebody's; at most 100 characters.

    >>> kind_of_message("Order #W5199551 of anna@example.com not found")
    'Order # of <EMAIL> not found'
    >>> kind_of_message("slot '2025-10-07 09:00' is taken after 3 tries")
    "slot '…' is taken after # tries"
    """
    return _masked(_without_numbers(message))


def _without_numbers(message: str) -> str:
    """What is quick to take out of a message, and leaves few different ones."""
    return _NUMBERED.sub("#", _QUOTED.sub("'…'", " ".join(visible(message[:MOST_READ]).split())))


def _masked(text: str) -> str:
    parts, at = [], 0
    for it in find(text):
        parts += [text[at : it.start], f"<{it.kind}>"]
        at = it.end
    return "".join([*parts, text[at:]])[:MOST_CHARACTERS].strip() or "(no message)"


class Kinds:
    """The kinds met so far; their number is bounded, whatever the messages say."""

    def __init__(self) -> None:
        self._known: set[Kind] = set()
        self._read: dict[str, str] = {}

    def of(self, faults: Sequence[Fault], *, broken: bool) -> frozenset[Kind]:
        """The kinds of failures that one conversation met; broken : a provider's fault broke it."""
        return frozenset(self._kind(fault, broken=broken) for fault in faults)

    def _kind(self, fault: Fault, *, broken: bool) -> Kind:
        text = _without_numbers(fault["message"])
        message = self._read.get(text)
        if message is None:
            message = _masked(text)
            if len(self._read) < MOST_REMEMBERED:
                self._read[text] = message
        tool = fault["tool"]
        for kind in (Kind(tool, message, broken and tool is None), Kind(tool, OTHER_MESSAGES, broken and tool is None)):
            if kind in self._known:
                return kind
            if len(self._known) < MOST_KINDS:
                self._known.add(kind)
                return kind
        return Kind(None if tool is None else OTHER_TOOLS, OTHER_MESSAGES, broken and tool is None)
