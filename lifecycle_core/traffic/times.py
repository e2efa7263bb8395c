"""Times as sources write them."""

from datetime import UTC, datetime, tzinfo
from typing import Any, Final

_ISO: Final = "it must be a time in ISO 8601, such as 2025-10-07T12:00:00Z"
NAIVE: Final = "it has no zone; give --zone UTC, or the zone of its clock, such as --zone Europe/Berlin"
_DAY: Final = "it is a day and not an instant; give the time of day too"
_DAY_CHARACTERS: Final = len("2025-10-07")

_SECONDS: Final = range(1_000_000_000, 10_000_000_000)
"""Numbers that can only be seconds since 1970, of the years 2001 to 2286; a thousand times that, milliseconds."""


def parse_time(value: Any, zone: tzinfo | None) -> datetime | str:  # noqa: ANN401 - any value of a record
    """The instant that `value` tells, or the rule that it breaks.

    An ISO 8601 time without a zone is read in `zone`: of an hour that comes
    twice the first is taken, and one that is left out counts on from the hour
    before. A number is Unix time, in seconds or milliseconds.

    >>> parse_time("2025-10-07T12:00:00Z", None).isoformat()
    '2025-10-07T12:00:00+00:00'
    >>> parse_time("2025-10-07T12:00:00", None)
    'it has no zone; give --zone UTC, or the zone of its clock, such as --zone Europe/Berlin'
    >>> parse_time(1759838400000, None).isoformat()
    '2025-10-07T12:00:00+00:00'
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unix(value)
    if not isinstance(value, str):
        return _ISO
    try:
        parsed = datetime.fromisoformat(value)
        if len(value) <= _DAY_CHARACTERS:
            return _DAY
        if parsed.tzinfo is None:
            if zone is None:
                return NAIVE
            parsed = parsed.replace(tzinfo=zone)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return _ISO


def _unix(value: float) -> datetime | str:
    for unit in (1, 1000):
        if _SECONDS.start * unit <= value < _SECONDS.stop * unit:
            return datetime.fromtimestamp(value / unit, UTC)
    return f"{_ISO}, or Unix time in seconds or milliseconds"
