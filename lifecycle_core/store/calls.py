"""Calls to models: reserved before they are made, settled after, counted in one row for each session.

1. The row of a session's spending is locked first, so that two callers never pass the budget together.
2. A settled call answers its question for the rest of the session.
3. A reservation that nobody settled stays counted: the call may have been made, and billed.

Thousands of calls are made in a session, so these are plain statements.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, insert, select, update

from lifecycle_core.chat import ChatError, ChatReply, ChatRequest
from lifecycle_core.retraining.errors import UnknownSessionError
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.spending import Budget, Spent
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import TABLES

_CALLS, _SPENDINGS, _SESSIONS = (TABLES[name] for name in ("chat_calls", "spendings", "retraining_sessions"))


class CallState(StrEnum):
    """Where a call stands."""

    RESERVED = "reserved"
    SETTLED = "settled"
    FAILED = "failed"


_OURS: Final = (_CALLS.c.session_id == bindparam("of_session"), _CALLS.c.content_hash == bindparam("of_hash"))
_FIND: Final = select(_CALLS.c.state, _CALLS.c.reply).where(*_OURS)
_SPENT: Final = select(_SPENDINGS, _SESSIONS.c.status).where(
    _SPENDINGS.c.session_id == bindparam("of_session"), _SESSIONS.c.session_id == _SPENDINGS.c.session_id
)
_SPEND: Final = (
    update(_SPENDINGS)
    .where(_SPENDINGS.c.session_id == bindparam("of_session"))
    .values(
        calls=_SPENDINGS.c.calls + bindparam("more_calls"),
        tokens=_SPENDINGS.c.tokens + bindparam("more_tokens"),
        usd=_SPENDINGS.c.usd + bindparam("more_usd"),
    )
)
_AGAIN: Final = (
    update(_CALLS)
    .where(*_OURS)
    .values(
        state=CallState.RESERVED,
        attempts=_CALLS.c.attempts + 1,
        reserved_at=bindparam("at"),
        reserved_tokens=bindparam("tokens"),
        reserved_usd=bindparam("usd"),
    )
)
_REPEAT: Final = update(_CALLS).where(*_OURS).values(repeats=_CALLS.c.repeats + 1)
_UNSETTLED: Final = update(_CALLS).where(*_OURS, _CALLS.c.state != CallState.SETTLED)


def open_account(tx: Transaction, session: Session) -> None:
    """Begin to count for a session that was just opened, with what its policy lets it spend."""
    rules = session.policy.retraining
    budgets = {"budget_calls": rules.budget_calls, "budget_tokens": rules.budget_tokens, "budget_usd": rules.budget_usd}
    tx.connection().execute(insert(_SPENDINGS).values(session_id=session.session_id, calls=0, tokens=0, usd=0.0, **budgets))


def answered(tx: Transaction, session_id: str, content_hash: str) -> ChatReply | None:
    """The reply that the session has to that question already; None where it has none."""
    found = _find(tx, session_id, content_hash)
    return from_json(ChatReply, found[1]) if found is not None and found[1] is not None else None


def count_answered(tx: Transaction, session_id: str) -> int:
    """To how many questions the session has replies."""
    ours = (_CALLS.c.session_id == session_id, _CALLS.c.state == CallState.SETTLED)
    return int(tx.connection().execute(select(func.count()).where(*ours)).scalar_one())


def spent(tx: Transaction, session_id: str) -> Spent:
    """What the session's calls took, and have reserved; raises UnknownSessionError."""
    return account(tx, session_id, lock=False)[0]


def account(tx: Transaction, session_id: str, *, lock: bool = True) -> tuple[Spent, Budget, Status]:
    """What the session spent, what it may spend, and where it stands; nobody else spends before the end of `tx`.

    Raises UnknownSessionError.
    """
    found = tx.connection().execute(_SPENT.with_for_update(of=_SPENDINGS) if lock else _SPENT, {"of_session": session_id}).first()
    if found is None:
        raise _unknown(session_id)
    budget = Budget(calls=found.budget_calls, tokens=found.budget_tokens, usd=found.budget_usd)
    return Spent(calls=found.calls, tokens=found.tokens, usd=found.usd), budget, Status(found.status)


