"""Every change of an audited row appends to a chain of hashes, in the same flush: nobody calls this, so nobody can forget it.

1. A flush that changes the audited columns of a row appends one link for that row; of several rows in the order of their names.
2. An audited row is never deleted.
3. A write of an audited table or of the log itself outside a flush is refused by the engine, as are raw SQL and changes of the schema.
4. A link's hash covers everything that the link says and the hash before it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, TextClause, UpdateBase, event, func, insert, inspect
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import UOWTransaction
from sqlalchemy.schema import ExecutableDDLElement
from sqlmodel import Session, col, select

from lifecycle_core.chain import GENESIS, link
from lifecycle_core.errors import UnauditedWriteError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.tables import Audited, AuditRow

BEGIN_WRITE: Final = "BEGIN IMMEDIATE"
"""How a writer of SQLite begins: a lock taken for reading cannot wait to become one for writing."""
UNGUARDED: Final[Mapping[str, Any]] = {"lifecycle_unguarded": True}
"""Execution options of a connection that migrates, and of a statement that is known to change no audited table."""
HEAD_LOCK: Final = 0x1F_C1C1F
"""The key of PostgreSQL's advisory lock on the head of the chain."""

_GUARDED: Final = {str(table.__tablename__) for table in (*Audited.__subclasses__(), AuditRow)}  # type: ignore[attr-defined]
_FLUSHING: Final = "lifecycle_flushing"
_HEAD: Final = "audit_head"


class WriteSession(Session):
    """A session that knows who acts, and marks its connection for as long as it flushes."""

    def flush(self, objects: Any = None) -> None:  # noqa: ANN401 - SQLAlchemy's signature
        """Write what changed, and the log of it."""
        info = self.connection().info
        info[_FLUSHING] = True
        try:
            super().flush(objects)
        finally:
            info[_FLUSHING] = False


def subject(row: Audited) -> str:
    """The name of a row in the log."""
    return f"{row.__tablename__}:" + "/".join(str(getattr(row, name)) for name in row.audit_subject)


def note(tx: Session, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Log a change of state that no audited row tells, such as the end of rows that are not audited."""
    tx.flush()
    _link(tx, [(subject, plain(before), plain(after))])


def changes(tx: Session, table: str) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """What changed in a table: (the row's name in the log, its audited columns before, and after), the oldest change first."""
    ours = col(AuditRow.subject).startswith(f"{table}:", autoescape=True)
    return [(it.subject, it.before, it.after) for it in tx.exec(select(AuditRow).where(ours).order_by(col(AuditRow.id)))]


def head(tx: Session) -> tuple[int, str]:
    """How many links the chain has, and the last one's hash: printed elsewhere now and then, they betray a chain cut short."""
    rows = tx.scalar(select(func.count()).select_from(AuditRow)) or 0
    return rows, _head(tx)


def _head(tx: OrmSession) -> str:
    return tx.scalar(select(col(AuditRow.hash)).order_by(col(AuditRow.id).desc()).limit(1)) or GENESIS


@event.listens_for(WriteSession, "before_flush")
def _refuse_deletion(session: OrmSession, _context: UOWTransaction, _instances: object) -> None:
    for row in session.deleted:
        if isinstance(row, Audited):
            message = f"a row of {row.__tablename__} was to be deleted; audited rows are kept for ever"
            raise UnauditedWriteError(message)


@event.listens_for(WriteSession, "after_flush")
def _append(session: OrmSession, _context: UOWTransaction) -> None:
    """Link what was just written, when new rows have their ids and the session still tells what changed."""
    rows = [row for row in (*session.new, *session.dirty) if isinstance(row, Audited)]
    changes = sorted(
        ((subject(row), *change) for row in rows if (change := _made(row) if row in session.new else _change(row)) is not None),
        key=itemgetter(0),
    )
    if not changes:
        return
    _link(session, changes)


def _link(session: OrmSession, changes: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Append a row for each of `changes`: (subject, before, after)."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(HEAD_LOCK)))
    act: Provenance = session.info["act"]
    previous, links = session.info.get(_HEAD) or _head(session), []
    for name, before, after in changes:
        said: dict[str, Any] = {"at": act.at, "by": act.by, "why": act.why, "request_id": act.request_id}
        said |= {"subject": name, "before": before, "after": after}
        this = link(previous, **said)
        links.append({**said, "previous_hash": previous, "hash": this})
        previous = this
    info = connection.info  # taken once: of a connection that broke meanwhile it cannot be had, and what broke it is to be told
    flushing, info[_FLUSHING] = info.get(_FLUSHING, False), True
    try:
        connection.execute(insert(AuditRow), links)
    finally:
        info[_FLUSHING] = flushing
    session.info[_HEAD] = previous  # nobody else appends to the end of this transaction


def _made(row: Audited) -> tuple[dict[str, Any], dict[str, Any]]:
    """The audited columns of a new row, those that have no value included: whoever gives them one later must not go unseen."""
    given = inspect(row, raiseerr=True).dict
    return plain(dict.fromkeys(row.audit_columns)), plain({name: given.get(name) for name in row.audit_columns})


def _change(row: Audited) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The audited columns that changed, as they were and as they are; None where none did."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in row.audit_columns:
        history = inspect(row, raiseerr=True).attrs[name].history
        if history.has_changes():
            before[name] = history.deleted[0] if history.deleted else None
            after[name] = history.added[0] if history.added else None
    return (plain(before), plain(after)) if after else None


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the log keeps them: JSON, with instants in UTC."""
    kept: dict[str, Any] = json.loads(json.dumps(values, default=lambda it: it.astimezone(UTC).isoformat()))
    return kept


def refuse_unaudited(
    connection: Connection, _cursor: object, statement: str, _parameters: object, context: ExecutionContext | None, _many: object
) -> None:
    """An engine's `before_cursor_execute`: refuse what would change an audited table past the log."""
    options = connection.get_execution_options() if context is None else context.execution_options
    if options.get("lifecycle_unguarded") or statement == BEGIN_WRITE:
        return
    asked = getattr(context, "invoked_statement", None)
    if isinstance(asked, UpdateBase):
        table = str(getattr(asked.table, "name", asked.table))
        if table not in _GUARDED or connection.info.get(_FLUSHING):
            return
        message = f"a write of {table} outside a flush; load the rows and change them one by one"
        raise UnauditedWriteError(message)
    if asked is None or isinstance(asked, TextClause | ExecutableDDLElement):
        message = f"raw SQL in a writing transaction passes the audit log by: {statement[:80]!r}"
        raise UnauditedWriteError(message)
