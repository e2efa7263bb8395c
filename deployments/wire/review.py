"""What a person is shown who decides on a candidate, on the wire: the verdict, the prompt's diff, and conversations of both versions."""

from typing import Self

from pydantic import Field

from deployments.wire.base import Wire, Zulu
from deployments.wire.comparison import DiffWire
from deployments.wire.shadow import ShadowAnalysisWire
from lifecycle_core.conversations import Message
from lifecycle_core.operations.arms import Basis
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.shadow import Arm
from lifecycle_core.versions.diff import diff


class SaidWire(Wire):
    """One message; a tool's call and its answer are messages too."""

    role: str
    content: str

    @classmethod
    def of(cls, it: Message) -> Self:
        """Shape it."""
        return cls(role=it["role"], content=it.get("content") or "")


class ServedWire(Wire):
    """What one version made of a goal: how often it succeeded, and its first serving word by word."""

    successes: int
    replays: int
    booked: bool | None = Field(description="Of the first serving; null where its words are kept no more.")
    escalated: bool | None
    messages: list[SaidWire]

    @classmethod
    def of(cls, arm: Arm, first: Replay | None) -> Self:
        """Shape it."""
        return cls(
            successes=arm.successes,
            replays=arm.replays,
            booked=first.booked if first else None,
            escalated=first.escalated if first else None,
            messages=[SaidWire.of(it) for it in first.messages] if first else [],
        )


class PairWire(Wire):
    """One customer's goal, served by both versions."""

    scenario_id: str
    goal: str
    incumbent: ServedWire
    candidate: ServedWire

    @classmethod
    def of(cls, it: Pair) -> Self:
        """Shape it."""
        return cls(
            scenario_id=it.scenario.id,
            goal=it.scenario.goal,
            incumbent=ServedWire.of(it.sample.incumbent, it.incumbent),
            candidate=ServedWire.of(it.sample.candidate, it.candidate),
        )


class ReviewPageWire(Wire):
    """All that a decision rests on; the pairs in which the versions differ most come first. Customers' words are masked."""

    session_id: str
    variant: str
    status: str
    incumbent_version: int
    new_variant: str | None
    deadline_at: Zulu | None = Field(description="Until when a person may answer; null where none was asked.")
    evidence_hash: str | None = Field(
        description="Names all of this: verdict, samples and both versions; answer with it, or with its first eight characters. "
        "Null before there is a verdict."
    )
    analysis: ShadowAnalysisWire | None
    diff: DiffWire | None
    pairs: list[PairWire]

    @classmethod
    def of(cls, shown: Basis) -> Self:
        """Shape it."""
        both, it = shown.arms, shown.arms.session
        return cls(
            session_id=it.session_id,
            variant=it.variant,
            status=it.status,
            incumbent_version=it.incumbent_version,
            new_variant=it.new_variant,
            deadline_at=it.review_deadline_at,
            evidence_hash=shown.evidence_hash or None,
            analysis=ShadowAnalysisWire.of(it.shadow_analysis) if it.shadow_analysis else None,
            diff=DiffWire.of(diff(both.incumbent, both.candidate)) if both.candidate else None,
            pairs=[PairWire.of(pair) for pair in shown.pairs],
        )
