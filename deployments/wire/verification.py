"""What a look at the whole database found, on the wire."""

from typing import Self

from deployments.wire.base import Wire
from lifecycle_core.operations.database import Verification


class VerificationWire(Wire):
    """What was read, and a sentence for each thing that is not as it must be."""

    conversations: int
    rollups_checked: int
    audit_rows: int
    audit_head: str
    problems: list[str]

    @classmethod
    def of(cls, it: Verification) -> Self:
        """Shape it."""
        return cls(
            conversations=it.conversations,
            rollups_checked=it.rollups_checked,
            audit_rows=it.audit_rows,
            audit_head=it.audit_head,
            problems=list(it.problems),
        )
