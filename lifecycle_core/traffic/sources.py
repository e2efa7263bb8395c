"""Where in a row a value comes from."""

from collections.abc import Mapping as Values
from dataclasses import dataclass
from typing import Any, Final, Self

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a dotted `path` into the row, or a `constant`; neither, and the field is left out.

    >>> Source.parse("usage.cost").of({"usage": {"cost": 0.02}})
    0.02
    >>> Source.parse(":baseline").of({})
    'baseline'
    """

    path: str = ""
    constant: Any = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read SOURCE or :VALUE."""
        return cls(constant=text[1:]) if text.startswith(":") else cls(text)

    @property
    def root(self) -> str:
        """The row's own field that the path begins with."""
        return self.path.partition(".")[0]

    def of(self, row: Values[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """The value in `row`; None where there is none."""
        if self.constant is not None:
            return self.constant
        value = self._found(row)
        return None if value is _NOTHING else value

    def is_in(self, row: Values[str, Any]) -> bool:
        """Whether `row` has the path, be it with null.

        >>> [Source("usage.cost").is_in(row) for row in ({"usage": {"cost": None}}, {"usage": {}})]
        [True, False]
        """
        return self._found(row) is not _NOTHING

    def _found(self, row: Values[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        if self.path in row:
            return row[self.path]
        value: Any = row
        for part in self.path.split("."):
            if not isinstance(value, dict) or part not in value:
                return _NOTHING
            value = value[part]
        return value
