"""What a backtest asks of the past besides its rollups: since when there are any, which version served, what sessions took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lifecycle_core.conversations import Window
from lifecycle_core.spending import Spent
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES

_ROLLUPS, _SESSIONS, _SPENDINGS, _EPISODES = (
    TABLES[name] for name in ("hourly_rollups", "retraining_sessions", "spendings", "drift_detections")
)


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session that has ended, and what its calls took."""

    began: datetime
    ended: datetime
    spent: Spent


def traffic_between(tx: Transaction, variant: str) -> Window | None:
    """The hours from the variant's first conversation to the end of its newest one's; None without any."""
    hour = _ROLLUPS.c.hour
    found = tx.connection().execute(
        select(func.min(hour, type_=hour.type), func.max(hour, type_=hour.type)).where(_ROLLUPS.c.variant == variant)
    )
    first, last = found.one()
    return None if first is None else Window(first, last + timedelta(hours=1))


def versions_by_hour(tx: Transaction, variant: str, before: datetime) -> list[tuple[datetime, int]]:
    """The version that each hour of traffic before `before` names, oldest first; the higher one of an hour that names several."""
    chosen = (
        select(_ROLLUPS.c.hour, func.max(_ROLLUPS.c.version).label("version"))
        .where(_ROLLUPS.c.variant == variant, _ROLLUPS.c.hour < before)
        .group_by(_ROLLUPS.c.hour)
        .order_by(_ROLLUPS.c.hour)
    )
    return [(row.hour, row.version) for row in tx.connection().execute(chosen)]


def ended_sessions(tx: Transaction, variant: str, until: datetime) -> list[EndedSession]:
    """The variant's sessions that had ended by `until`, oldest first."""
    chosen = (
        select(_SESSIONS.c.started_at, _SESSIONS.c.completed_at, _SPENDINGS.c.calls, _SPENDINGS.c.tokens, _SPENDINGS.c.usd)
        .join(_SPENDINGS, _SPENDINGS.c.session_id == _SESSIONS.c.session_id)
        .where(_SESSIONS.c.variant == variant, _SESSIONS.c.completed_at <= until)
        .order_by(_SESSIONS.c.id)
    )
    return [
        EndedSession(row.started_at, row.completed_at, Spent(calls=row.calls, tokens=row.tokens, usd=row.usd))
        for row in tx.connection().execute(chosen)
    ]


def known_drifts(tx: Transaction, variant: str) -> list[tuple[datetime, datetime]]:
    """When a person called a drift of the variant known, and where that drift began; oldest first."""
    table = _EPISODES.c
    begins = func.coalesce(table.known_from, table.onset_at, type_=table.onset_at.type).label("begins")
    chosen = select(table.known_at, begins).where(table.variant == variant, table.known_at.is_not(None))
    return [(row.known_at, row.begins) for row in tx.connection().execute(chosen.order_by(table.known_at, table.id))]
