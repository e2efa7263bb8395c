"""Records that were read and could not be accepted, kept with their reason until somebody deals with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true

from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES
from lifecycle_core.traffic.rejected import Quarantined, Rejected

_CHUNK: Final = 500
_QUARANTINE = TABLES["quarantine"]


def add(tx: Transaction, rejected: Sequence[Rejected], received_at: datetime) -> int:
    """Keep each record that is not there yet, and say how many were new; the same record again changes nothing."""
    new = {it.content_hash: it for it in rejected}
    hashes, kept = list(new), _QUARANTINE.c.content_hash
    for start in range(0, len(hashes), _CHUNK):
        for known in tx.connection().execute(select(kept).where(kept.in_(hashes[start : start + _CHUNK]))).scalars():
            del new[known]
    if new:
        tx.connection().execute(insert(_QUARANTINE), [_row(it, received_at) for it in new.values()])
    return len(new)


def _row(it: Rejected, received_at: datetime) -> dict[str, Any]:
    return {
        "content_hash": it.content_hash,
        "source": it.source,
        "line": it.line,
        "reason": it.refusal.sentence,
        "field": it.refusal.field,
        "content": it.content,
        "received_at": received_at,
    }


def count(tx: Transaction) -> int:
    """How many records are in quarantine."""
    return tx.connection().scalar(select(func.count()).select_from(_QUARANTINE)) or 0


def newest(tx: Transaction, limit: int, source: str | None = None) -> list[Quarantined]:
    """The records that came last; by source and line where they came together."""
    it = _QUARANTINE.c
    chosen = select(_QUARANTINE).where(_of(source)).order_by(it.received_at.desc(), it.source, it.line)
    return [_told(row) for row in tx.connection().execute(chosen.limit(limit))]


def after(tx: Transaction, name: str, limit: int, source: str | None = None) -> list[Quarantined]:
    """The records after the one of that name, in the order of their names: what goes over all of them asks for those after the last."""
    it = _QUARANTINE.c
    chosen = select(_QUARANTINE).where(_of(source), it.content_hash > name).order_by(it.content_hash)
    return [_told(row) for row in tx.connection().execute(chosen.limit(limit))]


def at(tx: Transaction, source: str, line: int) -> list[Quarantined]:
    """The records that stood on that line of a source, the newest first: a file may have been read again after it was changed."""
    it = _QUARANTINE.c
    chosen = select(_QUARANTINE).where(it.source == source, it.line == line).order_by(it.received_at.desc(), it.content_hash)
    return [_told(row) for row in tx.connection().execute(chosen)]


def remove(tx: Transaction, names: Sequence[str]) -> int:
    """Let go of the records of these names, and say how many they were."""
    it = _QUARANTINE.c.content_hash
    pieces = (names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK))
    return sum(tx.connection().execute(delete(_QUARANTINE).where(it.in_(piece))).rowcount for piece in pieces)


def drop(tx: Transaction, source: str | None = None) -> int:
    """Let go of the records of `source`, or of all, and say how many they were."""
    return tx.connection().execute(delete(_QUARANTINE).where(_of(source))).rowcount


def _told(row: Row[Any]) -> Quarantined:
    return Quarantined(row.source, row.line, row.reason, row.field, row.content, row.received_at, row.content_hash)


def _of(source: str | None) -> ColumnElement[bool]:
    return true() if source is None else _QUARANTINE.c.source == source
