"""What was worked out anew, on the wire: the whole database, or one verdict."""

from typing import Self

from pydantic import Field

from deployments.wire.base import CopiedWire, Wire
from deployments.wire.shadow import ShadowEvidenceWire
from lifecycle_core.retraining.verification import E_VALUES, Verification


class VerificationWire(CopiedWire):
    """What was read, and a sentence for each thing that is not as it must be."""

    conversations: int
    rollups_checked: int
    audit_rows: int
    audit_head: str
    problems: list[str]


class VerdictWire(Wire):
    """A stored verdict worked out anew, and a sentence for each figure that its rows do not give."""

    session_id: str
    verdict: str
    samples: int
    bit_for_bit: bool = Field(description="Every figure is the same to the last bit; else those that differ do by rounding alone.")
    exact_evidence: ShadowEvidenceWire = Field(description="The e-values in whole numbers, rounded once.")
    differences: list[str]

    @classmethod
    def of(cls, session_id: str, it: Verification) -> Self:
        """Shape it."""
        better, worse, worse_escalation, futility = (it.exact[name] for name in E_VALUES)
        return cls(
            session_id=session_id,
            verdict=it.stored.verdict,
            samples=it.stored.n,
            bit_for_bit=it.bit_for_bit,
            exact_evidence=ShadowEvidenceWire(
                better=better, worse=worse, worse_escalation=worse_escalation, futility=futility, level=it.stored.level
            ),
            differences=list(it.differences),
        )
