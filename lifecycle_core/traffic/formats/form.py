"""What a format of another system is: how it is known, and how its records become rows that tell of one conversation each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = dict[str, Any]
"""A conversation's fields by their own names, and beside them what the source says besides (`scores`, `reward`), for options to name."""
Values = Mapping[str, Any]


UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError, RecursionError, ArithmeticError)
"""What a record raises that is not what its format says it should be."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a row: `error` is why `part` of a source, whose other parts are whole, tells none; empty = the record read last."""

    error: Exception
    part: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One format.

    name : as `--format` takes it. sign : what a record of it is known by, in words.
    known : whether a record is one of its. rows : what the records of one source tell.
    """

    name: str
    sign: str
    known: Callable[[Values], bool]
    rows: Callable[[Iterator[Values]], Iterator[Row | Unreadable]]


def each(rows: Callable[[Values], Iterator[Row]]) -> Callable[[Iterator[Values]], Iterator[Row | Unreadable]]:
    """The rows of a format whose records tell of conversations each for itself."""

    def all_rows(records: Iterator[Values]) -> Iterator[Row | Unreadable]:
        for it in records:
            try:
                yield from rows(it)
            except UNREADABLE as error:
                yield Unreadable(error)

    return all_rows


def an_object(value: Any) -> Values:  # noqa: ANN401 - any JSON value
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[Values]:  # noqa: ANN401 - any JSON value
    """Those of a list that are JSON objects; none of what is no list."""
    return [it for it in value if isinstance(it, Mapping)] if isinstance(value, list) else []
