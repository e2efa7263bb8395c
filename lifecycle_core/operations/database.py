"""The database as a whole: its schema brought up to date, its contents checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from lifecycle_core.errors import LifecycleError, SchemaMismatchError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit, audit_asked, audit_checks, damage, figures, invariants, keys, migrations
from lifecycle_core.store.database import Database, Transaction, sqlite_module
from lifecycle_core.store.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a look at everything found.

    problems : a sentence for each thing that is not as it must be; empty where all is well.
    conversations, rollups_checked, audit_rows : what was read.
    audit_head : the last hash of the audit log. Noted elsewhere together with `audit_rows`, it betrays a log that was cut short.
    """

    problems: tuple[str, ...]
    conversations: int
    rollups_checked: int
    audit_rows: int
    audit_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A short look at a database, which changes nothing in it.

    refusal : why no more can be told, None where all of it is. revision : of this program's schema.
    keyed : whether a key was ever made; last_row : the number of the audit log's last, 0 where it has none.
    """

    refusal: LifecycleError | None = None
    revision: str = migrations.HEAD
    keyed: bool = False
    last_row: int = 0


def look(database: Database) -> Look:
    """Whether the database answers and has this program's schema, and what hangs on it."""
    try:
        found = expect_current(database)
        with database.read() as tx:
            newest = audit_asked.newest(tx, audit_asked.Asked(), 1)
            return Look(revision=found, keyed=keys.any_made(tx), last_row=newest[0].number if newest else 0)
    except LifecycleError as error:
        return Look(refusal=error)


def revision(database: Database) -> str | None:
    """The revision of the database's schema; None where it has none yet."""
    with database.read() as tx:
        return migrations.current(tx)


def expect_current(database: Database) -> str:
    """The revision of the database's schema; raises SchemaMismatchError where it is not this program's."""
    found = revision(database)
    if found != migrations.HEAD:
        message = f"the database has revision {found or 'none'}, and this program needs {migrations.HEAD}; run lifecycle db upgrade"
        raise SchemaMismatchError(message)
    return migrations.HEAD


def upgrade(database: Database, act: Provenance | None = None) -> list[str]:
    """Bring the schema to this program's; returns the revisions applied, none where it was there already.

    act : who does it, for the audit log; what is made anew has none to keep it in.
    Costs one short query where nothing is to be done, so everything that opens a database calls it.
    Raises SchemaMismatchError for a database of a newer program.
    """
    before = revision(database)
    if before == migrations.HEAD:
        return []
    with database.migrate() as connection:
        applied = migrations.upgrade(connection)
    if act is not None and before is not None and applied:
        _log_schema(database, act, before, applied[-1])
    return applied


def downgrade(database: Database, to: str, act: Provenance | None = None) -> list[str]:
    """Take the schema back to the revision `to`, or to "base"; returns the revisions taken back. What stands in a dropped table is lost.

    act : who does it, for the audit log, which "base" takes away, too.
    """
    with database.migrate() as connection:
        taken_back = migrations.downgrade(connection, to)
    if act is not None and taken_back and to != migrations.BASE:
        _log_schema(database, act, taken_back[0], to)
    return taken_back


def _log_schema(database: Database, act: Provenance, before: str, after: str) -> None:
    with database.write(act) as tx:
        audit.note(tx, "schema", {"revision": before}, {"revision": after})


@contextmanager
def rehearsed(database: Database) -> Iterator[Rehearsal]:
    """Let `database` be changed for as long as this lasts, by the one who is given it, and take all of it back.

    Nobody else can write to SQLite meanwhile, so a rehearsal should be short.
    """
    with database.migrate() as connection:
        try:
            yield Rehearsal(database, connection)
        finally:
            connection.rollback()


@dataclass(frozen=True, slots=True)
class Connections:
    """What a PostgreSQL server takes: connections that are open now, of all programs, and how many it lets in."""

    open: int
    most: int


def connections(database: Database) -> Connections | None:
    """The connections of the server; None for SQLite, which has none."""
    if database.dialect == "sqlite":
        return None
    with database.read() as tx:
        return Connections(*figures.server_connections(tx))


def sqlite_version() -> str:
    """The version of the SQLite in use, which may be newer than Python's own."""
    version: str = sqlite_module().sqlite_version
    return version


def verify(database: Database, at: datetime | None = None) -> Verification:
    """Look whether everything holds: each rollup counted anew, each verdict worked out anew, the audit log, and every invariant.

    at : the instant as of which leases are looked at; None : they are not.
    """
    with database.read() as tx:
        return verified(tx, at)


def verified(tx: Transaction, at: datetime | None = None) -> Verification:
    """The same of what a transaction sees."""
    from lifecycle_core.store import session_checks, verification

    rollups = verification.rollups(tx)
    problems = (
        *damage.of_file(tx),
        *rollups.problems,
        *verification.versions(tx),
        *invariants.broken(tx, at),
        *session_checks.unlawful(tx),
        *session_checks.unproved(tx),
        *audit_checks.broken_links(tx),
        *audit_checks.unexplained(tx),
    )
    audit_rows, audit_head = audit.head(tx)
    return Verification(
        problems=problems,
        conversations=rollups.conversations,
        rollups_checked=rollups.checked,
        audit_rows=audit_rows,
        audit_head=audit_head,
    )
