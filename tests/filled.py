"""Databases that many tests begin with: filled once in a process, and copied ever after."""

from collections.abc import Callable
from pathlib import Path

from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

Fill = Callable[[Database, Provenance], object]

CONTENTS: dict[Fill, bytes] = {}


def filled(database: Database, act: Provenance, fill: Fill) -> Database:
    """`database`, which nothing has opened yet, as `fill` fills it; `act` is the same in all tests that give this `fill`.

    Only a database of SQLite is copied: one of PostgreSQL is filled each time.
    """
    if database.dialect == "sqlite" and fill in CONTENTS:
        Path(database.name).write_bytes(CONTENTS[fill])
        return database
    fill(database, act)
    if database.dialect == "sqlite":
        database.close()
        CONTENTS[fill] = Path(database.name).read_bytes()
    return database
