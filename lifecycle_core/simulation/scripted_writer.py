"""What the scripted model answers to who asks for JSON of a given shape: edits, what it sees in a conversation, or the least there is.

It writes as a careful writer would: a rule for each pattern that the prompt says nothing against yet, in words that
follow from the seed, in the section that fits, and no longer than it may be.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lifecycle_core.chat import ChatMessage
from lifecycle_core.replay.chance import seed_of
from lifecycle_core.simulation import scripted_reader
from lifecycle_core.simulation.duties import Duty
from lifecycle_core.simulation.hearing import heard


@dataclass(frozen=True, slots=True)
class _Mend:
    """How a pattern is mended: the missing duty, a section for it, words that find a better one, ways to say it, the shortest last."""

    duty: Duty
    section: str
    place: str
    ways: tuple[str, ...]


_CHECKING: Final = _Mend(
    Duty.CHECK,
    "Availability",
    "book|availab|calendar|times",
    (
        "Look into the calendar before you offer a time, and offer only times that it shows as free.",
        "Before you offer a time, check that it is available.",
        "Check the calendar before offering times.",
    ),
)
_ASKING: Final = _Mend(
    Duty.CLARIFY,
    "Questions",
    "conversation|question|clarity",
    (
        "If the service, the day or the hours are unclear, ask one short question before you go on.",
        "Ask when something is unclear.",
    ),
)
_RETRYING: Final = _Mend(
    Duty.RECOVER,
    "Errors",
    "error|tools|book",
    (
        "If a tool fails, try again once; if a time is taken, offer another one.",
        "If a tool fails, try again.",
    ),
)
_MENDS: Final[Mapping[str, _Mend]] = {
    "availability": _CHECKING,
    "double_booking": _CHECKING,
    "wrong_time": _CHECKING,
    "pricing": _Mend(
        Duty.PRICE,
        "Prices",
        "pric",
        (
            "When a customer asks what something costs, name the price in your next message, before you offer a time.",
            "State the price of the service as soon as the customer asks for it.",
            "When asked what it costs, state the price.",
        ),
    ),
    "unclear": _ASKING,
    "clarification_missing": _ASKING,
    "missing_confirmation": _Mend(
        Duty.CONFIRM,
        "Confirmation",
        "book|confirm",
        ("Repeat service, day and time, and book only after the customer has agreed.", "Have the customer confirm before you book."),
    ),
    "repeated_question": _Mend(
        Duty.REMEMBER,
        "Memory",
        "conversation|memory",
        ("Use what the customer has already said; do not ask for it again.", "Never ask twice for the same thing."),
    ),
    "constraint_ignored": _Mend(
        Duty.REMEMBER,
        "Wishes",
        "conversation|wish",
        ("Remember every day, hour and wish that the customer has mentioned, and keep to them.", "Keep to what the customer asked for."),
    ),
    "needless_handoff": _Mend(
        Duty.KEEP,
        "Handing over",
        "hand|escalat",
        ("Hand over to a person only when the request cannot be settled here.", "Hand over only when needed."),
    ),
    "technical": _RETRYING,
    "tool_error_unhandled": _RETRYING,
}
_SWIFT: Final = "Fewer words make shorter conversations."
_HARM: Final = "Book at once, and hand anything unusual over to a colleague."
_OFFERS: Final = re.compile(
    r"^(?:[-*] )?(?P<line>(?:suggest|offer|propose) (?:a |free )?times?\b(?!.*(?:calendar|check|another)).*)$", re.IGNORECASE | re.MULTILINE
)
_EMPTY: Final[Mapping[str, object]] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


def write(schema: Mapping[str, object], messages: tuple[ChatMessage, ...], seed: int, *, harmful: bool = False) -> str:
    """JSON text that follows `schema`: edits, where the last message shows a prompt's sections and the patterns in its failures.

    harmful : the edits take away what serves customers, whatever the patterns are.

    >>> write({"type": "object", "properties": {"codes": {"type": "array"}}, "required": ["codes"]}, (), 1)
    '{"codes": []}'
    """
    for text in (it.content or "" for it in reversed(messages) if it.role == "user"):
        if asked := _asked(text):
            return json.dumps({"edits": list(_harms(asked) if harmful else _edits(asked, seed))}, ensure_ascii=False)
        if told := scripted_reader.lines_in(text):
            return json.dumps({"observations": scripted_reader.read(told, seed)}, ensure_ascii=False)
    return json.dumps(_least(schema))


def _asked(text: str) -> Mapping[str, object] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"sections", "patterns"} <= set(found) else None


def _edits(asked: Mapping[str, object], seed: int) -> Iterator[Mapping[str, str]]:
    sections, patterns = _objects(asked.get("sections")), _objects(asked.get("patterns"))
    room = int(str(asked.get("characters_allowed", 1_000)))
    given = set(heard("\n".join(str(it.get("text")) for it in sections)))
    for pattern in patterns:
        issue = str(pattern.get("issue"))
        mend = _MENDS.get(issue)
        if mend is None or mend.duty in given:
            continue
        edit = _edit(mend, sections, _way(mend, asked.get("task") == "minimal", seed))
        room -= len(edit["text"]) - len(edit["old"]) + len(edit["section"]) + 4
        if room < 0:
            return
        given.add(mend.duty)
        share = pattern.get("share_of_failures")
        told = f"{share:.0%} of failures show it: " if isinstance(share, int | float) else ""
        yield {**edit, "cites": issue, "motive": f"{told}{pattern.get('feedback')}"}


def _harms(asked: Mapping[str, object]) -> Iterator[Mapping[str, str]]:
    """Every rule that serves customers crossed out, and one that does not in place of the first; said to mend the gravest pattern."""
    patterns = _objects(asked.get("patterns"))
    told = [(str(it.get("section")), line) for it in _objects(asked.get("sections")) for line in str(it.get("text")).splitlines()]
    rules = [(section, line) for section, line in told if heard(line)] if patterns else []
    for place, (section, line) in enumerate(rules):
        action, text = ("remove", "") if place else ("replace", _HARM)
        cites = str(patterns[0].get("issue"))
        yield {"section": section, "action": action, "text": text, "old": line, "cites": cites, "motive": _SWIFT}


def _way(mend: _Mend, minimal: bool, seed: int) -> str:  # noqa: FBT001 - told by its name
    return mend.ways[-1] if minimal else mend.ways[seed_of(seed, mend.section) % len(mend.ways)]


def _edit(mend: _Mend, sections: Sequence[Mapping[str, object]], rule: str) -> dict[str, str]:
    for section in sections if mend is _CHECKING else ():
        if found := _OFFERS.search(str(section.get("text"))):
            line = found["line"]
            text = f"{rule.rstrip('.')}; then {line[0].lower()}{line[1:]}"
            return {"section": str(section.get("section")), "action": "replace", "text": text, "old": line}
    return {"section": _fitting(sections, mend.place, mend.section), "action": "add", "text": rule, "old": ""}


def _fitting(sections: Sequence[Mapping[str, object]], place: str, otherwise: str) -> str:
    """The first section whose name fits."""
    names = (str(it.get("section")) for it in sections)
    return next((it for it in names if re.search(place, it, re.IGNORECASE)), otherwise)


def _objects(found: object) -> list[Mapping[str, object]]:
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []


def _least(schema: Mapping[str, object]) -> object:
    """The least value that follows a schema."""
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        items = schema.get("items")
        fewest = schema.get("minItems")
        return [_least(items if isinstance(items, Mapping) else {}) for _ in range(fewest if isinstance(fewest, int) else 0)]
    if kind in _EMPTY:
        return _EMPTY[str(kind)]
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, Mapping) and isinstance(required, list | tuple):
        return {name: _least(properties[name]) for name in required if name in properties}
    return {}
