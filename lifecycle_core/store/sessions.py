"""Retraining sessions: at most one open for each variant, and each key is one session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from lifecycle_core.retraining.errors import UnknownSessionError
from lifecycle_core.retraining.improvement import Candidate
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.session import session_id as id_of
from lifecycle_core.store import calls, candidates, telling, variants, versions
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, to_json, value
from lifecycle_core.store.tables import RetrainingSessionRow

_DOCUMENTS: Final = (  # each a value of its own; of an improvement without its candidates, which are rows
    "trigger",
    "options",
    "policy",
    "training_data",
    "failure_analysis",
    "evaluation",
    "shadow_analysis",
    "review",
    "force",
)


def add(tx: Transaction, session: Session) -> Session:
    """Keep a new session, with nothing spent; the index that allows one open session refuses a second."""
    it = _row(session)
    tx.add(it)
    tx.flush()
    calls.open_account(tx, session)
    return _session(it)


def save(tx: Transaction, session: Session) -> Session:
    """Write a session as it now is; one that has ended is told."""
    tx.merge(_row(session))
    tx.flush()  # a session is closed before another opens
    if not session.open:
        telling.ended(tx, session, versions.serving(tx, session.variant))
    return session


def get(tx: Transaction, session_id: str) -> Session:
    """One session; raises UnknownSessionError."""
    it = find(tx, session_id)
    if it is None:
        raise _unknown(session_id)
    return it


def find(tx: Transaction, session_id: str) -> Session | None:
    """One session; None where none is called so."""
    return _first(tx, tx.exec(select(RetrainingSessionRow).where(RetrainingSessionRow.session_id == session_id)))


def locked(tx: Transaction, session_id: str) -> Session:
    """The same, with its variant's lock, so that nobody else moves it before the end of `tx`."""
    variant = tx.exec(select(RetrainingSessionRow.variant).where(RetrainingSessionRow.session_id == session_id)).first()
    if variant is None:
        raise _unknown(session_id)
    variants.lock(tx, variant)
    return get(tx, session_id)


def free_id(tx: Transaction, variant: str, at: datetime) -> str:
    """The id of a session of `variant` that begins at `at`, or at the first millisecond after it that no other has begun at."""
    while tx.exec(select(RetrainingSessionRow.id).where(RetrainingSessionRow.session_id == id_of(variant, at))).first() is not None:
        at += timedelta(milliseconds=1)
    return id_of(variant, at)


def of_key(tx: Transaction, variant: str, key: str) -> Session | None:
    """The session of `variant` that `key` opened; None where it opened none."""
    ours = (RetrainingSessionRow.variant == variant, RetrainingSessionRow.key == key)
    return _first(tx, tx.exec(select(RetrainingSessionRow).where(*ours)))


def open_of(tx: Transaction, variant: str) -> Session | None:
    """The variant's open session; None where there is none."""
    return _first(tx, tx.exec(select(RetrainingSessionRow).where(RetrainingSessionRow.variant == variant, _going_on())))


def all_open(tx: Transaction) -> list[Session]:
    """Every open session, the oldest first."""
    return _sessions(tx, tx.exec(select(RetrainingSessionRow).where(_going_on()).order_by(col(RetrainingSessionRow.id))).all())


def newest(tx: Transaction, variant: str | None, limit: int, before_id: int | None = None) -> list[Session]:
    """The newest sessions, of `variant` or of all, newest first; those under `before_id` where it is given."""
    chosen = select(RetrainingSessionRow)
    if variant is not None:
        chosen = chosen.where(RetrainingSessionRow.variant == variant)
    if before_id is not None:
        chosen = chosen.where(col(RetrainingSessionRow.id) < before_id)
    return _sessions(tx, tx.exec(chosen.order_by(col(RetrainingSessionRow.id).desc()).limit(limit)).all())


def between(tx: Transaction, after: datetime, until: datetime) -> list[Session]:
    """The sessions that began or ended in `(after, until]`, the newest first."""
    began, ended = col(RetrainingSessionRow.started_at), col(RetrainingSessionRow.completed_at)
    inside = ((began > after) & (began <= until)) | ((ended > after) & (ended <= until))
    return _sessions(tx, tx.exec(select(RetrainingSessionRow).where(inside).order_by(col(RetrainingSessionRow.id).desc())).all())


def newest_tested(tx: Transaction, variant: str | None) -> Session | None:
    """The newest session, of `variant` or of all, that came as far as its shadow test; None where none did."""
    chosen = select(RetrainingSessionRow).where(col(RetrainingSessionRow.shadow_started_at).is_not(None))
    if variant is not None:
        chosen = chosen.where(RetrainingSessionRow.variant == variant)
    return _first(tx, tx.exec(chosen.order_by(col(RetrainingSessionRow.id).desc()).limit(1)))


def last_began_at(tx: Transaction, variant: str, until: datetime) -> datetime | None:
    """When the newest session of `variant` that began up to `until` did; None before the first."""
    began = col(RetrainingSessionRow.started_at)
    chosen = select(RetrainingSessionRow.started_at).where(RetrainingSessionRow.variant == variant, began <= until)
    return tx.exec(chosen.order_by(began.desc()).limit(1)).first()


def by_status(tx: Transaction) -> dict[Status, int]:
    """How many sessions stand where."""
    counted = tx.exec(select(RetrainingSessionRow.status, func.count()).group_by(RetrainingSessionRow.status))
    return {**dict.fromkeys(Status, 0), **{Status(status): n for status, n in counted}}


def _going_on() -> ColumnElement[bool]:
    return col(RetrainingSessionRow.completed_at).is_(None)


def _unknown(session_id: str) -> UnknownSessionError:
    message = f"no session is called {session_id[:300]!r}; lifecycle retrain history lists them"
    return UnknownSessionError(message, field="sessionId")


def _row(session: Session) -> RetrainingSessionRow:
    documents = {name: _document(getattr(session, name)) for name in _DOCUMENTS}
    improvement = session.prompt_improvement and replace(session.prompt_improvement, candidates=())
    documents["prompt_improvement"] = _document(improvement)
    return row(RetrainingSessionRow, session, **documents, reasons=list(session.reasons), success=int(session.success))


def _document(it: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any of a session's values
    return it if it is None or isinstance(it, Mapping) else to_json(it)


def _sessions(tx: Transaction, rows: Sequence[RetrainingSessionRow]) -> list[Session]:
    proposed = candidates.of(tx, [it.session_id for it in rows if it.prompt_improvement is not None])
    return [_session(it, proposed.get(it.session_id, ())) for it in rows]


def _first(tx: Transaction, rows: Iterable[RetrainingSessionRow]) -> Session | None:
    return next(iter(_sessions(tx, list(rows)[:1])), None)


def _session(it: RetrainingSessionRow, proposed: Sequence[Candidate] = ()) -> Session:
    improvement = it.prompt_improvement and {**it.prompt_improvement, "candidates": proposed}
    return value(Session, it, prompt_improvement=improvement)
