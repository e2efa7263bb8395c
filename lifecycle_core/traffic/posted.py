"""The body of a request → conversations: one object, an array, or a line each; all of them or a refusal."""

from functools import cache
from io import BytesIO
from typing import Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from lifecycle_core.conversations import Conversation, conversation_adapter
from lifecycle_core.errors import InvalidInputError, TooLargeError
from lifecycle_core.traffic.lines import MAX_LINE_BYTES
from lifecycle_core.traffic.refusals import explain_details

MAX_BODY_BYTES: Final = 16 * 2**20
MAX_CONVERSATIONS: Final = 5000
"""How much one request may bring; an ingest of files has no such bound."""

_LINES: Final = ("ndjson", "jsonl", "json-seq", "jsonlines")
_SECOND_OBJECT: Final = "trailing characters"


def conversations_of(body: bytes, content_type: str = "") -> list[Conversation]:
    r"""The conversations in `body`, each by the record's own type: an unknown field or a text for a number is refused.

    content_type : one of JSON lines decides; else the first byte does.
    Raises InvalidInputError, which names place, field, value and rule; TooLargeError past the bounds.

    >>> body = b'{"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}'
    >>> [it.id for it in conversations_of(body)], len(conversations_of(body + b"\n" + body))
    (['c1'], 2)
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    text = body.strip()
    if not text:
        message = "the request has no body; send one conversation, an array of them, or one a line"
        raise InvalidInputError(message)
    if text.startswith(b"["):
        found = _array(text)
    elif any(word in content_type.lower() for word in _LINES):
        found = _lines(text)
    else:
        found = _object_or_lines(text)
    if len(found) > MAX_CONVERSATIONS:
        raise _too_many()
    return found


def too_large() -> TooLargeError:
    """The refusal of a body that is too long to be read."""
    return TooLargeError(f"the request is over {MAX_BODY_BYTES >> 20} MiB long; send fewer conversations at a time, or ingest a file")


def _too_many() -> TooLargeError:
    return TooLargeError(f"the request brings over {MAX_CONVERSATIONS:,} conversations; send fewer at a time, or ingest a file")


@cache
def _arrays() -> TypeAdapter[list[Conversation]]:
    return TypeAdapter(list[Conversation])


def _array(text: bytes) -> list[Conversation]:
    try:
        return _arrays().validate_json(text)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
    place, *loc = details["loc"] or (None,)
    raise _refused({**details, "loc": tuple(loc)}, "" if place is None else f"conversation [{place}]: ")


def _object_or_lines(text: bytes) -> list[Conversation]:
    try:
        return [conversation_adapter().validate_json(text)]
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
    if _SECOND_OBJECT in details["msg"]:
        return _lines(text)
    raise _refused(details, "")


def _lines(text: bytes) -> list[Conversation]:
    found: list[Conversation] = []
    for number, line in enumerate(BytesIO(text), start=1):
        if line.isspace():
            continue
        if len(line) > MAX_LINE_BYTES:
            message = f"line {number} is over {MAX_LINE_BYTES >> 20} MiB long, which is the most that is read; cut or drop its messages"
            raise TooLargeError(message)
        try:
            found.append(conversation_adapter().validate_json(line))
        except ValidationError as error:
            details = error.errors(include_url=False)[0]
            raise _refused(details, f"line {number}: ") from None
        if len(found) > MAX_CONVERSATIONS:
            raise _too_many()
    return found


def _refused(details: ErrorDetails, where: str) -> InvalidInputError:
    refusal = explain_details(details)
    return InvalidInputError(f"{where}{refusal.sentence}; nothing was written", field=refusal.field)
