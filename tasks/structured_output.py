"""Answers that follow a JSON schema, from endpoints that differ in what they understand: a ladder, each rung asking for less.

1. `json_schema`: the endpoint itself holds the model to the schema.
2. `json_object`: it promises some JSON value; the schema stands in the prompt.
3. text: it promises nothing; the schema stands in the prompt, and one JSON value is cut out of what comes.

Whatever the rung, the answer is checked here. Nothing in this room asks anybody anything.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Final

from lifecycle_core.chat import ChatMessage, ChatRequest

MAX_COMPLAINT_CHARACTERS: Final = 500
MAX_OPENINGS: Final = 200
"""How many brackets are tried as the beginning of the value: a text of brackets alone must not cost minutes."""


class Rung(IntEnum):
    """What an endpoint is asked to promise; a higher rung promises less."""

    JSON_SCHEMA = 1
    JSON_OBJECT = 2
    TEXT = 3

    @property
    def next(self) -> "Rung | None":
        """The rung that asks for less, None after the last."""
        return None if self is Rung.TEXT else Rung(self + 1)


class MisshapenError(ValueError):
    """A text that holds no JSON value of the shape that was asked for; told in words that its writer may mend it by."""


def response_format(rung: Rung, schema: Mapping[str, object]) -> dict[str, object] | None:
    """The `response_format` of a request on `rung`, None where it has none.

    >>> response_format(Rung.JSON_OBJECT, {"type": "object"})
    {'type': 'json_object'}
    """
    if rung is Rung.JSON_SCHEMA:
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": _strict(schema)}}
    return {"type": "json_object"} if rung is Rung.JSON_OBJECT else None


def messages(rung: Rung, request: ChatRequest) -> tuple[ChatMessage, ...]:
    """The messages of `request` on `rung`: from the second on, the schema stands at the end of the system's message."""
    if request.schema is None or rung is Rung.JSON_SCHEMA:
        return request.messages
    rule = f"Answer with one JSON value alone, no other text, that follows this JSON schema:\n{json.dumps(request.schema)}"
    first, *rest = request.messages or (ChatMessage(role="system"),)
    if first.role != "system":
        return (ChatMessage(role="system", content=rule), first, *rest)
    return (replace(first, content=f"{first.content}\n\n{rule}" if first.content else rule), *rest)


def repair(asked: tuple[ChatMessage, ...], answer: str, complaint: MisshapenError) -> tuple[ChatMessage, ...]:
    """The messages that ask once more, with the answer that was misshapen and what is wrong with it."""
    told = f"That is not what was asked for: {complaint}. Answer again, with the JSON value alone."
    return (*asked, ChatMessage(role="assistant", content=answer), ChatMessage(role="user", content=told))


def well_formed(text: str, schema: Mapping[str, object]) -> str:
    r"""The JSON value in `text`, checked against `schema`, as JSON text; raises MisshapenError.

    >>> well_formed('Sure!\n```json\n{"codes": ["pricing"]}\n```', {"type": "object", "required": ["codes"]})
    '{"codes": ["pricing"]}'
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    value = cut_out(text)
    wrong = best_match(Draft202012Validator(schema).iter_errors(value))
    if wrong is not None:
        place = "".join(f"[{part!r}]" for part in wrong.absolute_path) or "the value"
        raise MisshapenError(f"{place}: {wrong.message}"[:MAX_COMPLAINT_CHARACTERS])
    return json.dumps(value, ensure_ascii=False)


def cut_out(text: str) -> object:
    """The one JSON object or array in `text`, whatever stands around it; of several the longest.

    Raises MisshapenError where there is none.

    >>> cut_out('The answer {as asked} is {"a": {"b": 1}}.')
    {'a': {'b': 1}}
    """
    whole = text.strip()
    try:
        return json.loads(whole, parse_constant=_no_number)
    except (ValueError, RecursionError):
        pass
    decoder = json.JSONDecoder(parse_constant=_no_number)
    longest, found, at = 0, None, 0
    for _ in range(MAX_OPENINGS):
        at = _opening(whole, at)
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(whole, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if end - at > longest:
            longest, found = end - at, value
        at = end
    if not longest:
        message = "it holds no whole JSON object or array"
        raise MisshapenError(message)
    return found


def _opening(text: str, at: int) -> int:
    places = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
    return min(places, default=-1)


def _no_number(name: str) -> object:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _strict(schema: object) -> bool:
    """Whether every object in `schema` is closed and asks for all it names, as the strict mode of the protocol wants it."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            named = schema.get("properties")
            wanted = schema.get("required")
            closed = schema.get("additionalProperties") is False
            if not (closed and isinstance(named, Mapping) and isinstance(wanted, list | tuple) and set(named) == set(wanted)):
                return False
        return all(_strict(value) for value in schema.values())
    return all(_strict(value) for value in schema) if isinstance(schema, list | tuple) else True
