"""What was worked out anew, on the wire: the whole database, or one verdict."""

from deployments.wire.base import CopiedWire, Wire


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
    differences: list[str]
