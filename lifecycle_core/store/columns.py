"""Column types that read the same on SQLite and PostgreSQL."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic_core import to_json
from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lifecycle_core.errors import DatabaseUnavailableError

T = TypeVar("T")


class _Readable(TypeDecorator[T]):
    """A type that refuses, in a sentence, what it cannot have written."""

    __abstract__ = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], T | None] | None:
        """Read as the type does."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def reading(value: Any) -> T | None:  # noqa: ANN401 - what the driver gives
            try:
                return read(value)
            except (TypeError, ValueError) as error:
                where = f"where it says {str(value)[:50]!r} (lifecycle db verify names the row)"
                message = f"the database is damaged {where}; put a backup in its place"
                raise DatabaseUnavailableError(message) from error

        return reading


class InstantColumn(_Readable[datetime]):
    """A UTC instant; SQLite, which forgets the zone, is given and gives back UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; hand SQLite plain UTC."""
        if value is not None and value.tzinfo is None:
            message = f"naive timestamp {value!r}: give it a zone"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonColumn(_Readable[Any]):
    """A JSON document kept as text, as the plan's schema has it. Assign a new value to change it: one changed in place is not noticed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - any JSON value; SQLAlchemy's signature
        """Write compact JSON; a number that is none becomes null."""
        return None if value is None else to_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - any JSON value; SQLAlchemy's signature
        """Read it back."""
        return None if value is None else json.loads(value)
