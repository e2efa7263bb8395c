"""Every change of an audited row appends to a chain of hashes, in the same flush: nobody calls this, so nobody can forget it.

1. A flush that changes the audited columns of a row appends one link for that row; of several rows in the order of their names.
2. An audited row is never deleted.
3. A write of an audited table or of the log itself outside a flush is refused by the engine, as are raw SQL and changes of the schema.
4. A link's hash covers everything that the link says and the hash before it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, TextClause, UpdateBase, event, func, insert, inspect
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import UOWTransaction
from sqlalchemy.schema import ExecutableDDLElement
from sqlmodel import Session, col, select

from lifecycle_core.errors import UnauditedWriteError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import damage
from lifecycle_core.store.tables import Audited, AuditRow

BEGIN_WRITE: Final = "BEGIN IMMEDIATE"
"""How a writer of SQLite begins: a lock taken for reading cannot wait to become one for writing."""
UNGUARDED: Final[Mapping[str, Any]] = {"lifecycle_unguarded": True}
"""Execution options of a connection that migrates."""
HEAD_LOCK: Final = 0x1F_C1C1F
"""The key of PostgreSQL's advisory lock on the head of the chain."""
GENESIS: Final = ""

_GUARDED: Final = {str(table.__tablename__) for table in (*Audited.__subclasses__(), AuditRow)}  # type: ignore[attr-defined]
_FLUSHING: Final = "lifecycle_flushing"
_HEAD: Final = "audit_head"
_TOLD_CHARACTERS: Final = 100


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


def link(previous_hash: str, act: Provenance, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The hash of one change: SHA-256 over the hash before it and all that the log says of it, in hexadecimal."""
    said = [previous_hash, act.at.astimezone(UTC).isoformat(), act.by, act.why, act.request_id, subject, before, after]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def broken_links(tx: Session) -> Iterator[str]:
    """A sentence for each row of the log that does not follow from the one before it."""
    head = GENESIS
    for row, damaged in damage.readable(tx, AuditRow):
        yield from damaged
        if row.previous_hash != head:
            yield f"audit row {row.id} does not follow the row before it: one is missing or was put in"
        elif not damaged and not _as_written(row):
            yield f"audit row {row.id} ({row.subject}) was changed after it was written"
        head = row.hash


def unexplained(tx: Session) -> Iterator[str]:
    """A sentence for each audited row that is not as the log says: changed, put in or deleted without a link, or its link was."""
    said: dict[str, dict[str, Any]] = {}
    unread: set[str] = set()
    for it, damaged in damage.readable(tx, AuditRow):
        if damaged or not isinstance(it.after, dict):
            unread.add(it.subject)
        else:
            said[it.subject] = {**said.get(it.subject, {}), **it.after}
    for kind in Audited.__subclasses__():
        for row, damaged in damage.readable(tx, kind):
            name = subject(row)
            logged = said.pop(name, None)
            yield from damaged
            if damaged or name in unread:
                continue
            if logged is None:
                yield f"{name} has no row in the audit log"
                continue
            now = _plain({column: getattr(row, column) for column in row.audit_columns})
            for column in sorted(now.keys() & logged.keys()):  # what is audited since a later program has no row from before
                if now[column] != logged[column]:
                    yield f"{name} has {column} {_short(now[column])}; the audit log says {_short(logged[column])}"
    yield from (f"{name} is in the audit log and no longer in its table" for name in sorted(said.keys() - unread))


def subject(row: Audited) -> str:
    """The name of a row in the log."""
    return f"{row.__tablename__}:" + "/".join(str(getattr(row, name)) for name in row.audit_subject)


def _as_written(row: AuditRow) -> bool:
    try:
        return row.hash == link(row.previous_hash, Provenance(row.by, row.at, row.why, row.request_id), row.subject, row.before, row.after)
    except (TypeError, ValueError):  # a text that no encoding has
        return False


def _short(value: object) -> str:
    told = repr(value)
    return told if len(told) <= _TOLD_CHARACTERS else f"{told[:_TOLD_CHARACTERS]}…"


def acts(tx: Session, subject: str) -> list[Provenance]:
    """Who changed `subject`, a table and the row's key as in "drift_detections:baseline/1", and when; the oldest first."""
    rows = tx.exec(select(AuditRow).where(AuditRow.subject == subject).order_by(col(AuditRow.id)))
    return [Provenance(it.by, it.at, it.why, it.request_id) for it in rows]


def of_request(tx: Session, request_id: str) -> tuple[int, ...]:
    """The numbers of the rows that one request wrote, in order."""
    return tuple(
        it for it in tx.exec(select(AuditRow.id).where(AuditRow.request_id == request_id).order_by(col(AuditRow.id))) if it is not None
    )


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
    changes = sorted(((subject(row), *change) for row in rows if (change := _change(row)) is not None), key=itemgetter(0))
    if not changes:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(HEAD_LOCK)))
    act: Provenance = session.info["act"]
    previous, links = session.info.get(_HEAD) or _head(session), []
    for name, before, after in changes:
        said = {"at": act.at, "by": act.by, "why": act.why, "request_id": act.request_id, "subject": name}
        this = link(previous, act, name, before, after)
        links.append({**said, "before": before, "after": after, "previous_hash": previous, "hash": this})
        previous = this
    connection.execute(insert(AuditRow), links)
    session.info[_HEAD] = previous  # nobody else appends to the end of this transaction


def _change(row: Audited) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The audited columns that changed, as they were and as they are; None where none did."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in row.audit_columns:
        history = inspect(row, raiseerr=True).attrs[name].history
        if history.has_changes():
            before[name] = history.deleted[0] if history.deleted else None
            after[name] = history.added[0] if history.added else None
    return (_plain(before), _plain(after)) if after else None


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(values, default=lambda it: it.astimezone(UTC).isoformat()))
    return plain


def refuse_unaudited(
    connection: Connection, _cursor: object, statement: str, _parameters: object, context: ExecutionContext | None, _many: object
) -> None:
    """An engine's `before_cursor_execute`: refuse what would change an audited table past the log."""
    if connection.get_execution_options().get("lifecycle_unguarded") or statement == BEGIN_WRITE:
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
