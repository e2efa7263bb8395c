"""What traffic was let go, as JSON."""

from collections.abc import Iterable
from typing import Self

from deployments.wire.base import CopiedWire, Wire, Zulu
from lifecycle_core.operations.retention import LetGo


class LetGoWire(CopiedWire):
    """What went of messages or of conversations."""

    what: str
    before: Zulu
    conversations: int
    refused: int


class RetentionWire(Wire):
    """What went."""

    let_go: list[LetGoWire]

    @classmethod
    def of(cls, went: Iterable[LetGo]) -> Self:
        """Shape it."""
        return cls(let_go=[LetGoWire.of(it) for it in went])
