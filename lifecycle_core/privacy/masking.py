"""Personal data taken out before anything leaves the machine, each thing in exchange for a typed placeholder.

Dates, times, prices and our own ids are left alone: a scheduling log without them
says nothing.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, Self

from lifecycle_core.conversations import Conversation, Message
from lifecycle_core.privacy.detectors import ORDERED, Detector, Finding, Kind, Span, names, no_name
from lifecycle_core.privacy.fencing import visible

NUMBERS: Final = 9999
FEWEST_CHARACTERS: Final = 3
"""A known name shorter than this is masked in whole only, not in parts."""
MAX_KNOWN: Final = 200

PLACEHOLDER: Final = re.compile(r"<[A-Z]{3,12}_\d{1,4}>")
_WHOSE: Final = r"(?:customer|client|guest|user|contact|first|last|full|middle|patient|passenger)"
_FIELD: Final = re.compile(
    rf"(?:{_WHOSE}[ _-]?)+name|surname|(?:{_WHOSE}[ _-]?)*(?:phone|mobile|telephone|e?mail|street|zip"
    r"|(?:home|billing|postal|shipping)?[ _-]?address)(?:[ _-]?(?:number|address|line|code|no))?[ _-]?\d?",
    re.IGNORECASE,
)
_IN_JSON: Final = re.compile(r"\\?\"(?P<key>[A-Za-z][\w -]{2,30})\\?\"\s*:\s*\\?\"(?P<value>[^\"\\\n]{2,100})\\?\"")
_ENVELOPE: Final = frozenset({"role", "type", "id", "tool_call_id"})
"""What is no text of anybody's in a message, nor in a call or its function: roles and our ids."""
_OURS: Final = frozenset({"assistant", "system", "developer", "tool", "function"})
"""Who has the name of an agent or a tool, and no person's."""
_CALLS: Final = frozenset({"tool_calls", "function_call", "function"})


def find(text: str, known: "re.Pattern[str] | None" = None) -> tuple[Finding, ...]:
    """What is somebody's in `text`, in its order, nothing twice.

    known : matches names that are known from elsewhere.

    >>> [finding.kind.value for finding in find("Anna here, at anna@example.com or (212) 555-0147, Tuesday 3:30 pm.")]
    ['NAME', 'EMAIL', 'PHONE']
    """
    found: list[Finding] = []
    taken = [match.span() for match in PLACEHOLDER.finditer(text)]
    named = ((Kind.NAME, match.span()) for match in known.finditer(text)) if known else ()
    for kind, (start, end) in chain(_spans(text, ORDERED[:1]), named, _spans(text, ORDERED[1:])):  # a name within an e-mail is a part of it
        if all(end <= other or start >= until for other, until in taken):
            taken.append((start, end))
            found.append(Finding(kind, start, end))
    return tuple(sorted(found, key=lambda it: it.start))


def _spans(text: str, detectors: Iterable[tuple[Kind, Detector]]) -> Iterator[tuple[Kind, Span]]:
    return ((kind, span) for kind, detector in detectors for span in detector(text))


@dataclass(frozen=True, slots=True)
class Masker:
    """Puts `<PHONE_4821>` in place of a telephone number, and so on: one thing, one placeholder, wherever it stands.

    key : a secret of the installation or the session; without it nobody can tell from a placeholder what it stands for.
    known : what is somebody's though no detector knows it, such as the customer's name in the record.

    >>> masker = Masker(b"secret")
    >>> masker("Call (212) 555-0147.") == masker("Call (212) 555-0147.") != "Call (212) 555-0147."
    True
    >>> masker("Tuesday 2025-10-07 at 3:30 pm for $140, order 12345678")
    'Tuesday 2025-10-07 at 3:30 pm for $140, order 12345678'
    """

    key: bytes = field(repr=False)
    known: "re.Pattern[str] | None" = field(default=None, repr=False)

    def __call__(self, text: str) -> str:
        """`text` without what cannot be seen and without what is somebody's."""
        shown = visible(text)
        parts, at = [], 0
        for finding in find(shown, self.known):
            parts += [shown[at : finding.start], self.placeholder(finding.kind, shown[finding.start : finding.end])]
            at = finding.end
        return "".join([*parts, shown[at:]]) if parts else shown

    def knowing(self, entities: Iterable[str]) -> Self:
        """The same masker, which also masks `entities` wherever they stand, and the longer words of each."""
        return replace(self, known=_pattern(entities))

    def of(self, conversation: Conversation) -> Self:
        """The same masker, which also masks everywhere what `conversation` tells of its customer anywhere."""
        return self.knowing(_told(conversation))

    def conversation(self, conversation: Conversation) -> Conversation:
        """`conversation` with every text in it masked: messages, arguments of calls, goal, errors, and the customer's id."""
        mask = self.of(conversation)
        customer = conversation.customer_id
        return replace(
            conversation,
            messages=tuple(_message(message, mask) for message in conversation.messages),
            errors=tuple({**fault, "message": mask(fault["message"])} for fault in conversation.errors),
            goal=mask(conversation.goal) if conversation.goal else conversation.goal,
            customer_id=self.placeholder(Kind.NAME, customer) if customer else customer,
        )

    def placeholder(self, kind: Kind, value: str) -> str:
        """What stands in place of `value`.

        >>> Masker(b"secret").placeholder(Kind.NAME, "Anna Smith") == Masker(b"secret").placeholder(Kind.NAME, "anna  smith")
        True
        """
        plain = "".join(value.lower().split()) if kind is Kind.NAME else re.sub(r"[\W_]+", "", value.lower())
        digest = hmac.digest(self.key, plain.encode("utf-8", "surrogatepass"), "sha256")
        return f"<{kind}_{int.from_bytes(digest[:4]) % NUMBERS + 1}>"


