"""What a look at the whole database found, on the wire."""

from deployments.wire.base import CopiedWire


class VerificationWire(CopiedWire):
    """What was read, and a sentence for each thing that is not as it must be."""

    conversations: int
    rollups_checked: int
    audit_rows: int
    audit_head: str
    problems: list[str]
