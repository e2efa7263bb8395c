"""Retraining on the wire: the plan's requests and replies."""

from typing import Annotated, Self

from pydantic import Field

from deployments.wire.base import AskedWire, Wire, Zulu
from deployments.wire.drift import DriftWire
from deployments.wire.sessions import ProbationWire, PromotionCheckWire, SessionSummaryWire, SessionWire
from deployments.wire.versions import VariantName
from lifecycle_core.operations.retraining import RetrainingStatus
from lifecycle_core.operations.standing import Overview, Standing
from lifecycle_core.policy import Engine, ShadowSource
from lifecycle_core.provenance import MAX_REASON_CHARACTERS
from lifecycle_core.retraining.options import MAX_REPLAYS, MAX_SAMPLES, MAX_SEED, Options
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.triggers import TriggerCheck

BEFORE_ITS_TEST = frozenset({Status.COLLECTING_DATA, Status.ANALYZING, Status.IMPROVING, Status.EVALUATING})
"""Where a session stands until its shadow test begins."""

SessionId = Annotated[str, Field(min_length=1, max_length=300, description="The retraining, as its start named it.")]
Reason = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS, description="Why; it is kept.")]


class OptionsRequest(AskedWire):
    """What a start may ask for in place of the variant's policy."""

    replays: Annotated[int, Field(ge=1, le=MAX_REPLAYS, strict=True)] | None = Field(
        default=None, description="How often each version serves each scenario."
    )
    max_samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES, strict=True)] | None = Field(
        default=None, description="At how many samples its shadow test ends, whatever it says."
    )
    shadow_source: ShadowSource | None = Field(default=None, description="Goals of new conversations, or of recorded ones.")
    manual_review: Annotated[bool, Field(strict=True)] | None = Field(default=None, description="A person decides on the promotion.")
    engine: Engine | None = Field(
        default=None,
        description="builtin: a model writes the prompt; gepa: it searches for one (needs the extra gepa); rules: rules alone.",
    )
    reason: Reason = ""
    seed: Annotated[int, Field(ge=0, le=MAX_SEED, strict=True)] | None = Field(default=None, description="Of all that chance decides.")

    def value(self) -> Options:
        """The value that it stands for."""
        return Options(**self.model_dump(by_alias=False))


class StartRequest(AskedWire):
    """The variant to retrain."""

    variant: VariantName
    options: OptionsRequest = Field(default_factory=OptionsRequest, description="What this session does otherwise than the policy says.")


class FinalizeRequest(AskedWire):
    """The session to end by its evidence."""

    session_id: SessionId
    force: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Decide now, by the gates as they stand; needs a reason, and cannot override evidence of harm."
    )
    reason: Reason = ""


class DecisionRequest(AskedWire):
    """A person's answer to the review."""

    session_id: SessionId
    reason: Reason
    evidence_hash: Annotated[str, Field(max_length=64)] | None = Field(
        default=None,
        description="Of the review that it is an answer to, or its first eight characters; other evidence by then is 409 "
        "`stale-evidence`. Without it the answer is to what the session shows now.",
    )


class CancelRequest(AskedWire):
    """The session to end; the incumbent stays."""

    session_id: SessionId
    reason: Reason = ""


class TriggerCheckWire(Wire):
    """Whether a retraining would start."""

    should_retrain: bool
    reason: str = Field(description="One sentence; the first refusal where it would not.")
    drift_analysis: DriftWire | None
    triggers: list[str] = Field(description="The metrics that ask for it.")
    refusals: list[str] = Field(description="A sentence for each condition that does not hold.")
    next_possible_at: Zulu | None = Field(description="When the cooldown is over; null where nothing is waited for.")
    advice: list[str]

    @classmethod
    def of(cls, it: TriggerCheck) -> Self:
        """Shape it."""
        return cls(
            should_retrain=it.should_retrain,
            reason=it.reason,
            drift_analysis=DriftWire.of(it.report) if it.report else None,
            triggers=list(it.triggers),
            refusals=list(it.refusals),
            next_possible_at=it.next_possible_at,
            advice=list(it.advice),
        )


