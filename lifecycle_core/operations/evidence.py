"""A shadow test's evidence: as it grew, and whether its verdict is what its rows give. Nothing is changed."""

from itertools import islice
from typing import Final

from lifecycle_core.conversations import Window
from lifecycle_core.operations.drawing import RECORDED_DAYS
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.replay.agreement import Turn, turns
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.curve import Curve, curve
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError
from lifecycle_core.retraining.verification import Verification
from lifecycle_core.retraining.verification import verify as worked_out
from lifecycle_core.store import samples, served, sessions
from lifecycle_core.store.database import Database

_SOUGHT: Final = 12
"""So many times the conversations asked for are read: three in four are learnt from, and not all have words."""


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


def recorded_turns(database: Database, session_id: str, masker: Masker, conversations: int) -> list[Turn]:
    """The turns, masked, of the newest conversations that the incumbent held before the shadow test and nobody learnt from.

    None before the test. Raises UnknownSessionError.
    """
    with database.read() as tx:
        it = sessions.get(tx, session_id)
        if it.shadow_started_at is None:
            return []
        span = Window.before(it.shadow_started_at, hours=24 * RECORDED_DAYS)
        recorded = served.newest(tx, it.variant, it.incumbent_version, span, _SOUGHT * conversations)
    masked = (masker.conversation(one) for one in reversed(recorded) if one.messages)
    found = (turns(one) for one in masked if one.goal is None or split_of(one.goal) is Split.HELD_OUT)
    return [turn for each in islice(filter(None, found), conversations) for turn in each]
