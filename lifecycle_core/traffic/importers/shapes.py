"""What foreign records may hold, taken for what it is: never an error, only nothing, where a value is of another kind."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from lifecycle_core.traffic.times import parse_time

Values = Mapping[str, Any]
Row = dict[str, Any]
"""A conversation's fields by their own names, and beside them what else the source says: `--map` and `--outcome` reach both."""

OUTCOMES: Final = frozenset({"booked", "success", "task_success", "goal_achieved", "outcome_success"})
"""Scores that are outcomes by their name. Any other, such as correctness or toxicity, becomes one by --map or --outcome alone."""
_NANOSECONDS: Final = 1_000_000_000


def fields_of(value: Any) -> Values:  # noqa: ANN401 - any JSON value
    """`value` as an object, also where it is one written as text; else an empty one.

    >>> fields_of('{"a": 1}'), fields_of([1]), fields_of(None)
    ({'a': 1}, {}, {})
    """
    found = unwritten(value)
    return found if isinstance(found, dict) else {}


def items_of(value: Any) -> Sequence[Any]:  # noqa: ANN401 - any JSON value
    """`value` as a list, also where it is one written as text; else an empty one."""
    found = unwritten(value)
    return found if isinstance(found, list) else []


def unwritten(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`value`, or the object or list that it is the text of: exports write JSON into JSON, once or twice."""
    for _ in range(2):
        if not (isinstance(value, str) and value.lstrip()[:1] in {"{", "[", '"'}):
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            break
    return value


def text_of(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """`value` where it is a text that says something."""
    return value if isinstance(value, str) and value else None


def number_of(value: Any) -> float | None:  # noqa: ANN401 - any JSON value
    """`value` as a finite number, also where it is written as text, as OTLP writes whole numbers of 64 bits.

    >>> number_of("120"), number_of(0.5), number_of(True), number_of("many")
    (120.0, 0.5, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def count_of(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    """`value` as a whole number, from 0."""
    found = number_of(value)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def instant_of(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """The instant that `value` tells; one without a zone is UTC, which the systems that write such times document."""
    found = parse_time(value, UTC)
    return None if isinstance(found, str) else found


def instant_of_nanoseconds(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """The instant of so many nanoseconds since 1970; 0 is none.

    >>> instant_of_nanoseconds("1759838400000000000").isoformat()
    '2025-10-07T12:00:00+00:00'
    """
    found = count_of(value)
    try:
        return datetime.fromtimestamp(found / _NANOSECONDS, UTC) if found else None
    except (ValueError, OverflowError, OSError):
        return None


def truth_of(value: Any) -> bool | None:  # noqa: ANN401 - any JSON value
    """`value` where it is true or false, or 1 or 0; nothing between them is an outcome.

    >>> truth_of(1.0), truth_of(False), truth_of(0.5), truth_of(None)
    (True, False, None, None)
    """
    return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None


def outcome_of(scores: Values) -> bool | None:
    """The outcome that a score by the name of one tells; None where none does, or two differ.

    >>> outcome_of({"success": 1, "toxicity": 0}), outcome_of({"correctness": 1}), outcome_of({"success": 1, "booked": 0})
    (True, None, None)
    """
    told = {truth_of(value) for name, value in scores.items() if name.lower() in OUTCOMES} - {None}
    return told.pop() if len(told) == 1 else None


def known(**values: Any) -> Row:  # noqa: ANN401 - any JSON value
    """The values that are there: an unknown one is left out, and so stays unknown."""
    return {name: value for name, value in values.items() if value is not None and value not in ([], {}, "")}
