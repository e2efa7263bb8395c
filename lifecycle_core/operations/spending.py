"""Pay for calls to models: reserve before a call, settle after it, each in a short transaction of its own; nothing is paid twice."""

from dataclasses import dataclass, replace

from lifecycle_core.chat import ChatError, ChatReply, ChatRequest
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.errors import ForbiddenMoveError
from lifecycle_core.retraining.session import OPEN
from lifecycle_core.spending import Price, Spent, reserved
from lifecycle_core.store import calls
from lifecycle_core.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Leave to make one call.

    amount : what was counted for it. reply : the answer that the session has already; None where the call is to be made.
    """

    session_id: str
    request: ChatRequest
    amount: Spent
    reply: ChatReply | None = None


def cached(database: Database, session_id: str, request: ChatRequest) -> ChatReply | None:
    """The reply that the session has to this request already; None where it has none. Changes nothing."""
    with database.read() as tx:
        found = calls.answered(tx, session_id, request.content_hash)
        return _free(found) if found is not None else None


def reserve(database: Database, act: Provenance, session_id: str, request: ChatRequest, price: Price | None = None) -> Reservation:
    """Leave to make a call, counted against the session's budget until it is settled; or the reply that there is already.

    price : of the request's model, where a table tells it. A call that was reserved and never settled is counted, and may be made again.
    Raises UnknownSessionError, BudgetSpentError where the call may pass the budget, and ForbiddenMoveError for a session that has ended.
    """
    amount = reserved(request, price)
    with database.write(act, "reserve") as tx:
        taken, budget, status = calls.account(tx, session_id)
        found = calls.answered(tx, session_id, request.content_hash)
        if found is not None:
            calls.repeat(tx, session_id, request.content_hash)
            return Reservation(session_id=session_id, request=request, amount=Spent(), reply=_free(found))
        if status not in OPEN:
            message = f"session {session_id} has ended: {status}; it makes no more calls"
            raise ForbiddenMoveError(message)
        budget.admit(taken, amount)
        calls.reserve(tx, session_id, request, amount, act.at)
        return Reservation(session_id=session_id, request=request, amount=amount)


def settle(database: Database, act: Provenance, reservation: Reservation, reply: ChatReply) -> ChatReply:
    """Keep what a reserved call brought, and count what it took in place of what was reserved: -> the reply that is kept, the first."""
    with database.write(act, "settle") as tx:
        if calls.settle(tx, reservation.session_id, reservation.request, reply, amount=reservation.amount, at=act.at):
            return reply
        first = calls.answered(tx, reservation.session_id, reservation.request.content_hash)
        return _free(first) if first is not None else reply


def fail(database: Database, act: Provenance, reservation: Reservation, error: ChatError) -> None:
    """Keep why a reserved call brought no answer of use; what it took counts, and it may be made again."""
    with database.write(act, "fail_call") as tx:
        calls.fail(tx, reservation.session_id, reservation.request, error, amount=reservation.amount, at=act.at)


def spent(database: Database, session_id: str) -> Spent:
    """What the session's calls took so far, and have reserved; raises UnknownSessionError."""
    with database.read() as tx:
        return calls.spent(tx, session_id)


def _free(reply: ChatReply) -> ChatReply:
    return replace(reply, cached=True)
