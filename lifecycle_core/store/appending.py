"""Conversations as new rows, by the shortest way that each database has: one prepared statement, or COPY.

Each row is made of what the column types write, in one step for all of its columns.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final, cast

from pydantic_core import to_json
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from lifecycle_core.conversations import Conversation
from lifecycle_core.store.audit import UNGUARDED
from lifecycle_core.store.tables import TABLES

_PLAIN: Final = (
    "variant",
    "id",
    "version",
    "ended_at_assumed",
    "booked",
    "escalated",
    "cost_usd",
    "cost_source",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "customer_id",
    "goal",
    "model",
    "customer_rating",
    "provider_fault",
)
"""Written as they are."""
_JSON: Final = ("response_times_s", "actions", "errors", "messages", "segments")
_COLUMNS: Final = (*_PLAIN, *_JSON, "started_at", "ended_at", "received_at")
_TABLE: Final = TABLES["conversations"].name
_INSERT: Final = f"INSERT INTO {_TABLE} ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names of ours
_COPY: Final = f"COPY {_TABLE} ({', '.join(_COLUMNS)}) FROM STDIN"

_WITHOUT_ZONE: Final = len("2025-10-07 12:00:00.000000")
"""SQLite keeps UTC and forgets the zone."""

_plain, _lists = attrgetter(*_PLAIN), attrgetter(*_JSON)


def append(connection: Connection, new: Iterable[Conversation], received_at: datetime) -> None:
    """Write conversations that are not there yet, each of a known version."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_INSERT, list(_rows(new, received_at, _WITHOUT_ZONE)), execution_options=UNGUARDED)
        return
    import psycopg

    cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
    try:
        with cursor, cursor.copy(_COPY) as copy:
            for row in _rows(new, received_at, None):
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(_COPY, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect) from error


def _rows(new: Iterable[Conversation], received_at: datetime, written: int | None) -> Iterator[tuple[Any, ...]]:
    """What is written of each; written : how many characters of an instant."""
    arrived = _instant(received_at)[:written]
    for it in new:
        texts = [to_json(value).decode() if value else "[]" if isinstance(value, tuple) else "{}" for value in _lists(it)]
        started_at = None if it.started_at is None else _instant(it.started_at)[:written]
        yield (*_plain(it), *texts, started_at, _instant(it.ended_at)[:written], arrived)


def _instant(it: datetime) -> str:
    return it.astimezone(UTC).isoformat(" ", "microseconds")
