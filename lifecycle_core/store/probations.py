"""Probations: at most one open for each variant."""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from lifecycle_core.conversations import Window
from lifecycle_core.retraining.probation import Outcome
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, to_json, value
from lifecycle_core.store.tables import ConversationRow, ProbationRow

_RECORD: Final = ("bookings", "escalations", "bars", "healthy")


def save(tx: Transaction, probation: Probation) -> Probation:
    """Write a probation as it now is."""
    parts = {name: getattr(probation, name) for name in _RECORD}
    record = {name: asdict(part) for name, part in parts.items() if part is not None}
    judgement = to_json(probation.watched) if probation.watched is not None else None
    it = tx.merge(row(ProbationRow, probation, record=record, judgement=judgement))
    tx.flush()  # one is closed before another opens
    return _probation(it)


def open_of(tx: Transaction, variant: str) -> Probation | None:
    """The variant's open probation; None where there is none."""
    it = tx.exec(select(ProbationRow).where(ProbationRow.variant == variant, _going_on())).first()
    return _probation(it) if it else None


def all_open(tx: Transaction) -> list[Probation]:
    """Every open probation, by variant."""
    return [_probation(it) for it in tx.exec(select(ProbationRow).where(_going_on()).order_by(ProbationRow.variant))]


def newest(tx: Transaction, variant: str | None, limit: int) -> list[Probation]:
    """The newest probations, of `variant` or of all, newest first."""
    chosen = select(ProbationRow) if variant is None else select(ProbationRow).where(ProbationRow.variant == variant)
    return [_probation(it) for it in tx.exec(chosen.order_by(col(ProbationRow.id).desc()).limit(limit))]


def outcomes(tx: Transaction, variant: str, version: int, span: Window) -> list[Outcome]:
    """How the conversations of a version that ended within `span` went; those that a provider broke are left out."""
    it = ConversationRow
    ours = (it.variant == variant, it.version == version, it.ended_at >= span.start, it.ended_at <= span.end)
    rows = tx.exec(
        select(it.ended_at, it.booked, it.escalated, it.customer_rating)
        .where(*ours, col(it.provider_fault).is_(False))
        .order_by(col(it.ended_at), it.id)
    )
    return [Outcome(ended_at=ended_at, booked=booked, escalated=escalated, rating=rating) for ended_at, booked, escalated, rating in rows]


def last_of_session(tx: Transaction, session_id: str) -> Probation | None:
    """The probation that a session opened; None where it opened none."""
    it = tx.exec(select(ProbationRow).where(ProbationRow.session_id == session_id)).first()
    return _probation(it) if it else None


def began(tx: Transaction, until: datetime) -> int:
    """How many probations began up to `until`."""
    return len(tx.exec(select(ProbationRow.id).where(col(ProbationRow.started_at) <= until)).all())


def _going_on() -> ColumnElement[bool]:
    return col(ProbationRow.ended_at).is_(None)


def _probation(it: ProbationRow) -> Probation:
    return value(Probation, it, **{**dict.fromkeys(_RECORD), **it.record}, watched=it.judgement)
