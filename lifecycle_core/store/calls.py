"""Calls to models: reserved before they are made, settled after, counted in one row for each session.

1. The row of a session's spending is locked first, so that two callers never pass the budget together.
2. A settled call answers its question for the rest of the session.
3. A reservation that nobody settled stays counted: the call may have been made, and billed.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select

from lifecycle_core.chat import ChatReply, ChatRequest
from lifecycle_core.policy import Policy
from lifecycle_core.retraining.errors import UnknownSessionError
from lifecycle_core.retraining.session import Status
from lifecycle_core.spending import Spent
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import ChatCallRow, RetrainingSessionRow, SpendingRow


class CallState(StrEnum):
    """Where a call stands."""

    RESERVED = "reserved"
    SETTLED = "settled"
    FAILED = "failed"


def answered(tx: Transaction, session_id: str, content_hash: str) -> ChatReply | None:
    """The reply that the session has to that question already; None where it has none."""
    it = _call(tx, session_id, content_hash)
    return from_json(ChatReply, it.reply) if it is not None and it.reply is not None else None


def spent(tx: Transaction, session_id: str, *, lock: bool = False) -> Spent:
    """What the session's calls took, and have reserved; raises UnknownSessionError."""
    it = _spending(tx, session_id, lock=lock)
    return Spent(calls=it.calls, tokens=it.tokens, usd=it.usd)


def standing(tx: Transaction, session_id: str) -> tuple[Status, Policy]:
    """Where the session stands, and the policy that it goes by; raises UnknownSessionError."""
    columns = select(RetrainingSessionRow.status, RetrainingSessionRow.policy)
    found = tx.exec(columns.where(RetrainingSessionRow.session_id == session_id)).first()
    if found is None:
        raise _unknown(session_id)
    return Status(found[0]), from_json(Policy, found[1])


def reserve(tx: Transaction, session_id: str, request: ChatRequest, amount: Spent, at: datetime) -> None:
    """Count `amount` for a call that is about to be made."""
    it = _call(tx, session_id, request.content_hash)
    if it is None:
        it = ChatCallRow(
            session_id=session_id,
            content_hash=request.content_hash,
            purpose=request.purpose,
            model=request.model,
            state=CallState.RESERVED,
            attempts=0,
            repeats=0,
            reserved_tokens=0,
            reserved_usd=0.0,
            cost_usd=None,
            seconds=None,
            error=None,
            reserved_at=at,
        )
        tx.add(it)
    it.state, it.attempts, it.reserved_at = CallState.RESERVED, it.attempts + 1, at
    it.reserved_tokens, it.reserved_usd = amount.tokens, amount.usd
    _add(_spending(tx, session_id), amount)
    tx.flush()


def repeat(tx: Transaction, session_id: str, content_hash: str) -> None:
    """Count that a settled call answered once more."""
    it = _call(tx, session_id, content_hash)
    if it is not None:
        it.repeats += 1
        tx.flush()


def settle(tx: Transaction, session_id: str, request: ChatRequest, reply: ChatReply, *, amount: Spent, at: datetime) -> None:
    """Keep the reply of a call that reserved `amount`, and count what it took instead; the first reply stays."""
    _add(_spending(tx, session_id, lock=True), _less(Spent.by(reply), amount))
    it = _call(tx, session_id, request.content_hash)
    if it is not None and it.state != CallState.SETTLED:
        it.state, it.settled_at, it.reply, it.error = CallState.SETTLED, at, to_json(reply), None
        it.input_tokens, it.output_tokens, it.cost_usd, it.seconds = reply.input_tokens, reply.output_tokens, reply.cost_usd, reply.seconds
    tx.flush()


def fail(tx: Transaction, session_id: str, request: ChatRequest, error: str, *, amount: Spent, at: datetime) -> None:
    """Keep why a call that reserved `amount` brought no answer; it counts as a call that took nothing else."""
    _add(_spending(tx, session_id, lock=True), _less(Spent(calls=1), amount))
    it = _call(tx, session_id, request.content_hash)
    if it is not None and it.state != CallState.SETTLED:
        it.state, it.settled_at, it.error = CallState.FAILED, at, error
    tx.flush()


def _less(taken: Spent, reserved: Spent) -> Spent:
    return Spent(calls=taken.calls - reserved.calls, tokens=taken.tokens - reserved.tokens, usd=taken.usd - reserved.usd)


def _add(it: SpendingRow, amount: Spent) -> None:
    it.calls, it.tokens, it.usd = it.calls + amount.calls, it.tokens + amount.tokens, max(0.0, it.usd + amount.usd)


def _call(tx: Transaction, session_id: str, content_hash: str) -> ChatCallRow | None:
    return tx.exec(select(ChatCallRow).where(ChatCallRow.session_id == session_id, col(ChatCallRow.content_hash) == content_hash)).first()


def _spending(tx: Transaction, session_id: str, *, lock: bool = False) -> SpendingRow:
    chosen = select(SpendingRow).where(SpendingRow.session_id == session_id)
    it = tx.exec(chosen.with_for_update().execution_options(populate_existing=True) if lock else chosen).first()
    if it is None:
        raise _unknown(session_id)
    return it


def _unknown(session_id: str) -> UnknownSessionError:
    return UnknownSessionError(f"no session is called {session_id[:300]!r}", field="sessionId")
