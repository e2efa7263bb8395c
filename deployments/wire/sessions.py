"""A retraining session on the wire: what the plan names, and beside it everything that led to its ending."""

from typing import Self
from urllib.parse import quote

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, Wire, Zulu
from deployments.wire.failures import FailureAnalysisWire
from deployments.wire.improvement import EvaluationWire, PromptImprovementWire, TrainingDataWire
from deployments.wire.shadow import ProgressWire, ShadowAnalysisWire
from lifecycle_core.operations.standing import Standing
from lifecycle_core.retraining.probation import Watched
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.verdict import Verdict


class PromotionCheckWire(Wire):
    """Whether the candidate is to be promoted, and all that speaks against it."""

    should_promote: bool
    reasons: list[str]

    @classmethod
    def of(cls, it: Session) -> Self | None:
        """What the session's ending says; its verdict where it goes on; None before both."""
        if not it.open:
            return cls(should_promote=it.success, reasons=list(it.reasons))
        if it.shadow_analysis is None:
            return None
        return cls(should_promote=it.shadow_analysis.verdict is Verdict.PROMOTE, reasons=list(it.shadow_analysis.reasons))


class ReviewWire(CopiedWire):
    """A person's answer."""

    answer: str
    reason: str
    by: str
    at: Zulu
    evidence: str = Field(serialization_alias="evidenceHash", description="The hash of the evidence that it is an answer to.")


class ForceWire(CopiedWire):
    """A demand to decide by the gates as they stood."""

    reason: str
    by: str
    at: Zulu


class OptionsWire(CopiedWire):
    """What the start asked for in place of the policy; null leaves it as it is."""

    replays: int | None
    max_samples: int | None
    shadow_source: str | None
    manual_review: bool | None
    engine: str | None
    reason: str
    seed: int | None


class SpentWire(CopiedWire):
    """What the session's calls to models took so far."""

    calls: int
    tokens: int
    usd: float


class ProbationEvidenceWire(Wire):
    """What a probation has seen: what decides it, and what stands beside that."""

    conversations: int = Field(description="Those whose outcome is known.")
    booking_rate: str | None
    booking_rate_value: float | None
    booking_bar_value: float | None = Field(description="What it must not fall below; null without a record.")
    record_rate_value: float | None = Field(description="Of the version that a rollback would bring back; it decides.")
    healthy_rate_value: float | None = Field(description="The same before it drifted, which is shown; null where it did not.")
    escalation_rate: str | None
    escalation_rate_value: float | None
    escalation_bar_value: float | None = Field(description="What it must not rise above.")
    harm: float = Field(description="E-value of harm, the largest so far; at `level` it is rolled back.")
    level: float
    customer_rating: float | None = Field(description="The mean; it decides nothing.")
    customer_ratings: int

    @classmethod
    def of(cls, it: Probation, seen: Watched) -> Self:
        """Shape it."""
        return cls(
            conversations=seen.n,
            booking_rate=formats.percent(seen.booking_rate),
            booking_rate_value=seen.booking_rate,
            booking_bar_value=seen.bars.booking,
            record_rate_value=it.bookings.rate if it.bookings.n else None,
            healthy_rate_value=it.healthy.rate if it.healthy else None,
            escalation_rate=formats.percent(seen.escalation_rate),
            escalation_rate_value=seen.escalation_rate,
            escalation_bar_value=seen.bars.escalation,
            harm=seen.e_harm,
            level=seen.level,
            customer_rating=seen.rating,
            customer_ratings=seen.rated,
        )


class ProbationWire(Wire):
    """The watch over a promoted version."""

    variant: str
    version: int
    previous_version: int = Field(description="What a rollback brings back.")
    session_id: str
    status: str = Field(description="running, stable, harm, too_few or replaced.")
    started_at: Zulu
    ends_at: Zulu = Field(description="At the latest.")
    ended_at: Zulu | None
    because: str | None
    conversations: int = Field(description="Those whose outcome is known.")
    needed: list[str] = Field(description="What it still waits for.")
    evidence: ProbationEvidenceWire | None = Field(description="As of its last look; null before the first.")

    @classmethod
    def of(cls, it: Probation) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant,
            version=it.version,
            previous_version=it.previous_version,
            session_id=it.session_id,
            status=it.status,
            started_at=it.started_at,
            ends_at=it.ends_at,
            ended_at=it.ended_at,
            because=it.because,
            conversations=it.watched.n if it.watched else 0,
            needed=list(it.watched.needed) if it.watched else [],
            evidence=ProbationEvidenceWire.of(it, it.watched) if it.watched else None,
        )


