"""A shadow test's evidence on the wire, as it grew."""

from typing import Self

from pydantic import Field

from deployments.wire.base import CopiedWire, Wire
from lifecycle_core.replay.agreement import Agreement
from lifecycle_core.retraining.curve import Curve


class EvidencePointWire(CopiedWire):
    """The evidence after so many samples."""

    samples: int = Field(validation_alias="n")
    better: float = Field(validation_alias="e_better")
    worse: float = Field(validation_alias="e_worse")
    worse_escalation: float = Field(validation_alias="e_worse_escalation")
    futility: float
    incumbent_rate: float = Field(description="The share that succeeded so far, over scenarios.")
    candidate_rate: float
    look: bool = Field(description="The gates were asked there.")


class EvidenceCurveWire(Wire):
    """How the evidence of a shadow test grew, sample by sample."""

    session_id: str
    level: float = Field(description="What better, worse and worseEscalation must reach.")
    futility_level: float
    removed_samples: int = Field(description="Scenarios that the infrastructure took.")
    points: list[EvidencePointWire] = Field(description="The fewest samples first; of a long test every so manyth, and every look.")

    @classmethod
    def of(cls, session_id: str, it: Curve) -> Self:
        """Shape it."""
        return cls(
            session_id=session_id,
            level=it.level,
            futility_level=it.futility_level,
            removed_samples=it.removed,
            points=[EvidencePointWire.of(one) for one in it.points],
        )


class AgreementWire(Wire):
    """How often both versions act otherwise at the turns of recorded conversations: behaviour, never success."""

    session_id: str
    conversations: int
    turns: int
    difference: float | None = Field(description="The share of turns at which the candidate acts otherwise than the incumbent.")
    floor: float | None = Field(description="At which the incumbent acts otherwise than it did itself.")
    excess: float | None
    interval: tuple[float, float] | None = Field(description="Of the excess, 95%, over conversations.")
    note: str = "Behaviour at recorded turns: it tells that the versions act alike or not, never which is better."

    @classmethod
    def of(cls, session_id: str, it: Agreement) -> Self:
        """Shape it."""
        return cls(
            session_id=session_id,
            conversations=it.conversations,
            turns=it.turns,
            difference=it.difference,
            floor=it.floor,
            excess=it.excess,
            interval=None if it.low is None or it.high is None else (it.low, it.high),
        )
