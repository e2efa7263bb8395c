"""Whether each session came to where it stands by lawful moves, and its verdict is what its samples give."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from pydantic import ValidationError
from sqlmodel import col, select

from lifecycle_core.errors import LifecycleError
from lifecycle_core.retraining.session import TRANSITIONS, Status
from lifecycle_core.retraining.verification import verify
from lifecycle_core.store import damage, samples, sessions
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import AuditRow, RetrainingSessionRow

_PREFIX: Final = f"{RetrainingSessionRow.__tablename__}:"
_MOVES: Final = frozenset((before.value, after.value) for (before, _), after in TRANSITIONS.items())


def unlawful(tx: Transaction) -> Iterator[str]:
    """A sentence for each move of a session, by the audit log, that is not in the table of moves."""
    ours = [col(AuditRow.subject).startswith(_PREFIX, autoescape=True)]
    rows = damage.values(tx, AuditRow, only=("id", "subject", "after"), where=ours, order=[col(AuditRow.subject), col(AuditRow.id)])
    for subject, changes in groupby(rows, key=lambda row: str(row[0]["subject"])):
        name = subject.removeprefix(_PREFIX)
        after = [values["after"] for values, damaged in changes if not damaged and isinstance(values["after"], dict)]
        path = [str(it["status"]) for it in after if "status" in it]
        if path and path[0] != Status.COLLECTING_DATA.value:
            yield f"session {name} began as {path[0]}"
        yield from (f"session {name} went from {before} to {now}" for before, now in pairwise(path) if (before, now) not in _MOVES)


def unproved(tx: Transaction) -> Iterator[str]:
    """A sentence for each stored verdict that its samples do not give when it is worked out anew."""
    decided = select(RetrainingSessionRow.session_id).where(col(RetrainingSessionRow.shadow_analysis).is_not(None))
    for name in tx.exec(decided.order_by(RetrainingSessionRow.session_id)).all():
        try:
            it = sessions.get(tx, name)
            if it.shadow_analysis is not None:
                found = verify(it.shadow_analysis, samples.recorded(tx, name), it.policy)
                yield from (f"the verdict of session {name} is not what its samples give: {one}" for one in found.differences[:1])
        except (LifecycleError, ValidationError, ValueError, TypeError, KeyError) as error:
            yield f"the verdict of session {name} cannot be worked out anew: {str(error).splitlines()[0]}"
