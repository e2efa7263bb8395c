"""Sessions as they stand: with the progress of their tests, what they spent, and the probation that a promotion opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lifecycle_core.operations import retraining
from lifecycle_core.operations.retraining import RetrainingStatus
from lifecycle_core.operations.shadow import analysis_of, progress_in
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.errors import UnknownSessionError
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.shadow import Progress
from lifecycle_core.spending import Spent
from lifecycle_core.store import calls, probations, sessions, variants
from lifecycle_core.store.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A session as it stands.

    progress : of its shadow test; None where none goes on. analysis : its verdict, or the evidence so far; None before its test.
    """

    session: Session
    progress: Progress | None
    analysis: ShadowAnalysis | None
    spent: Spent
    probation: Probation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How retraining stands over all variants: its figures, the sessions that go on and the newest ones, the probations that go on."""

    figures: RetrainingStatus
    open: tuple[Standing, ...]
    newest: tuple[Standing, ...]
    probations: tuple[Probation, ...]


def overview(database: Database, at: datetime, newest: int = 10) -> Overview:
    """How retraining stands as of `at`, with the `newest` sessions."""
    figures = retraining.status(database, newest)
    with database.read() as tx:
        return Overview(
            figures=figures,
            open=tuple(_standing(tx, it, at) for it in figures.open),
            newest=tuple(_standing(tx, it, at) for it in figures.newest),
            probations=tuple(probations.all_open(tx)),
        )


def of_session(database: Database, session_id: str, at: datetime) -> Standing:
    """How one session stands as of `at`; raises UnknownSessionError."""
    with database.read() as tx:
        return _standing(tx, sessions.get(tx, session_id), at)


def of_sessions(database: Database, found: Sequence[Session], at: datetime) -> list[Standing]:
    """How these sessions stand as of `at`, in their order."""
    with database.read() as tx:
        return [_standing(tx, it, at) for it in found]


def shadow_tests(database: Database, at: datetime) -> list[Standing]:
    """Every shadow test that goes on or waits for a person, the oldest first."""
    with database.read() as tx:
        return [_standing(tx, it, at) for it in sessions.all_open(tx) if it.shadow_started_at is not None]


def newest_tested(database: Database, variant: str | None, at: datetime) -> Standing:
    """The newest session of `variant`, or of all, that came as far as its shadow test.

    Raises UnknownVariantError, and UnknownSessionError where there is none.
    """
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        it = sessions.newest_tested(tx, variant)
        if it is None:
            of = f" of {variant!r}" if variant is not None else ""
            message = f"no session{of} has had a shadow test yet; lifecycle retrain status tells what goes on"
            raise UnknownSessionError(message)
        return _standing(tx, it, at)


def _standing(tx: Transaction, it: Session, at: datetime) -> Standing:
    tested = it.shadow_started_at is not None
    return Standing(
        session=it,
        progress=progress_in(tx, it, at) if tested and it.status is Status.SHADOW_TESTING else None,
        analysis=it.shadow_analysis or (analysis_of(tx, it, at) if tested else None),
        spent=calls.spent(tx, it.session_id),
        probation=probations.last_of_session(tx, it.session_id) if it.success else None,
    )
