"""Databases that share what SQLAlchemy made of their statements, as all transactions of a program that runs do.

Each test has a database of its own, and would have all its statements compiled anew: two fifths of what a session took.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

from lifecycle_core.store import database

COMPILED: LRUCache[Any, Any] = LRUCache(4_000)
DIALECTS: dict[tuple[str, bool], Dialect] = {}
"""What compiles, by its name and whether it writes: the first that has learnt its server's version."""


def share() -> None:
    """Let the engines that are made from now on compile each statement once, for all of them."""
    for name in ("_sqlite", "_postgresql"):
        setattr(database, name, _sharing(getattr(database, name)))


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    @wraps(make)
    def made(*given: Any, writes: bool) -> Engine:
        engine = make(*given, writes=writes)
        engine.update_execution_options(compiled_cache=COMPILED)
        kind = (engine.dialect.name, writes)
        if kind in DIALECTS:
            engine.dialect = DIALECTS[kind]
            return engine

        @event.listens_for(engine, "engine_connect")
        def _(connection: Connection) -> None:
            DIALECTS.setdefault(kind, connection.dialect)

        return engine

    return made