def _pattern(entities: Iterable[str]) -> re.Pattern[str] | None:
    """What matches each of `entities` whole in any case, and each long part of a name as it is written."""
    whole = list(dict.fromkeys(it for it in (" ".join(visible(entity).split()) for entity in entities) if len(it) >= FEWEST_CHARACTERS))[
        :MAX_KNOWN
    ]
    parts = {part for it in whole if not any(letter.isdigit() or letter == "@" for letter in it) for part in it.split() if _telling(part)}
    if not whole:
        return None
    wholes = "|".join(re.escape(it).replace(r"\ ", r"\s+") for it in sorted(whole, key=len, reverse=True))
    each = "|".join(re.escape(it) for it in sorted(parts, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:(?i:{wholes}){f'|{each}' if each else ''})(?!\w)")


def _telling(part: str) -> bool:
    return len(part) >= FEWEST_CHARACTERS and part[0].isupper() and not no_name(part)


def _told(conversation: Conversation) -> Iterator[str]:
    """What a conversation tells of its customer: the id, names by cue in any text, and what stands in fields of that kind."""
    if conversation.customer_id:
        yield conversation.customer_id
    for text in filter(None, [conversation.goal, *(message.get("content") for message in conversation.messages)]):
        shown = visible(text)
        yield from (shown[start:end] for start, end in names(shown))
        yield from _in_fields(shown)
    for message in conversation.messages:
        if who := _person(message):
            yield who
        yield from _in_fields(json.dumps(message.get("tool_calls") or "", ensure_ascii=False))
        for text in _arguments(message):
            yield from (text[start:end] for start, end in names(text))


def _person(message: Message) -> str | None:
    """The name that a message gives to its writer, where that is a person; a name such as "customer" names nobody."""
    name = message.get("name")
    if not name or message["role"] in _OURS or re.fullmatch(_WHOSE, name, re.IGNORECASE) or PLACEHOLDER.fullmatch(name):
        return None
    return name


def _arguments(message: Message) -> Iterator[str]:
    """The arguments of the calls in a message, as JSON text."""
    for call in message.get("tool_calls") or ():
        function = call.get("function", call) if isinstance(call, Mapping) else None
        given = function.get("arguments") if isinstance(function, Mapping) else None
        if given:
            yield visible(given if isinstance(given, str) else _json(given))


def _in_fields(text: str) -> Iterator[str]:
    """The values of fields that name what is somebody's, in JSON that may be cut off or stand inside other JSON."""
    for it in _IN_JSON.finditer(text) if '"' in text else ():
        if _FIELD.fullmatch(it["key"]):
            yield it["value"]


def _message(message: Message, mask: Masker) -> Any:  # noqa: ANN401 - a message again
    who = _person(message)
    told = _enveloped(message, mask, _ENVELOPE if who else _ENVELOPE | {"name"})
    return {**told, "name": mask.placeholder(Kind.NAME, who)} if who else told


def _enveloped(it: Mapping[str, Any], mask: Masker, own: frozenset[str]) -> dict[str, Any]:
    """A message, a call or a function: what is `own` to it stays as it is, whatever it carries is masked whole."""
    return {
        mask(key): value if key in own and isinstance(value, str) else _calls(value, mask) if key in _CALLS else _carried(value, mask)
        for key, value in it.items()
    }


def _calls(value: Any, mask: Masker) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return _enveloped(value, mask, _ENVELOPE | {"name"})
    return [_calls(it, mask) for it in value] if isinstance(value, list | tuple) else _carried(value, mask)


def _carried(value: Any, mask: Masker) -> Any:  # noqa: ANN401 - any JSON value
    """Any value masked with its keys: as it is built, else, where a key tells whose a value or a number is, as JSON text."""
    masked = _deep(value, mask)
    if isinstance(masked, str) or masked is None:
        return masked
    written = _json(masked)
    text = mask(written)
    return masked if text == written else text


def _deep(value: Any, mask: Masker) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(key): _deep(it, mask) for key, it in value.items()}
    return [_deep(it, mask) for it in value] if isinstance(value, list | tuple) else value


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
