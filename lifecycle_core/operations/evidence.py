"""A shadow test's evidence: as it grew, and whether its verdict is what its rows give. Nothing is changed."""

from lifecycle_core.retraining.curve import Curve, curve
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError
from lifecycle_core.retraining.verification import Verification
from lifecycle_core.retraining.verification import verify as worked_out
from lifecycle_core.store import samples, sessions
from lifecycle_core.store.database import Database


def grown(database: Database, session_id: str) -> Curve:
    """The evidence after each sample: of an ended test those that its verdict rests on, else all so far.

    Raises UnknownSessionError, and ForbiddenMoveError where the test has not begun.
    """
    with database.read() as tx:
        it = sessions.get(tx, session_id)
        if it.shadow_started_at is None:
            message = f"session {session_id} is {it.status}; it has no shadow test yet"
            raise ForbiddenMoveError(message)
        found, verdict = samples.recorded(tx, session_id), it.shadow_analysis
        if verdict is None:
            return curve(found, it.policy, pending=samples.pending(tx, session_id))
        until = verdict.until
        return curve([one for one in found if until is not None and one.key <= until], it.policy, looks=verdict.looks)


def verify(database: Database, session_id: str) -> Verification:
    """The stored verdict beside what its rows give; raises UnknownSessionError, and NotReadyError where there is no verdict."""
    with database.read() as tx:
        it = sessions.get(tx, session_id)
        if it.shadow_analysis is None:
            message = f"session {session_id} is {it.status} and has no verdict to verify"
            raise NotReadyError(message)
        return worked_out(it.shadow_analysis, samples.recorded(tx, session_id), it.policy)
