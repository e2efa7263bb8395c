"""A retraining session: its status and what moves it, in one table.

1. A session goes from its training data to a shadow test, one step after the other; each step is done once.
2. It ends once: promoted, rolled back, inconclusive, invalid, cancelled or failed. An ended session never moves again.
3. Only a shadow test, or a person's review of it, leads to a promotion.
4. It may be rolled back, cancelled or fail wherever it stands; undecided is only what was tested.
5. A test is invalid by its own verdict, before a person is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.analysis import ShadowAnalysis, analyze
from lifecycle_core.retraining.errors import ForbiddenMoveError
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.failures import FailureAnalysis
from lifecycle_core.retraining.improvement import PromptImprovement
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.shadow import Key, Sample
from lifecycle_core.retraining.training_data import DataSummary
from lifecycle_core.retraining.triggers import TriggerCheck

RETRAINER: Final = "retraining_system"
"""Who made a candidate, as its version's metadata says."""


class Status(StrEnum):
    """Where a session stands."""

    COLLECTING_DATA = "collecting_data"
    ANALYZING = "analyzing"
    IMPROVING = "improving"
    EVALUATING = "evaluating"
    SHADOW_TESTING = "shadow_testing"
    AWAITING_REVIEW = "awaiting_review"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Event(StrEnum):
    """What moves a session."""

    DATA_COLLECTED = "data_collected"
    FAILURES_ANALYZED = "failures_analyzed"
    CANDIDATE_REGISTERED = "candidate_registered"
    SHADOW_STARTED = "shadow_started"
    REVIEW_ASKED = "review_asked"
    PROMOTE = "promote"
    ROLL_BACK = "roll_back"
    LEAVE_UNDECIDED = "leave_undecided"
    INVALIDATE = "invalidate"
    CANCEL = "cancel"
    FAIL = "fail"


OPEN: Final = (
    Status.COLLECTING_DATA,
    Status.ANALYZING,
    Status.IMPROVING,
    Status.EVALUATING,
    Status.SHADOW_TESTING,
    Status.AWAITING_REVIEW,
)
"""The status words of a session that goes on, in the order of its steps."""
_TESTED: Final = (Status.SHADOW_TESTING, Status.AWAITING_REVIEW)

TRANSITIONS: Final[Mapping[tuple[Status, Event], Status]] = MappingProxyType(
    {
        (Status.COLLECTING_DATA, Event.DATA_COLLECTED): Status.ANALYZING,
        (Status.ANALYZING, Event.FAILURES_ANALYZED): Status.IMPROVING,
        (Status.IMPROVING, Event.CANDIDATE_REGISTERED): Status.EVALUATING,
        (Status.EVALUATING, Event.SHADOW_STARTED): Status.SHADOW_TESTING,
        (Status.SHADOW_TESTING, Event.REVIEW_ASKED): Status.AWAITING_REVIEW,
        **{(status, Event.PROMOTE): Status.PROMOTED for status in _TESTED},
        **{(status, Event.LEAVE_UNDECIDED): Status.INCONCLUSIVE for status in _TESTED},
        (Status.SHADOW_TESTING, Event.INVALIDATE): Status.INVALID,
        **{(status, Event.ROLL_BACK): Status.ROLLED_BACK for status in OPEN},
        **{(status, Event.CANCEL): Status.CANCELLED for status in OPEN},
        **{(status, Event.FAIL): Status.FAILED for status in OPEN},
    }
)
"""Every lawful move; what is not here is refused."""
ENDINGS: Final = MappingProxyType(
    {
        Status.PROMOTED: Event.PROMOTE,
        Status.ROLLED_BACK: Event.ROLL_BACK,
        Status.INCONCLUSIVE: Event.LEAVE_UNDECIDED,
        Status.INVALID: Event.INVALIDATE,
        Status.CANCELLED: Event.CANCEL,
        Status.FAILED: Event.FAIL,
    }
)
"""What leads to each ending."""


