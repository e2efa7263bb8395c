"""What tells whether a conversation is booked, where no field does: what `--outcome` says."""

import json
import operator
import re
from collections.abc import Callable
from collections.abc import Mapping as Values
from dataclasses import dataclass
from typing import Any, Final, Self

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.source import Source

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_ORDERS: Final = frozenset({">=", "<=", ">", "<"})
_TERM: Final = re.compile(r"^\s*([^\s=!<>]+)\s*(==|!=|>=|<=|=|>|<)\s*(\S.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Comparisons of fields of a row, all of which must hold; what a missing field would say is unknown.

    >>> outcome = Outcome.parse("reward>=1 and termination=user_stop")
    >>> [outcome.of({"reward": it, "termination": "user_stop"}) for it in (1.0, 0.5, None)]
    [True, False, None]
    """

    text: str
    terms: tuple[tuple[Source, str, Any], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read FIELD OPERATOR VALUE, joined by `and`; raises InvalidInputError for what is none."""
        return cls(text, tuple(_term(text, part) for part in re.split(r"\s+and(?:\s+|$)", text)))

    @property
    def sources(self) -> list[Source]:
        """The fields that are compared."""
        return [source for source, _, _ in self.terms]

    def of(self, row: Values[str, Any]) -> bool | None:
        """What `row` says: false where one comparison fails, else unknown where one cannot be made."""
        told = [_compared(source.of(row), comparison, value) for source, comparison, value in self.terms]
        if False in told:
            return False
        return None if None in told else True


def _term(text: str, part: str) -> tuple[Source, str, Any]:
    match = _TERM.match(part)
    if match is None:
        message = f"--outcome is {text!r}; write FIELD=VALUE, !=, or FIELD>=NUMBER, joined by ' and ', such as scores.correctness>=0.8"
        raise InvalidInputError(message, field="outcome")
    try:
        value = json.loads(match[3])
    except ValueError:
        value = match[3]
    if match[2] in _ORDERS and not _is_number(value):
        message = f"--outcome {part.strip()}: {match[3]!r} is no number; more and less are asked of numbers, of words only = and !="
        raise InvalidInputError(message, field="outcome")
    return Source(match[1]), match[2], value


def _compared(found: Any, comparison: str, value: Any) -> bool | None:  # noqa: ANN401 - any JSON value
    if found is None or (comparison in _ORDERS and not _is_number(found)):
        return None
    return bool(_OPERATORS[comparison](found, value))


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, int | float) and not isinstance(value, bool)
