"""What all shapes on the wire share: camelCase, UTC with a Z, no field that is not named."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


class Wire(BaseModel):
    """A JSON object as programs are sent it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", serialize_by_alias=True)


class AskedWire(Wire):
    """A JSON object as programs send it: a field that is not named, in the spelling of the wire, is refused."""

    model_config = ConfigDict(populate_by_name=False)


class CopiedWire(Wire):
    """A JSON object that tells a value of the core field by field; a `validation_alias` is the core's name where the wire has another."""

    @classmethod
    def of(cls, it: object) -> Self:
        """Shape it."""
        return cls.model_validate(it, from_attributes=True)


def zulu(instant: datetime) -> str:
    """An instant in UTC with a Z.

    >>> from datetime import UTC
    >>> zulu(datetime(2025, 10, 7, 12, tzinfo=UTC))
    '2025-10-07T12:00:00Z'
    """
    return instant.isoformat().replace("+00:00", "Z")


Zulu = Annotated[datetime, PlainSerializer(zulu, return_type=str)]


def _in_iso(given: object) -> object:
    """Read a text as the command line does; pydantic would take a bare number for seconds since 1970."""
    if not isinstance(given, str):
        return given
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        kind, rule = "instant", "write it in ISO 8601 with a zone, as 2025-10-07T12:00:00Z; in an address + is written %2B"
        raise PydanticCustomError(kind, rule) from None


def _with_zone(given: datetime) -> datetime:
    if given.tzinfo is None:
        kind, rule = "instant", "it has no zone; add Z for UTC, or an offset such as +02:00"
        raise PydanticCustomError(kind, rule)
    return given


Instant = Annotated[datetime, BeforeValidator(_in_iso)]
ZonedInstant = Annotated[datetime, BeforeValidator(_in_iso), AfterValidator(_with_zone)]


class WindowWire(CopiedWire):
    """The half-open span from `start` to `end`."""

    start: Zulu
    end: Zulu
