"""Values as sources write them → values of the record's own types, and why a value can be none."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from pydantic import ValidationError

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.refusals import Refusal, RefusedError, explain, shown
from lifecycle_core.traffic.times import NAIVE, parse_time

TIMES: Final = ("started_at", "ended_at")
_ANY: Final = {"id": "any", "variant": "any", "ended_at": datetime(9999, 12, 31, tzinfo=UTC)}


def converted(field: str, value: Any, zone: tzinfo | None) -> Any:  # noqa: ANN401 - any JSON value
    """`value` in the type of the record's `field` where it says as much, else as it is; times that say no zone are read in `zone`.

    >>> converted("booked", 1, None), converted("errors", "agent_error", None)
    (True, ({'tool': None, 'message': 'agent_error'},))
    """
    if field in TIMES:
        parsed = parse_time(value, zone)
        if isinstance(parsed, str):
            raise RefusedError(Refusal(field, shown(value), parsed, of_source=parsed == NAIVE))
        return parsed
    conversion = CONVERSIONS.get(field)
    return conversion(field, value) if conversion else value


def fault_of(field: str, value: Any, zone: tzinfo | None) -> Refusal | None:  # noqa: ANN401 - any JSON value
    """Why no conversation can have `value` for its `field`, whatever else it says; None where one can.

    >>> fault_of("cost_usd", -1, None).sentence
    'cost_usd is -1; it must be 0 or more'
    """
    try:
        Conversation(**{**_ANY, field: converted(field, value, zone)})
    except RefusedError as error:
        return error.refusal
    except ValidationError as error:
        return explain(error)
    return None


def text(_field: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`value` as a text where it names something: a whole number does, a fraction does not."""
    return value if isinstance(value, str | float | list | dict) else json.dumps(value)


def _truth(field: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if value in (0, 1):
        return bool(value)
    raise RefusedError(Refusal(field, shown(value), "it must be true, false, 1, 0 or null"))


def _list(_field: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return tuple(value) if isinstance(value, list) else value


def _faults(field: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return ({"tool": None, "message": value},) if value else ()
    return _list(field, value)


CONVERSIONS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    **dict.fromkeys(("id", "variant", "customer_id", "model", "goal"), text),
    **dict.fromkeys(("booked", "escalated"), _truth),
    **dict.fromkeys(("response_times_s", "actions", "messages"), _list),
    "errors": _faults,
}
"""Field -> what brings its values into the record's type; the other fields' values are taken as they are, and times are read in a zone."""
