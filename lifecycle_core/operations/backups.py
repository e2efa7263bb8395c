"""Backups: the database as of one instant in a file, whole or not there, and back."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from lifecycle_core.errors import DamagedDatabaseError, InvalidInputError, SchemaMismatchError
from lifecycle_core.operations.database import Verification, expect_current, revision, upgrade, verified, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit, copies, dumps, migrations
from lifecycle_core.store.database import Database
from lifecycle_core.store.rehearsal import Rehearsal


def back_up(database: Database, to: Path) -> Verification:
    """Copy `database` to the file `to` while it is used; what was found in the copy, which is kept only where all of it holds.

    Of PostgreSQL the snapshot that is copied is verified, and the file is one of `pg_dump --format=custom`.
    Raises DamagedDatabaseError where it does not hold, SchemaMismatchError for another schema, InvalidInputError for a file that exists,
    SetupError where `pg_dump` is needed and not there.
    """
    expect_current(database)
    if database.dialect == "sqlite":
        with copies.made(database, to) as copy:
            return _expect_sound(verify(copy), to)
    with copies.placed(to) as part, database.read() as tx:
        found = _expect_sound(verified(tx), to)
        dumps.write(tx, database.url, part)
    return found


def restore(database: Database, backup: Path, aside: Path, act: Provenance) -> list[str]:
    """Let `database` hold what `backup` holds, after a copy of what it held is at `aside`: -> the revisions applied to an older backup.

    What the backup holds is brought to this program's schema, noted and verified first; then all of it is put back, or nothing. The audit
    log is the backup's, and its last row tells the restoring. Of a dry run all is done but the putting back.
    Raises DamagedDatabaseError for a backup that does not hold, SchemaMismatchError for one of a newer program.
    """
    expect_restorable(database, backup)
    back = _restored_to_sqlite if database.dialect == "sqlite" else _restored_to_postgresql
    return back(database, backup, aside, act)


def expect_restorable(database: Database, backup: Path) -> None:
    """Raise where the file `backup` is not there, is none of this kind of database, or is of a newer program."""
    if not backup.is_file():
        message = f"there is no file {backup}; name one that lifecycle db backup wrote"
        raise InvalidInputError(message, field="backup")
    found = _revision_in(database, backup)
    if found is None:
        message = f"{backup} is no backup: it has no schema; name a file that lifecycle db backup wrote"
        raise InvalidInputError(message, field="backup")
    if found > migrations.HEAD:
        message = f"{backup} has revision {found}, and this program knows revisions up to {migrations.HEAD}; use the newer program"
        raise SchemaMismatchError(message)


def _revision_in(database: Database, backup: Path) -> str | None:
    if database.dialect == "postgresql":
        return dumps.revision(backup)
    with closing(Database(f"sqlite:///{backup}")) as kept:
        return revision(kept)


def _restored_to_sqlite(database: Database, backup: Path, aside: Path, act: Provenance) -> list[str]:
    with TemporaryDirectory(prefix=".restore.", dir=aside.resolve().parent) as folder, closing(Database(f"sqlite:///{backup}")) as kept:
        ready = Path(folder) / backup.name
        with copies.made(kept, ready) as copy:
            applied = _made_ready(copy, backup, act)
        if not act.dry_run:
            with copies.made(database, aside):
                pass
            copies.put_back(database, ready)
    return applied


def _restored_to_postgresql(database: Database, backup: Path, aside: Path, act: Provenance) -> list[str]:
    with database.migrate() as connection:
        dumps.hold(connection)
        if revision(database) is not None and not act.dry_run:
            with copies.placed(aside) as part, database.read() as tx:
                dumps.write(tx, database.url, part)
        dumps.put_back(connection, backup)
        applied = _made_ready(Rehearsal(database, connection), backup, act)
        if act.dry_run:
            connection.rollback()
    return applied


def _made_ready(copy: Database, backup: Path, act: Provenance) -> list[str]:
    applied = upgrade(copy, act)
    with copy.write(act) as tx:
        audit.note(tx, "restore", {}, {"backup": backup.name})
    _expect_sound(verify(copy), backup)
    return applied


def _expect_sound(found: Verification, file: Path) -> Verification:
    if found.problems:
        message = (
            f"{file.name} does not hold, and was not used: {found.problems[0]} ({len(found.problems)} problems; see lifecycle db verify)"
        )
        raise DamagedDatabaseError(message)
    return found
