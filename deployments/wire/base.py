"""What all shapes on the wire share: camelCase, UTC with a Z, no field that is not named."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from lifecycle_core.conversations import Window


class Wire(BaseModel):
    """A JSON object as programs are sent it; a request with a field that is not named is refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", serialize_by_alias=True)


def zulu(instant: datetime) -> str:
    """An instant in UTC with a Z.

    >>> from datetime import UTC
    >>> zulu(datetime(2025, 10, 7, 12, tzinfo=UTC))
    '2025-10-07T12:00:00Z'
    """
    return instant.isoformat().replace("+00:00", "Z")


Zulu = Annotated[datetime, PlainSerializer(zulu, return_type=str)]


class WindowWire(Wire):
    """The half-open span from `start` to `end`."""

    start: Zulu
    end: Zulu

    @classmethod
    def of(cls, window: Window) -> "WindowWire":
        """Shape it."""
        return cls(start=window.start, end=window.end)