class StartedWire(Wire):
    """A session that was started, as far as it has come."""

    message: str
    session: SessionWire
    next_steps: list[str]
    warning: str | None = Field(description="Why the work itself has not begun yet, where that is so.")

    @classmethod
    def of(cls, it: Standing, prefect_url: str, warning: str | None = None) -> Self:
        """Shape it."""
        session = it.session
        return cls(
            message=_begun(session),
            session=SessionWire.of(it, prefect_url),
            next_steps=_next_steps(session),
            warning=warning,
        )


def _begun(it: Session) -> str:
    if it.status is Status.SHADOW_TESTING:
        return "Retraining started - shadow test in progress"
    if it.open:
        return f"Retraining started - {_words(it.status)}"
    return f"Retraining ended - {it.new_variant} promoted" if it.success else f"Retraining ended - {_words(it.status)}"


def _next_steps(it: Session) -> list[str]:
    if it.status is Status.SHADOW_TESTING:
        return [
            f"Wait for {it.policy.shadow.min_shadow_samples} samples",
            "Monitor shadow deployment metrics",
            "Call /api/lifecycle/retraining/finalize to complete",
        ]
    if it.status in BEFORE_ITS_TEST:
        return [f"Ask /api/lifecycle/retraining/status?sessionId={it.session_id} how far it has come"]
    if it.status is Status.AWAITING_REVIEW:
        return ["Call /api/lifecycle/retraining/approve or /api/lifecycle/retraining/reject to decide"]
    return []


class FinalizedWire(Wire):
    """How a session ended, or where it stands after a person's answer."""

    success: bool
    message: str
    reasons: list[str] = Field(description="Why the candidate is not promoted; empty where it is.")
    session: SessionWire

    @classmethod
    def of(cls, it: Standing, prefect_url: str) -> Self:
        """Shape it."""
        session, check = it.session, PromotionCheckWire.of(it.session)
        return cls(
            success=session.success,
            message=_ended(session),
            reasons=check.reasons if check else [],
            session=SessionWire.of(it, prefect_url),
        )


def _ended(it: Session) -> str:
    if it.success:
        return f"Retraining successful - {it.new_variant} promoted"
    return f"Retraining unsuccessful - {_words(it.status)}" if not it.open else f"Retraining goes on - {_words(it.status)}"


def _words(status: Status) -> str:
    return status.value.replace("_", " ")


class RetrainingFiguresWire(Wire):
    """How sessions ended, over all variants."""

    open_sessions: int
    by_status: dict[str, int]
    success_rate: str | None
    success_rate_value: float | None = Field(description="Promoted over promoted, rolled back and inconclusive; null before the first.")

    @classmethod
    def of(cls, it: RetrainingStatus) -> Self:
        """Shape it."""
        return cls.model_validate(_figures(it))


class RetrainingStatusWire(RetrainingFiguresWire):
    """How retraining stands."""

    open: list[SessionSummaryWire]
    newest: list[SessionSummaryWire]
    probations: list[ProbationWire] = Field(description="Those that go on.")
    session: SessionWire | None = Field(description="The one that was asked for, whole.")

    @classmethod
    def of_all(cls, it: Overview, asked: Standing | None, prefect_url: str) -> Self:
        """Shape it."""
        return cls.model_validate(
            _figures(it.figures)
            | {
                "open": [SessionSummaryWire.of(one, prefect_url) for one in it.open],
                "newest": [SessionSummaryWire.of(one, prefect_url) for one in it.newest],
                "probations": [ProbationWire.of(one) for one in it.probations],
                "session": SessionWire.of(asked, prefect_url) if asked else None,
            }
        )


def _figures(it: RetrainingStatus) -> dict[str, object]:
    return {
        "open_sessions": len(it.open),
        "by_status": {status.value: count for status, count in it.by_status.items()},
        "success_rate": None if it.success_rate is None else f"{it.success_rate:.2%}",
        "success_rate_value": it.success_rate,
    }


class RetrainingHistoryWire(Wire):
    """Sessions, the newest first."""

    sessions: list[SessionSummaryWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones; null at the end.")

    @classmethod
    def of(cls, found: list[Standing], limit: int, prefect_url: str) -> Self:
        """Shape them; a full page has a next one."""
        more = str(found[-1].session.id) if len(found) == limit else None
        return cls(sessions=[SessionSummaryWire.of(it, prefect_url) for it in found], next_cursor=more)
