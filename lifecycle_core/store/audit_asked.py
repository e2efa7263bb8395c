"""The audit log as people ask it: who did what, when and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from lifecycle_core.chain import Change
from lifecycle_core.errors import UnknownAuditRowError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Asked:
    """Which changes are meant: those whose subject begins so, that one actor made, in one request, from an instant on."""

    subject: str | None = None
    by: str | None = None
    request_id: str | None = None
    since: datetime | None = None


def newest(tx: Session, asked: Asked, limit: int, before: int | None = None) -> list[Change]:
    """The changes that came last, of those under the number `before`."""
    older = [] if before is None else [col(AuditRow.id) < before]
    chosen = select(AuditRow).where(*_meant(asked), *older).order_by(col(AuditRow.id).desc()).limit(limit)
    return [_change(it) for it in tx.exec(chosen)]


def oldest_first(tx: Session, since: datetime | None = None) -> Iterator[Change]:
    """Every change from the first one on that was made at `since` or later, as a stream: a part of the chain without a gap."""
    first = None if since is None else tx.scalar(select(func.min(AuditRow.id)).where(AuditRow.at >= since))
    if since is None or first is not None:
        chosen = select(AuditRow).where(col(AuditRow.id) >= (first or 0)).order_by(col(AuditRow.id))
        for it in tx.exec(chosen, execution_options={"yield_per": 1000}):
            yield _change(it)
            tx.expunge(it)


def one(tx: Session, number: int) -> Change:
    """One change; raises UnknownAuditRowError."""
    it = tx.get(AuditRow, number)
    if it is None:
        message = f"the audit log has no row {number}; lifecycle audit list names the newest"
        raise UnknownAuditRowError(message, field="number")
    return _change(it)


def count(tx: Session, up_to: int) -> int:
    """How many rows the log has up to that number."""
    return tx.exec(select(func.count()).select_from(AuditRow).where(col(AuditRow.id) <= up_to)).one()


def acts(tx: Session, subject: str) -> list[Provenance]:
    """Who changed `subject`, a table and the row's key as in "drift_detections:baseline/1", and when; the oldest first."""
    rows = tx.exec(select(AuditRow).where(AuditRow.subject == subject).order_by(col(AuditRow.id)))
    return [Provenance(it.by, it.at, it.why, it.request_id) for it in rows]


def of_request(tx: Session, request_id: str) -> tuple[int, ...]:
    """The numbers of the rows that one request wrote, in order."""
    found = tx.exec(select(AuditRow.id).where(AuditRow.request_id == request_id).order_by(col(AuditRow.id)))
    return tuple(it for it in found if it is not None)


def _meant(asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.subject is not None:
        yield col(AuditRow.subject).startswith(asked.subject, autoescape=True)
    if asked.by is not None:
        yield col(AuditRow.by) == asked.by
    if asked.request_id is not None:
        yield col(AuditRow.request_id) == asked.request_id
    if asked.since is not None:
        yield col(AuditRow.at) >= asked.since


def _change(it: AuditRow) -> Change:
    return Change(
        number=it.id or 0,
        at=it.at,
        by=it.by,
        why=it.why,
        request_id=it.request_id,
        subject=it.subject,
        before=it.before,
        after=it.after,
        previous_hash=it.previous_hash,
        hash=it.hash,
    )