class LinksWire(Wire):
    """Where to read on: paths of this API, and one address of Prefect's pages."""

    page: str = Field(description="Its page, for people.")
    session: str
    report: str = Field(description="All of it as one page.")
    review: str | None = Field(description="What a decision rests on; null before there is a candidate.")
    failures: str
    flow_run: str | None = Field(description="The run that executes it, in Prefect's pages; it links back to the report.")

    @classmethod
    def of(cls, it: Session, prefect_url: str) -> Self:
        """Shape it; prefect_url : where Prefect's pages are."""
        name, base = quote(it.session_id, safe=""), "/api/lifecycle"
        return cls(
            page=f"/retraining?sessionId={name}",
            session=f"{base}/retraining/status?sessionId={name}",
            report=f"{base}/retraining/report?sessionId={name}",
            review=f"{base}/retraining/review?sessionId={name}" if it.version else None,
            failures=f"{base}/failures?name={name}",
            flow_run=f"{prefect_url}/runs/flow-run/{it.flow_run_id}" if it.flow_run_id else None,
        )


class SessionSummaryWire(Wire):
    """One retraining of a variant, in short."""

    id: str
    variant: str
    version: int = Field(description="The candidate's; 0 until it is registered.")
    status: str
    training_data_size: int | None
    new_variant: str | None
    incumbent_version: int
    opened_by: str
    reason: str
    triggers: list[str]
    started_at: Zulu
    completed_at: Zulu | None
    success: bool
    reasons: list[str] = Field(description="Why it ended as it did; empty for a promotion.")
    progress: ProgressWire | None = Field(description="Of its shadow test, while that goes on.")
    flow_run_id: str | None
    attempts: int = Field(description="How often that run was revived.")
    links: LinksWire

    @classmethod
    def of(cls, it: Standing, prefect_url: str) -> Self:
        """Shape it; prefect_url : where Prefect's pages are."""
        return cls.model_validate(_summary(it, prefect_url))


class SessionWire(SessionSummaryWire):
    """One retraining of a variant, whole."""

    training_data: TrainingDataWire | None
    failure_analysis: FailureAnalysisWire | None
    prompt_improvement: PromptImprovementWire | None
    evaluation: EvaluationWire | None
    shadow_analysis: ShadowAnalysisWire | None = Field(description="Its verdict, or the evidence so far.")
    promotion_check: PromotionCheckWire | None
    review: ReviewWire | None
    review_deadline_at: Zulu | None
    force: ForceWire | None
    probation: ProbationWire | None
    options: OptionsWire
    seed: int
    spent: SpentWire
    shadow_started_at: Zulu | None
    deadline_at: Zulu | None = Field(description="When its shadow test ends at the latest.")

    @classmethod
    def of(cls, it: Standing, prefect_url: str) -> Self:
        """Shape it; prefect_url : where Prefect's pages are."""
        session = it.session
        return cls.model_validate(
            _summary(it, prefect_url)
            | {
                "training_data": TrainingDataWire.of(session.training_data) if session.training_data else None,
                "failure_analysis": FailureAnalysisWire.of(session.failure_analysis) if session.failure_analysis else None,
                "prompt_improvement": PromptImprovementWire.of(session.prompt_improvement) if session.prompt_improvement else None,
                "evaluation": EvaluationWire.of(session.evaluation) if session.evaluation else None,
                "shadow_analysis": ShadowAnalysisWire.of(it.analysis) if it.analysis else None,
                "promotion_check": PromotionCheckWire.of(session),
                "review": ReviewWire.of(session.review) if session.review else None,
                "review_deadline_at": session.review_deadline_at,
                "force": ForceWire.of(session.force) if session.force else None,
                "probation": ProbationWire.of(it.probation) if it.probation else None,
                "options": OptionsWire.of(session.options),
                "seed": session.seed,
                "spent": SpentWire.of(it.spent),
                "shadow_started_at": session.shadow_started_at,
                "deadline_at": session.deadline_at,
            }
        )


def _summary(standing: Standing, prefect_url: str) -> dict[str, object]:
    it = standing.session
    return {
        "id": it.session_id,
        "variant": it.variant,
        "version": it.version,
        "status": it.status,
        "training_data_size": it.training_data_size,
        "new_variant": it.new_variant,
        "incumbent_version": it.incumbent_version,
        "opened_by": it.opened_by,
        "reason": it.reason,
        "triggers": list(it.trigger.triggers),
        "started_at": it.started_at,
        "completed_at": it.completed_at,
        "success": it.success,
        "reasons": list(it.reasons),
        "progress": ProgressWire.of(standing.progress) if standing.progress else None,
        "flow_run_id": it.flow_run_id,
        "attempts": it.attempts,
        "links": LinksWire.of(it, prefect_url),
    }
