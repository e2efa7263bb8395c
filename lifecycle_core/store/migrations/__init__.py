"""The schema's history: each revision a module of `revisions`, applied in order, each in the caller's transaction."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, column, inspect, select, table
from sqlmodel import Session

from lifecycle_core.errors import InvalidInputError, SchemaMismatchError
from lifecycle_core.store import tables

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

HEAD: Final = "0010"
"""The revision that this program's tables are."""
BASE: Final = "base"
"""The state before the first revision: no tables."""

_HERE: Final = Path(__file__).parent
_REVISION: Final = table("alembic_version", column("version_num"))


def current(tx: Session) -> str | None:
    """The revision that the database has; None before the first."""
    if not inspect(tx.connection()).has_table(_REVISION.name):
        return None
    found: str | None = tx.scalar(select(_REVISION.c.version_num))
    return found


def upgrade(connection: Connection) -> list[str]:
    """Apply every revision that the database has not had; returns their names.

    Raises SchemaMismatchError for a database of a newer program, and for one whose tables are another program's.
    """
    from alembic.operations import Operations

    scripts, context = _scripts(), _context(connection)
    present = _known(scripts, context.get_current_revision())
    if present is None:
        _refuse_strange_tables(connection)
    steps = list(scripts.iterate_revisions("head", present or BASE))[::-1]
    for step in steps:
        with Operations.context(context):
            step.module.upgrade()
        context.stamp(scripts, step.revision)
    return [step.revision for step in steps]


def downgrade(connection: Connection, to: str) -> list[str]:
    """Take back every revision after `to`, `BASE` for all; returns their names. What stands in a dropped table is lost.

    Raises InvalidInputError for a revision that the database has not had.
    """
    from alembic.operations import Operations

    scripts, context = _scripts(), _context(connection)
    steps = list(scripts.iterate_revisions(_known(scripts, context.get_current_revision()) or BASE, BASE))
    had = [step.revision for step in steps]
    if to not in {*had, BASE}:
        message = f"the database has not had revision {to!r}; it has had: {', '.join(had[::-1]) or 'none'}; {BASE} takes all back"
        raise InvalidInputError(message, field="to")
    steps = steps[: had.index(to) if to in had else None]
    for step in steps:
        with Operations.context(context):
            step.module.downgrade()
        context.stamp(scripts, str(step.down_revision or BASE))
    return [step.revision for step in steps]


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory(_HERE, version_locations=[_HERE / "revisions"])


def _context(connection: Connection) -> "MigrationContext":
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection)


def _known(scripts: "ScriptDirectory", present: str | None) -> str | None:
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        message = f"the database has revision {present}, and this program knows revisions up to {HEAD}; use the newer program"
        raise SchemaMismatchError(message)
    return present


def _refuse_strange_tables(connection: Connection) -> None:
    strange = sorted(set(inspect(connection).get_table_names()) & set(tables.Audited.metadata.tables))
    if strange:
        message = f"the database has a table {strange[0]} that this program did not make; name another database with --database"
        raise SchemaMismatchError(message)
