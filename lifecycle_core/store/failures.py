"""What a database's complaint means to a person: the one table from a driver's words to a refusal."""

from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Final, Self

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError, LifecycleError, LostRaceError, SchemaMismatchError

LOCK_SECONDS: Final = 10
"""How long a writer waits for another one."""

_UNAVAILABLE, _SCHEMA, _RACE, _INPUT = DatabaseUnavailableError, SchemaMismatchError, LostRaceError, InvalidInputError

_SQLITE: Final[tuple[tuple[str, type[LifecycleError], str], ...]] = (
    ("is locked", _UNAVAILABLE, f"is locked by another program for over {LOCK_SECONDS} s; end that program, or try again"),
    ("is full", _UNAVAILABLE, "stands on a full disk and nothing was written; free some space and run it again"),
    ("readonly", _UNAVAILABLE, "is read-only; give this user the right to write the file and its folder"),
    ("unable to open", _UNAVAILABLE, "cannot be opened; give this user the right to read and write the file and its folder"),
    ("not a database", _UNAVAILABLE, "is not an SQLite database; name another file with --database"),
    ("Could not decode", _UNAVAILABLE, "is damaged; put a backup in its place"),
    ("malformed", _UNAVAILABLE, "is damaged; put a backup in its place"),
    ("disk I/O", _UNAVAILABLE, "cannot be read or written by the disk under it and nothing was written; check the disk and its quota"),
    ("no such table", _SCHEMA, "has not this program's tables; run: lifecycle db upgrade"),
    ("no such column", _SCHEMA, "has not this program's columns; run: lifecycle db upgrade"),
    ("UNIQUE constraint", _RACE, "was changed by another process at the same moment and nothing was written; try again"),
)
"""A part of SQLite's message, what it is, and how the sentence goes on after the database's name."""

_POSTGRESQL: Final[tuple[tuple[str, type[LifecycleError], str], ...]] = (
    ("55P03", _UNAVAILABLE, f"is locked by another program for over {LOCK_SECONDS} s; end that program, or try again"),
    ("53100", _UNAVAILABLE, "stands on a full disk and nothing was written; free some space and run it again"),
    ("53", _UNAVAILABLE, "has no connections or memory left; try again, or raise its limits"),
    ("25006", _UNAVAILABLE, "is read-only; name the primary server with --database"),
    ("42501", _UNAVAILABLE, "does not let this user do that; grant the user its tables"),
    ("42P01", _SCHEMA, "has not this program's tables; run: lifecycle db upgrade"),
    ("42703", _SCHEMA, "has not this program's columns; run: lifecycle db upgrade"),
    ("23505", _RACE, "was changed by another process at the same moment and nothing was written; try again"),
    ("40", _RACE, "was changed by another process at the same moment and nothing was written; try again"),
    ("22", _INPUT, "cannot keep a value, such as a text with a NUL character, and nothing was written; take it out"),
    ("28", _UNAVAILABLE, "refuses this user or password; check the URL given with --database"),
    ("3D000", _UNAVAILABLE, "does not exist; create it, or name another one with --database"),
    ("57", _UNAVAILABLE, "is shutting down or cancelled the query; try again when it is back"),
    ("08", _UNAVAILABLE, "does not answer; check that the server runs and that the URL given with --database is right"),
)
"""The beginning of an SQLSTATE, and the same."""

_AWAY: Final = "does not answer; check that the server runs and that the URL given with --database is right"
_BUSY: Final = f"has all its connections in use for over {LOCK_SECONDS} s; try again"


class DatabaseFaultError(Exception):
    """A fault of this program that a database noticed: the statement and the first line of what it said, which hold no values."""

    @classmethod
    def of(cls, error: DBAPIError | PoolTimeoutError) -> Self:
        """What may be told of `error`: PostgreSQL names the values of a whole row in its further lines."""
        words, _, _ = str(error.orig).partition("\n") if isinstance(error, DBAPIError) else (str(error), "", "")
        return cls(f"{words} [{error.statement}]" if isinstance(error, DBAPIError) else words)


def refusal(error: DBAPIError | PoolTimeoutError, name: str) -> LifecycleError | None:
    """The refusal that `error` of the database `name` stands for; None for a fault of the program."""
    if isinstance(error, PoolTimeoutError):
        return DatabaseUnavailableError(f"database {name} {_BUSY}")
    words = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        known = next(((kind, rest) for start, kind, rest in _POSTGRESQL if state.startswith(start)), None)
    elif type(error.orig).__module__.startswith("psycopg"):
        known = next(((kind, rest) for start, kind, rest in _WORDS_OF_PSYCOPG if start in words), (_UNAVAILABLE, _AWAY))
    else:
        known = next(((kind, rest) for part, kind, rest in _SQLITE if part in words), None)
    if known is None:
        return None
    kind, rest = known
    return kind(f"database {name} {rest}")


def no_file(path: Path, error: OSError) -> DatabaseUnavailableError:
    """The refusal of a database whose file can be neither opened nor made."""
    told = error.strerror
    if isinstance(error, PermissionError):
        remedy = "give this user the right to read and write the file and its folder"
    elif error.errno in {ENOSPC, EDQUOT}:
        remedy = "free some space and run it again"
    else:
        remedy = "name another folder with LIFECYCLE_DATA_DIR, or another file with --database"
        if isinstance(error, FileExistsError | NotADirectoryError):
            told = f"{next(it for it in path.parents if it.exists())} is no folder"
    return DatabaseUnavailableError(f"database {path} cannot be opened ({told}); {remedy}")


_WORDS_OF_PSYCOPG: Final[tuple[tuple[str, type[LifecycleError], str], ...]] = (
    ("NUL", _INPUT, "cannot keep a text with a NUL character, and nothing was written; take it out"),
    ("does not exist", _UNAVAILABLE, "does not exist; create it, or name another one with --database"),
    ("authentication failed", _UNAVAILABLE, "refuses this user or password; check the URL given with --database"),
)
"""Before a connection stands there is no SQLSTATE, only words."""


def refusal_of_file(name: str, error: Exception) -> DatabaseUnavailableError:
    """The refusal of a file of SQLite that could not be copied."""
    return DatabaseUnavailableError(f"database {name} cannot be copied: {error}; make room, or wait until nobody writes, and run it again")
