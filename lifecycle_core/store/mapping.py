"""Rows and values, by the names of their fields: a value's fields are its row's columns; exceptions stand in the family's module."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

V = TypeVar("V", bound="DataclassInstance")
R = TypeVar("R", bound=SQLModel)


def value(kind: type[V], row: SQLModel, **others: Any) -> V:  # noqa: ANN401 - a field's value
    """The value of `kind` that `row` holds, validated; `others` names the fields whose columns are called otherwise."""
    named = {name: others[name] if name in others else getattr(row, name) for name in _names(kind)}
    found: V = _adapter(kind).validate_python(named)
    return found


def row(kind: type[R], it: "DataclassInstance", **others: Any) -> R:  # noqa: ANN401 - a column's value
    """The row of `kind` that holds `it`; `others` names the columns that are called otherwise, or not a field."""
    named = {field.name: getattr(it, field.name) for field in fields(it) if field.name in kind.model_fields}
    return kind(**{**named, **others})


def insert_into(tx: Session, kind: type[SQLModel]) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what becomes of a row whose key is there already, as the database of `tx` has it."""
    return postgresql.insert(kind) if tx.get_bind().dialect.name == "postgresql" else sqlite.insert(kind)


def to_json(it: "DataclassInstance") -> dict[str, Any]:
    """The document of a value, for a column of JSON: `from_json` gives the value back."""
    document: dict[str, Any] = _adapter(type(it)).dump_python(it, mode="json")
    return document


def from_json(kind: type[V], document: Mapping[str, Any]) -> V:
    """The value that `to_json` wrote; raises pydantic's ValidationError for another document."""
    found: V = _adapter(kind).validate_python(document)
    return found


@cache
def _adapter(kind: type[V]) -> TypeAdapter[V]:
    return TypeAdapter(kind)


@cache
def _names(kind: type[V]) -> tuple[str, ...]:
    return tuple(it.name for it in fields(kind))
