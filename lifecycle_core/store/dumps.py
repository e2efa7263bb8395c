"""A PostgreSQL database copied whole by PostgreSQL's own programs, and put back in a transaction of the caller's.

1. What is copied is the snapshot that the caller reads: what holds in the one holds in the other.
2. What is put back is told by `pg_restore` as SQL, and executed here: a reader sees all of the one database or all of the other.
3. Only tables of this program are copied and put back, whatever else stands in the database.
"""

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, func, make_url, select, text

from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError, SetupError
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES

if TYPE_CHECKING:
    import psycopg

_REVISION: Final = "alembic_version"
_TABLES: Final = (*sorted(TABLES), _REVISION)
_RESTORE: Final = "pg_restore"
_SERVER: Final = "the server"
_PLAIN: Final = ("--no-owner", "--no-privileges")
_COPY: Final = (b"COPY ", b" FROM stdin;\n")
_END: Final = b"\\.\n"


def write(tx: Transaction, url: str, to: Path) -> None:
    """Write what `tx` reads to the file `to`, as `pg_dump --format=custom` does. Raises SetupError where that cannot be run."""
    snapshot = tx.scalar(select(func.pg_export_snapshot()))
    with _told_secretly(url) as place:
        named = [f"--table={it}" for it in _TABLES]
        _run("pg_dump", "--format=custom", *_PLAIN, *named, f"--snapshot={snapshot}", f"--file={to}", f"--dbname={place}")


def revision(backup: Path) -> str | None:
    """The schema's revision in a file that `write` made; None where it has none.

    Raises InvalidInputError for another file, SetupError where `pg_restore` cannot be run.
    """
    try:
        told = _run(_RESTORE, "--data-only", f"--table={_REVISION}", "--file=-", str(backup)).splitlines()
    except DatabaseUnavailableError as error:
        message = f"{backup} is no backup of PostgreSQL ({error}); name a file that lifecycle db backup wrote"
        raise InvalidInputError(message, field="backup") from error
    begins = next((number for number, line in enumerate(told) if line.startswith("COPY ")), None)
    return None if begins is None else told[begins + 1]


def hold(connection: Connection) -> None:
    """Let nobody write to this program's tables before the transaction's end, and everybody read."""
    there = connection.dialect.get_table_names(connection)
    for it in _TABLES:
        if it in there:
            connection.execute(text(f"LOCK TABLE {it} IN EXCLUSIVE MODE"))


def put_back(connection: Connection, backup: Path) -> None:
    """Let the tables hold what `backup` holds, once the transaction is committed; the connection serves nothing else afterwards."""
    connection.detach()
    connection.execute(text(f"DROP TABLE IF EXISTS {', '.join(_TABLES)} CASCADE"))
    import psycopg

    command = [_program(_RESTORE), "--file=-", *_PLAIN, str(backup)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as telling:  # noqa: S603 - PostgreSQL's own
        assert telling.stdout is not None and telling.stderr is not None  # noqa: S101, PT018 - both were asked for
        try:
            _replay(cast("psycopg.Cursor[tuple[object, ...]]", connection.connection.cursor()), telling.stdout)
        except psycopg.Error as error:
            raise _failure(_SERVER, str(error)) from error
        said = b"".join(telling.stderr).decode(errors="replace")
    if telling.returncode:
        raise _failure(_RESTORE, said)
    connection.execute(text("RESET search_path"))


def _replay(cursor: "psycopg.Cursor[tuple[object, ...]]", told: Iterable[bytes]) -> None:
    """Execute SQL as it is told, line by line, whose rows stand between COPY and its end."""
    lines, statements = iter(told), list[bytes]()
    begins, ends = _COPY
    with cursor:
        for line in lines:
            if line.startswith(b"\\"):  # a word to psql alone
                continue
            if not (line.startswith(begins) and line.endswith(ends)):
                statements.append(line)
                continue
            cursor.execute(b"".join(statements))
            statements.clear()
            with cursor.copy(line.rstrip(b";\n")) as copy:
                for row in iter(lines.__next__, _END):
                    copy.write(row)
        cursor.execute(b"".join(statements))


@contextmanager
def _told_secretly(url: str) -> Iterator[str]:
    """The URL for a command line, which everybody on the machine may read: its password is told in a file."""
    parsed = make_url(url).set(drivername="postgresql")
    if parsed.password is None:
        yield parsed.render_as_string()
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "password"
        file.touch(mode=0o600)
        escaped = str(parsed.password).replace("\\", "\\\\").replace(":", "\\:")
        file.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        yield parsed._replace(password=None).update_query_dict({"passfile": str(file)}).render_as_string(hide_password=False)


def _run(name: str, *arguments: str) -> str:
    done = subprocess.run([_program(name), *arguments], check=False, capture_output=True, text=True)  # noqa: S603 - PostgreSQL's own
    if done.returncode:
        raise _failure(name, done.stderr)
    return done.stdout


def _failure(name: str, said: str) -> DatabaseUnavailableError:
    told = [it for it in said.splitlines() if it.strip()]
    return DatabaseUnavailableError(f"{name} could not do it: {told[0].removeprefix(f'{name}: ') if told else 'it said nothing'}")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not on the PATH; install PostgreSQL's client programs (Debian: postgresql-client), as new as the server"
        raise SetupError(message)
    return found
