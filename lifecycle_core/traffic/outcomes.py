"""What counts as success where no field says it: a comparison with what a source says besides, such as a score or a reward."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.sources import Source

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, "!=": operator.ne, "==": operator.eq, ">": operator.gt, "<": operator.lt, "=": operator.eq}
)
_WRITTEN: Final = re.compile(r"^\s*(?P<path>[^<>=!]+?)\s*(?P<sign>>=|<=|!=|==|>|<|=)\s*(?P<value>.+?)\s*$")
_ORDERED: Final = frozenset({">=", "<=", ">", "<"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A comparison of what stands at `source` with `value`: true is booked, false is not, and nothing there is unknown.

    >>> won = Outcome.parse("scores.correctness >= 0.5")
    >>> [won.of(row) for row in ({"scores": {"correctness": 1}}, {"scores": {"correctness": 0}}, {"scores": {}})]
    [True, False, None]
    """

    source: Source
    sign: str
    value: Any

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read PATH SIGN VALUE; VALUE is JSON, or a bare word. Raises InvalidInputError for what is no comparison."""
        found = _WRITTEN.match(text)
        if found is None:
            message = f"--outcome is {text!r}; write PATH SIGN VALUE, such as reward==1 or 'scores.correctness >= 0.5'"
            raise InvalidInputError(message, field="outcome")
        try:
            value = json.loads(found["value"])
        except ValueError:
            value = found["value"]
        if found["sign"] in _ORDERED and not _number(value):
            message = f"--outcome {text}: {found['value']!r} is no number, and only numbers are more or less; use == or !="
            raise InvalidInputError(message, field="outcome")
        return cls(Source(found["path"]), found["sign"], value)

    def of(self, row: Mapping[str, Any]) -> bool | None:
        """Whether `row` is a success; None where it does not tell, or tells no number to be compared with one."""
        found = self.source.of(row)
        if found is None or (self.sign in _ORDERED and not _number(found)):
            return None
        return bool(_COMPARISONS[self.sign](found, self.value))


def _number(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, int | float) and not isinstance(value, bool)
