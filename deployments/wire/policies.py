"""A variant's policy on the wire: the plan's names in camelCase, and its settings one by one as they are typed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from deployments.wire.base import Wire
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations.policies import camel
from lifecycle_core.policy import Policy

_ADAPTER: Final = TypeAdapter(Policy)
_NONE: Final = "none"


class PolicyWire(Wire):
    """What counts as drift for a variant, and what is done about it."""

    variant: str
    policy: dict[str, JsonValue]
    changed: list[str] = Field(description="The settings that are not the default, as they are typed.")

    @classmethod
    def of(cls, variant: str, it: Policy) -> Self:
        """Shape it."""
        defaults = dict(settings(Policy()))
        return cls(variant=variant, policy=_camel(_plain(it)), changed=[name for name, told in settings(it) if told != defaults[name]])


def settings(it: Policy) -> Iterator[tuple[str, str]]:
    """Each setting's name and its value as both are typed.

    >>> dict(settings(Policy()))["retraining.cooldownDays"]
    '7'
    """
    for name, value in _camel(_plain(it)).items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", _typed(told)) for inner, told in value.items())
        else:
            yield name, _typed(value)


def changed(it: Policy, given: Mapping[str, str]) -> Policy:
    """`it` with the settings of `given`, by name; raises InvalidInputError for a name or a value that cannot be meant.

    >>> changed(Policy(), {"bookingRateThreshold": "0.15", "retraining.cooldownDays": "14"}).retraining.cooldown_days
    14
    """
    document = _plain(it)
    places = dict(_places(document))
    for name, text in given.items():
        if name not in places:
            from difflib import get_close_matches

            near = get_close_matches(name, places, 1, 0.5)
            message = (
                f"no setting is called {name[:100]!r}{f'; did you mean {near[0]!r}?' if near else ''} lifecycle policy show lists them"
            )
            raise InvalidInputError(message, field=name[:100])
        part, key = places[name]
        part[key] = text.split(",") if isinstance(part[key], list) and text else [] if isinstance(part[key], list) else _value(text)
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(camel(str(it)) for it in first["loc"] if isinstance(it, str) and it in _names())
        message = f"{name} is {str(first['input'])[:80]!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InvalidInputError(message, field=name) from None


def _plain(it: Policy) -> dict[str, Any]:
    document: dict[str, Any] = _ADAPTER.dump_python(it, mode="json")
    return document


def _camel(document: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(name): _camel(value) if isinstance(value, dict) else value for name, value in document.items()}


def _places(document: dict[str, Any], path: str = "") -> Iterator[tuple[str, tuple[dict[str, Any], str]]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _places(value, f"{path}{camel(name)}.")
        else:
            yield f"{path}{camel(name)}", (document, name)


def _names() -> set[str]:
    document = _plain(Policy())
    return {*document, *(name for part in document.values() if isinstance(part, dict) for name in part)}


def _value(text: str) -> str | None:
    return None if text.lower() == _NONE else text


def _typed(value: JsonValue) -> str:
    if value is None:
        return _NONE
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
