"""A variant's policy on the wire: the plan's names in camelCase, and its settings one by one as they are typed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from deployments.wire.base import AskedWire, Wire, Zulu
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations.policies import camel, meanings
from lifecycle_core.policy import Policy, PolicyChange
from lifecycle_core.provenance import MAX_REASON_CHARACTERS

_ADAPTER: Final = TypeAdapter(Policy)
_NONE: Final = "none"

VariantName = Annotated[str, Field(min_length=1, max_length=200, description="The variant whose policy it is.")]
Why = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS, description="Kept with the change.")]


class SetPolicyRequest(AskedWire):
    """Settings to change."""

    variant: VariantName
    settings: dict[str, JsonValue] = Field(
        min_length=1, description='The plan\'s names, such as {"bookingRateThreshold": 0.15, "shadow.replays": 8}; null takes a limit away.'
    )
    reason: Why = ""


class ResetPolicyRequest(AskedWire):
    """Settings to bring back to the default."""

    variant: VariantName
    settings: list[str] = Field(default_factory=list, description="Their names; none of them for all.")
    reason: Why = ""


class PolicyWire(Wire):
    """What counts as drift for a variant, and what is done about it."""

    variant: str
    policy: dict[str, JsonValue]
    changed: list[str] = Field(description="The settings that are not the default, as they are typed.")
    notes: list[str] = Field(description="What a setting comes to where that is easily mistaken.")

    @classmethod
    def of(cls, variant: str, it: Policy) -> Self:
        """Shape it."""
        return cls(variant=variant, policy=_camel(_plain(it)), changed=differing(Policy(), it), notes=list(meanings(it)))


class SettingWire(Wire):
    """A setting that was changed."""

    before: JsonValue
    after: JsonValue


class PolicyChangeWire(Wire):
    """One change of a policy."""

    id: int
    at: Zulu
    by: str
    reason: str
    settings: dict[str, SettingWire]
    undo: dict[str, JsonValue] = Field(description="Set these to take the change back.")

    @classmethod
    def of(cls, it: PolicyChange) -> Self:
        """Shape it."""
        named = {_dotted(name): both for name, both in it.changes.items()}
        told = {name: SettingWire(before=before, after=after) for name, (before, after) in named.items()}
        return cls(id=it.id, at=it.at, by=it.by, reason=it.why, settings=told, undo={name: before for name, (before, _) in named.items()})


class PolicyHistoryWire(Wire):
    """The changes of a variant's policy, the newest first."""

    variant: str
    changes: list[PolicyChangeWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones; null at the end.")

    @classmethod
    def of(cls, variant: str, found: Sequence[PolicyChange], limit: int) -> Self:
        """Shape them; a full page has a next one."""
        more = str(found[-1].id) if len(found) == limit else None
        return cls(variant=variant, changes=[PolicyChangeWire.of(it) for it in found], next_cursor=more)


def settings(it: Policy) -> Iterator[tuple[str, str]]:
    """Each setting's name and its value as both are typed.

    >>> dict(settings(Policy()))["retraining.cooldownDays"]
    '7'
    """
    for name, value in _camel(_plain(it)).items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", typed(told)) for inner, told in value.items())
        else:
            yield name, typed(value)


def differing(before: Policy, after: Policy) -> list[str]:
    """The names of the settings that two policies do not share, as they are typed.

    >>> differing(Policy(), Policy(recent_hours=12))
    ['recentHours']
    """
    was = dict(settings(before))
    return [name for name, told in settings(after) if told != was[name]]


def changed(it: Policy, given: Mapping[str, JsonValue]) -> Policy:
    """`it` with the settings of `given`, by name; raises InvalidInputError for a name or a value that cannot be meant.

    A value is plain JSON, or a text as it is typed.

    >>> changed(Policy(), {"bookingRateThreshold": "0.15", "retraining.cooldownDays": 14}).retraining.cooldown_days
    14
    """
    document = _plain(it)
    places = dict(_places(document))
    for name, value in given.items():
        part, key = _place(places, name)
        part[key] = _read(value, part[key])
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(camel(str(it)) for it in first["loc"] if isinstance(it, str) and it in _names())
        message = f"{name} is {str(first['input'])[:80]!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InvalidInputError(message, field=name) from None


def reset(it: Policy, names: Collection[str]) -> Policy:
    """`it` with these settings, or all where none is named, as they are by default; raises InvalidInputError for a name that is none.

    >>> reset(Policy(recent_hours=12, reference_days=14), ["recentHours"]) == Policy(reference_days=14)
    True
    """
    if not names:
        return Policy()
    document = _plain(it)
    places, defaults = dict(_places(document)), dict(_places(_plain(Policy())))
    for name in names:
        part, key = _place(places, name)
        part[key] = defaults[name][0][key]
    return _ADAPTER.validate_python(document)


def typed(value: JsonValue) -> str:
    """A setting's value as it is typed.

    >>> typed(None), typed(True), typed(["cost", "booking_rate"])
    ('none', 'true', 'cost,booking_rate')
    """
    if value is None:
        return _NONE
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(places: Mapping[str, tuple[dict[str, Any], str]], name: str) -> tuple[dict[str, Any], str]:
    if name not in places:
        from difflib import get_close_matches

        near = get_close_matches(name, places, 1, 0.5)
        message = (
            f"no setting is called {name[:100]!r}{f'; did you mean {near[0]!r}?' if near else ';'} lifecycle policy show VARIANT lists them"
        )
        raise InvalidInputError(message, field=name[:100])
    return places[name]


def _read(value: JsonValue, present: JsonValue) -> JsonValue:
    """What is meant by a value in the place of `present`; pydantic would take a truth for a number."""
    if isinstance(value, bool) and not isinstance(present, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    if isinstance(present, list):
        return list(value.split(",")) if value else []
    return None if value.lower() == _NONE else value


def _dotted(name: str) -> str:
    return ".".join(map(camel, name.split(".")))


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