def usd(tx: Transaction, session_id: str, purposes: Sequence[str], since: datetime) -> float | None:
    """What the session's calls for `purposes` that were answered since then cost, US dollars; None where one of them does not tell."""
    it = _CALLS.c
    ours = (it.session_id == session_id, it.state == CallState.SETTLED, it.purpose.in_(purposes), it.reserved_at >= since)
    told, answered_n, total = (
        tx.connection().execute(select(func.count(it.cost_usd), func.count(), func.sum(it.cost_usd)).where(*ours)).one()
    )
    return float(total) if told and told == answered_n else None


def reserve(tx: Transaction, session_id: str, request: ChatRequest, amount: Spent, at: datetime) -> None:
    """Count `amount` for a call that is about to be made."""
    key = {"of_session": session_id, "of_hash": request.content_hash}
    _spend(tx, session_id, amount)
    if _find(tx, session_id, request.content_hash) is not None:
        tx.connection().execute(_AGAIN, {**key, "at": at, "tokens": amount.tokens, "usd": amount.usd})
        return
    tx.connection().execute(
        insert(_CALLS),
        {
            "session_id": session_id,
            "content_hash": request.content_hash,
            "purpose": request.purpose,
            "model": request.model,
            "state": CallState.RESERVED,
            "attempts": 1,
            "repeats": 0,
            "reserved_tokens": amount.tokens,
            "reserved_usd": amount.usd,
            "reserved_at": at,
        },
    )


def repeat(tx: Transaction, session_id: str, content_hash: str) -> None:
    """Count that a settled call answered once more."""
    tx.connection().execute(_REPEAT, {"of_session": session_id, "of_hash": content_hash})


def settle(tx: Transaction, session_id: str, request: ChatRequest, reply: ChatReply, *, amount: Spent, at: datetime) -> bool:
    """Keep the reply of a call that reserved `amount`, and count what it took instead: -> whether it is the first, which stays."""
    _spend(tx, session_id, _less(Spent.by(reply), amount))
    told = {
        "state": CallState.SETTLED,
        "settled_at": at,
        "reply": to_json(reply),
        "error": None,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cost_usd": reply.cost_usd,
        "seconds": reply.seconds,
    }
    kept = tx.connection().execute(_UNSETTLED.values(**told), {"of_session": session_id, "of_hash": request.content_hash})
    return kept.rowcount > 0


def fail(tx: Transaction, session_id: str, request: ChatRequest, error: ChatError, *, amount: Spent, at: datetime) -> None:
    """Keep why a call that reserved `amount` brought no answer of use, and count what it took nevertheless."""
    _spend(tx, session_id, _less(Spent.lost(error), amount))
    told = _UNSETTLED.values(state=CallState.FAILED, settled_at=at, error=str(error))
    tx.connection().execute(told, {"of_session": session_id, "of_hash": request.content_hash})


def _find(tx: Transaction, session_id: str, content_hash: str) -> Row[Any] | None:
    return tx.connection().execute(_FIND, {"of_session": session_id, "of_hash": content_hash}).first()


def _spend(tx: Transaction, session_id: str, amount: Spent) -> None:
    more = {"more_calls": amount.calls, "more_tokens": amount.tokens, "more_usd": amount.usd}
    tx.connection().execute(_SPEND, {"of_session": session_id, **more})


def _less(taken: Spent, reserved: Spent) -> Spent:
    return Spent(calls=taken.calls - reserved.calls, tokens=taken.tokens - reserved.tokens, usd=taken.usd - reserved.usd)


def _unknown(session_id: str) -> UnknownSessionError:
    return UnknownSessionError(f"no session is called {session_id[:300]!r}; lifecycle retrain history lists them", field="sessionId")