class Answer(StrEnum):
    """What whoever reviews says."""

    PROMOTE = "promote"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's decision, which is made once. evidence : the fingerprint of what it rests on; "" where none was kept."""

    answer: Answer
    reason: str
    by: str
    at: datetime
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """A demand to decide now by the gates; `reason` says why, and is kept."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One retraining of a variant.

    session_id : "retrain_<variant>_<epoch ms>"; id : its row's number.
    key : the caller's own name for it: the same key is the same session.
    version : of the candidate, 0 until it is registered; new_variant : its label, as in "baseline_v2".
    incumbent_version : what was active when it began, and what the evidence compares with.
    policy : the variant's, with `options` applied, as it was when the session began.
    seed : of everything in it that chance decides.
    shadow_started_at, deadline_at : of the shadow test; reviewed from `review_asked_at` on.
    goals_drawn_at : when the last recorded goal was drawn; None while there are more, and where goals are new ones.
    reasons : why it ended as it did; empty for a promotion.
    flow_run_id, flow_process, attempts : the run that executes it, that run's process, and how often it was revived.
    """

    id: int | None = None
    session_id: str
    variant: str
    version: int = 0
    status: Status = Status.COLLECTING_DATA
    key: str
    opened_by: str
    reason: str = ""
    incumbent_version: int
    trigger: TriggerCheck
    options: Options = field(default_factory=Options)
    policy: Policy = field(default_factory=Policy)
    seed: int
    training_data_size: int | None = None
    training_data: DataSummary | None = None
    failure_analysis: FailureAnalysis | None = None
    prompt_improvement: PromptImprovement | None = None
    new_variant: str | None = None
    evaluation: EvaluationReport | None = None
    shadow_analysis: ShadowAnalysis | None = None
    review: Review | None = None
    force: Force | None = None
    reasons: tuple[str, ...] = ()
    started_at: datetime
    shadow_started_at: datetime | None = None
    deadline_at: datetime | None = None
    goals_drawn_at: datetime | None = None
    review_asked_at: datetime | None = None
    completed_at: datetime | None = None
    flow_run_id: str | None = None
    flow_process: int | None = None
    attempts: int = 0

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.status in OPEN

    @property
    def offline_score(self) -> float | None:
        """What the candidate came to in the offline evaluation, from 0 to 1; None before it."""
        return self.evaluation.score if self.evaluation is not None else None

    def analyze(self, samples: Iterable[Sample], *, pending: Iterable[Key] = (), closed: bool, closed_because: str = "") -> ShadowAnalysis:
        """What the samples say by the session's own policy, beside its offline evaluation; as `analysis.analyze`."""
        judged = self.evaluation.judged if self.evaluation is not None else None
        return analyze(
            samples,
            self.policy,
            pending=pending,
            closed=closed,
            closed_because=closed_because,
            offline_score=self.offline_score,
            judged_worse=judged is not None and judged.worse,
        )

    @property
    def review_deadline_at(self) -> datetime | None:
        """Until when a person may answer; None where none was asked."""
        return self.review_asked_at and self.review_asked_at + timedelta(days=self.policy.retraining.review_days)

    def waits(self, at: datetime) -> bool:
        """Whether at `at` nothing can be done but wait: for samples and a verdict, or for a person's answer."""
        if self.status is Status.AWAITING_REVIEW:
            return self.review is None and self.review_deadline_at is not None and at < self.review_deadline_at
        testing = self.status is Status.SHADOW_TESTING and self.shadow_analysis is None
        return testing and self.deadline_at is not None and at < self.deadline_at

    @property
    def success(self) -> bool:
        """Whether it promoted its candidate."""
        return self.status is Status.PROMOTED


def after(session: Session, event: Event) -> Status:
    """The status of `session` after `event`; raises ForbiddenMoveError for a move that is not in the table."""
    moved = TRANSITIONS.get((session.status, event))
    if moved is not None:
        return moved
    if not session.open:
        message = f"session {session.session_id} has ended: {session.status}; it cannot take {event.value!r} any more"
    else:
        needed = " or ".join(status for status, known in TRANSITIONS if known is event)
        message = f"session {session.session_id} is {session.status}; {event.value!r} needs one that is {needed}"
    raise ForbiddenMoveError(message)


def moved(session: Session, event: Event) -> Session:
    """`session` after an event that ends nothing; raises ForbiddenMoveError."""
    return replace(session, status=after(session, event))


def ended(session: Session, event: Event, at: datetime, *reasons: str) -> Session:
    """`session` after an event that ends it; raises ForbiddenMoveError.

    reasons : why, in sentences; none for a promotion.
    """
    return replace(session, status=after(session, event), completed_at=at, reasons=reasons)


def session_id(variant: str, began: datetime) -> str:
    """The id of a session of `variant` that began at `began`.

    >>> session_id("baseline", datetime(2023, 10, 7, 10, 40, tzinfo=UTC))
    'retrain_baseline_1696675200000'
    """
    return f"retrain_{variant}_{(began - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)}"


def seed_of(session_id: str) -> int:
    """The seed of a session for which none was asked.

    >>> 0 <= seed_of("retrain_baseline_1696675200000") < 2**32
    True
    """
    return int.from_bytes(sha256(session_id.encode()).digest()[:4])


def label(variant: str, version: int) -> str:
    """The label of a version, which the plan calls the new variant.

    >>> label("baseline", 2)
    'baseline_v2'
    """
    return f"{variant}_v{version}"
