"""A file that is there whole or not at all, and a SQLite database copied into one and back."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.store.database import Database, sqlite_module
from lifecycle_core.store.failures import LOCK_SECONDS, no_file, refusal_of_file


@contextmanager
def placed(to: Path) -> Iterator[Path]:
    """A file to be written, empty, which is at `to` once this ends well, and nowhere else.

    It is for its owner alone, and on the disk before it has its name. Raises InvalidInputError where `to` is taken.
    """
    if to.exists():
        message = f"{to} exists already; name a file that does not"
        raise InvalidInputError(message, field="to")
    try:
        folder = Path(mkdtemp(prefix=f".{to.name}.", dir=to.resolve().parent))
    except OSError as error:
        raise no_file(to, error) from error
    part = folder / to.name
    try:
        part.touch(mode=0o600)
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.link(part, to)  # refuses where another made `to` meanwhile
    except OSError as error:
        raise no_file(to, error) from error
    finally:
        for it in folder.iterdir():
            it.unlink()
        folder.rmdir()


@contextmanager
def made(database: Database, to: Path) -> Iterator[Database]:
    """A copy of a SQLite `database` as of one instant, `placed` at `to`; writers go on meanwhile."""
    with placed(to) as part:
        with _plain_words(database.name), closing(_opened(Path(database.name))) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        with closing(Database(f"sqlite:///{part}")) as copy:
            yield copy


def put_back(database: Database, backup: Path) -> None:
    """Let `database` hold what `backup` holds, in one transaction: a reader sees all of the one or all of the other."""
    with (
        _plain_words(database.name),
        closing(_opened(backup)) as source,
        closing(_opened(Path(database.name))) as into,
    ):
        source.backup(into)


def _opened(path: Path) -> Any:  # noqa: ANN401 - a driver's connection
    return sqlite_module().connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=LOCK_SECONDS)


@contextmanager
def _plain_words(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite_module().Error as error:
        raise refusal_of_file(name, error) from error
