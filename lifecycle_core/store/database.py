"""One database, and the one place that opens transactions on it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.audit import BEGIN_WRITE, UNGUARDED, WriteSession, refuse_unaudited
from lifecycle_core.store.failures import LOCK_SECONDS, DatabaseFaultError, no_file, refusal
from lifecycle_core.store.turns import Turns, TurnTimeoutError

Transaction = Session

MIGRATION_LOCK: Final = 0x1F_C1C1E
"""The key of PostgreSQL's advisory lock under which one process migrates and the others wait."""

CONNECTIONS: Final = 40
KEPT_OPEN: Final = 5
"""So many connections of each half stay open while nobody needs them."""
_MEMORY: Final = {None, "", ":memory:"}
_POSTGRESQL: Final = {"postgresql", "postgres", "postgresql+psycopg"}
_PASSWORD: Final = re.compile(r"(://[^:/@]*):.*@")
"""The user and the password of a URL that cannot be taken apart."""


class Database:
    """A database, by its URL: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`.

    `write` sees and changes the present state, one writer of SQLite at a time;
    `read` sees one state throughout and never keeps a writer waiting. Nothing is
    opened before the first of them.

    connections : to PostgreSQL, at most, one half to read and one to write; who finds all of them busy waits.

    Raises InvalidInputError for a URL that names neither kind.

    >>> Database("sqlite:////srv/agent/lifecycle.db").name
    '/srv/agent/lifecycle.db'
    >>> Database("postgresql://ada:secret@db.example/agent").name
    'postgresql://ada:***@db.example/agent'
    """

    url: str
    name: str
    dialect: Literal["sqlite", "postgresql"]

    def __init__(self, url: str, connections: int = CONNECTIONS) -> None:
        self.url = url
        parsed = _parse(url)
        if parsed.drivername == "sqlite":
            self.dialect, self.name = "sqlite", str(parsed.database)
            self._writer, self._reader = _sqlite(parsed, writes=True), _sqlite(parsed, writes=False)
        else:
            self.dialect, self.name = "postgresql", parsed.set(drivername="postgresql").render_as_string(hide_password=True)
            each = max(1, connections // 2)
            self._writer, self._reader = _postgresql(parsed, each, writes=True), _postgresql(parsed, each, writes=False)
        self._turns = Turns(LOCK_SECONDS)
        event.listen(self._writer, "before_cursor_execute", refuse_unaudited)

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    @contextmanager
    def write(self, act: Provenance, step: str = "", *, urgent: bool = False) -> Iterator[Transaction]:
        """One transaction that `act` answers for; all of it is kept, or nothing.

        urgent : of the threads of this process that wait to write to SQLite, it goes first.

        step : names it in `Transaction.info`, for who must meet one of them half done, as tests of kills do.
        """
        with (
            self._plain_words(),
            self._turns.taken(urgent=urgent) if self.dialect == "sqlite" else nullcontext(),
            WriteSession(self._writer, info={"act": act, "step": step}, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One unchanging view; a change made in it is refused by the database."""
        with self._plain_words(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """One transaction that may change the schema; on PostgreSQL one process at a time."""
        with self._plain_words(), self._writer.execution_options(**UNGUARDED).begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            yield connection

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except TurnTimeoutError as error:
            message = f"the database {self.name} is locked: others have written to it for {LOCK_SECONDS} s; ask again"
            raise DatabaseUnavailableError(message) from error
        except PendingRollbackError as error:  # what broke the connection was told to nobody, and was not the last that was asked of it
            message = f"the database {self.name} went away in the midst of a transaction and nothing was written; ask again"
            raise DatabaseUnavailableError(message) from error
        except (DBAPIError, PoolTimeoutError) as error:
            understood = refusal(error, self.name)
            if understood is None:
                raise DatabaseFaultError.of(error) from None
            if isinstance(error, DBAPIError) and isinstance(understood, DatabaseUnavailableError):
                self.close()  # a connection that was opened while the file could not be written stays so when it can again
            raise understood from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        parsed = None
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database not in _MEMORY:
        return parsed
    if parsed is not None and parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    given = parsed.render_as_string(hide_password=True) if parsed is not None else _PASSWORD.sub(r"\1:***@", url)
    message = f"the database URL is {given!r}; give sqlite:///PATH of a file, or postgresql://USER:PASSWORD@HOST/NAME"
    raise InvalidInputError(message, field="database")


def _sqlite(url: URL, *, writes: bool) -> Engine:
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={"isolation_level": None, "timeout": LOCK_SECONDS},
        hide_parameters=True,
        pool_size=5,
        max_overflow=45,
        pool_timeout=LOCK_SECONDS,
    )

    @event.listens_for(engine, "do_connect")
    def _(*_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        _create_private(Path(str(url.database)))

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        pragmas = ("synchronous=FULL", "foreign_keys=ON") if writes else ("query_only=ON",)
        if writes and connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode=WAL")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(BEGIN_WRITE if writes else "BEGIN")

    return engine


def sqlite_module() -> Any:  # noqa: ANN401 - a driver
    """The newest SQLite at hand: the wheel's, which lacks old faults of the WAL, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        import sqlite3 as dbapi2
    return dbapi2


def _create_private(path: Path) -> None:
    """Make the file, for its owner alone, before SQLite makes it for everyone; its companions inherit its mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise no_file(path, error) from error


def _postgresql(url: URL, connections: int, *, writes: bool) -> Engine:
    engine = create_engine(
        url,
        connect_args={"connect_timeout": LOCK_SECONDS},
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        execution_options={} if writes else {"postgresql_readonly": True},
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=min(KEPT_OPEN, connections),
        max_overflow=max(0, connections - KEPT_OPEN),
        pool_timeout=LOCK_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        connection.commit()
        if not writes:  # what compares schemas, on a writer's connection, is told of them in text
            connection.cursor_factory = _binary_cursor()

    return engine


@cache
def _binary_cursor() -> Any:  # noqa: ANN401 - a driver's class
    """A cursor of psycopg that asks for bytes as they are: the packed sums of a check need not be told in hexadecimal."""
    from psycopg import Cursor
    from psycopg.pq import Format

    class BinaryCursor(Cursor[Any]):
        def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - psycopg's signature
            super().__init__(*given, **named)
            self.format = Format.BINARY

    return BinaryCursor
