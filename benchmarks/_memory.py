"""A SQLite database in memory that is put back to any state that it was in, and the name of the state in which it stands.

A state is kept as the pages in which it differs from the first one. It is named by its rows: by all of them but those of the audit log,
in which two ways to one state differ and which nothing that is simulated reads, and of traffic, of which the conversations tell all.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Connection, StaticPool, create_engine, event

from benchmarks._databases import MEMORY
from lifecycle_core.operations.database import upgrade
from lifecycle_core.store.audit import BEGIN_WRITE, refuse_unaudited
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.store.rehearsal import Rehearsal

NAMED_BY: Final = (
    "activations",
    "alert_messages",
    "answers",
    "candidates",
    "drift_detections",
    "model_versions",
    "probations",
    "retraining_sessions",
    "shadow_samples",
)
_LEVEL: Final = 1


class Memory:
    """A database in memory, in one transaction that is never kept: each of its own is a savepoint in that."""

    def __init__(self, image: bytes) -> None:
        self._reads = False
        self._raw = sqlite3.connect(":memory:", isolation_level=None)
        self._raw.execute("PRAGMA foreign_keys=ON")
        self._raw.execute("PRAGMA temp_store=MEMORY")
        engine = create_engine("sqlite://", creator=lambda: self._raw, poolclass=StaticPool, hide_parameters=True)
        event.listen(engine, "before_cursor_execute", self._refuse_unaudited)
        event.listen(engine, "begin", _begin)
        self._connection = engine.connect()
        self._transaction = self._connection.begin()
        self.database: Database = _Rehearsal(self, self._connection)
        self.stand_at(image)

    def stand_at(self, image: bytes) -> None:
        """Hold what `image` holds."""
        self._transaction.rollback()
        kept = sqlite3.connect(":memory:")
        kept.deserialize(image)
        kept.backup(self._raw)
        kept.close()
        self._transaction = self._connection.begin()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let what reads, on a connection that writes, too, ask as it likes."""
        self._reads = True
        try:
            yield
        finally:
            self._reads = False

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Let the database be changed for as long as this lasts."""
        self._raw.execute("SAVEPOINT branch")
        try:
            yield
        finally:
            self._raw.execute("ROLLBACK TO branch")
            self._raw.execute("RELEASE branch")

    @property
    def image(self) -> bytes:
        """All of it as it stands."""
        return self._raw.serialize()

    @property
    def changes(self) -> int:
        """How many rows were changed since it was opened."""
        return self._raw.total_changes

    @property
    def name(self) -> bytes:
        """The name of the state."""
        said = blake2b(digest_size=12)
        for table in NAMED_BY:
            said.update(repr(self._raw.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()).encode())  # noqa: S608 - a name from above
        said.update(repr(self._raw.execute("SELECT id, booked FROM conversations ORDER BY id").fetchall()).encode())
        return said.digest()

    @property
    def logged(self) -> int:
        """The number of the audit log's last row."""
        return int(self._raw.execute("SELECT coalesce(max(id), 0) FROM audit_log").fetchone()[0])

    def moves(self, after: int) -> list[tuple[str | None, str]]:
        """From which status to which sessions went, by the audit log after the row of that number."""
        changes = self._raw.execute("SELECT before, after FROM audit_log WHERE id > ? AND subject LIKE 'retraining_sessions:%'", (after,))
        told = [(json.loads(before), json.loads(after)) for before, after in changes]
        return [(before.get("status"), after["status"]) for before, after in told if "status" in after]

    def close(self) -> None:
        """Give its memory back."""
        self._connection.close()
        self._raw.close()

    def _refuse_unaudited(self, *given: Any) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        if not self._reads:
            refuse_unaudited(*given)


class _Rehearsal(Rehearsal):
    """A rehearsal whose reads are those of a reader."""

    def __init__(self, memory: Memory, connection: Connection) -> None:
        super().__init__(Database("sqlite:///simulated.db"), connection)
        self._memory = memory

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._memory.reading(), super().read() as tx:
            yield tx


class Images:
    """Images of states by their names, each as the pages in which it differs from the first."""

    def __init__(self, first: bytes) -> None:
        self._first, self._kept = first, dict[bytes, bytes]()
        self._page = int.from_bytes(first[16:18], "big")

    def keep(self, name: bytes, image: bytes) -> None:
        """Keep an image, if none of the name is."""
        if name in self._kept:
            return
        size, first = self._page, self._first
        pages = range(0, len(image), size)
        differing = [at.to_bytes(4, "big") + image[at : at + size] for at in pages if image[at : at + size] != first[at : at + size]]
        self._kept[name] = zlib.compress(len(image).to_bytes(4, "big") + b"".join(differing), _LEVEL)

    def of(self, name: bytes) -> bytes:
        """An image that was kept."""
        told = zlib.decompress(self._kept[name])
        image = bytearray(self._first.ljust(int.from_bytes(told[:4], "big"), b"\0"))
        for start in range(4, len(told), 4 + self._page):
            at = int.from_bytes(told[start : start + 4], "big")
            image[at : at + self._page] = told[start + 4 : start + 4 + self._page]
        return bytes(image)


@contextmanager
def made() -> Iterator[Database]:
    """A new database in a file, for what a simulation begins with; see `image_of`."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(database)
        try:
            yield database
        finally:
            database.close()


def image_of(database: Database) -> bytes:
    """What a database in a file holds, which it is closed for."""
    database.close()
    return _without_wal(Path(database.name).read_bytes())


def prepared(image: bytes, statements: Iterable[str]) -> bytes:
    """An image after those statements of SQL."""
    kept = sqlite3.connect(":memory:")
    kept.deserialize(image)
    for statement in statements:
        kept.execute(statement)
    kept.commit()
    made = kept.serialize()
    kept.close()
    return made


def _without_wal(image: bytes) -> bytes:
    """A database in memory has no WAL, and its image must not ask for one."""
    return image[:18] + b"\x01\x01" + image[20:]


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(BEGIN_WRITE)
