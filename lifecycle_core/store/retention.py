"""What traffic was let go, and the work of letting it go, a batch at a time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlmodel import col

from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import value
from lifecycle_core.store.tables import TABLES, QuarantineRow, RetentionRow
from lifecycle_core.traffic.retention import Horizon, Kept

HORIZON_LOCK: Final = 0x1F_C1C20
"""The key of PostgreSQL's advisory lock between those who write traffic and whoever announces a horizon."""
_CONVERSATIONS: Final = TABLES["conversations"]
_CHUNK: Final = 500
SILENT: Final[dict[str, Any]] = {"messages": [], "goal": None}
"""What a conversation says whose messages were let go."""


def of(tx: Transaction) -> dict[Kept, Horizon]:
    """The horizons that there are."""
    return {Kept(it.what): value(Horizon, it) for it in tx.execute(select(RetentionRow)).scalars()}


def kept_since(tx: Transaction, what: Kept) -> datetime | None:
    """From when on something is kept; None where it always was."""
    it = tx.get(RetentionRow, what.value)
    return None if it is None else it.before


def hold(tx: Transaction) -> None:
    """Keep horizons from being announced to the end of `tx`: who announces one goes over all that was written by the one before."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock_shared(HORIZON_LOCK)))


def announce(tx: Transaction, what: Kept, before: datetime) -> Horizon:
    """Set a horizon; one that lies further ahead already stays."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(HORIZON_LOCK)))
    it = tx.get(RetentionRow, what.value, with_for_update=True) or RetentionRow(what=what.value, before=before, reached=None)
    it.before = max(it.before, before)
    tx.add(it)
    tx.flush()
    return value(Horizon, it)


def reach(tx: Transaction, horizon: Horizon) -> None:
    """Keep that all from before a horizon is gone."""
    it = tx.get(RetentionRow, horizon.what.value, with_for_update=True)
    if it is not None:
        it.reached = horizon.before
        tx.flush()


def count(tx: Transaction, horizon: Horizon, variant: str) -> int:
    """How many conversations of a variant are still to go, or to fall silent."""
    chosen = select(_CONVERSATIONS.c.id).where(*_left(horizon, variant)).subquery()
    return tx.connection().scalar(select(func.count()).select_from(chosen)) or 0


def let_go(tx: Transaction, horizon: Horizon, variant: str, most: int) -> int:
    """Let up to `most` of a variant go, or fall silent, the oldest first: -> how many."""
    it = _CONVERSATIONS.c
    ids = list(tx.connection().execute(select(it.id).where(*_left(horizon, variant)).order_by(it.ended_at).limit(most)).scalars())
    for start in range(0, len(ids), _CHUNK):
        these = (it.variant == variant, it.id.in_(ids[start : start + _CHUNK]))
        change = update(_CONVERSATIONS).values(SILENT) if horizon.what is Kept.MESSAGES else delete(_CONVERSATIONS)
        tx.connection().execute(change.where(*these))
    return len(ids)


def count_refused(tx: Transaction, before: datetime) -> int:
    """How many refused records are from before then."""
    quarantine = TABLES["quarantine"]
    return tx.connection().scalar(select(func.count()).select_from(quarantine).where(col(QuarantineRow.received_at) < before)) or 0


def drop_refused(tx: Transaction, before: datetime) -> int:
    """Let go of records that were refused before then: -> how many."""
    return int(tx.connection().execute(delete(TABLES["quarantine"]).where(col(QuarantineRow.received_at) < before)).rowcount)


def _left(horizon: Horizon, variant: str) -> tuple[ColumnElement[bool], ...]:
    it = _CONVERSATIONS.c
    within = [it.variant == variant, it.ended_at < horizon.before]
    if horizon.reached is not None:
        within.append(it.ended_at >= horizon.reached)
    if horizon.what is Kept.MESSAGES:
        within.append(it.messages != [])
    return tuple(within)
