"""Where a rollback goes: activations push on a stack, rollbacks pop.

1. The top of the stack is the active version, and what stands under it was active before.
2. A rollback goes to the version under the top, and takes the top off: rolling back twice goes back twice.
3. No more than `READY_FOR_ROLLBACK` rollbacks in a row: what is older is no longer ready, and is activated by its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lifecycle_core.versions.version import READY_FOR_ROLLBACK


@dataclass(frozen=True, slots=True)
class Stack:
    """The state of a variant's activations.

    versions : the newest ones not taken back, the active one first; as many as a rollback may need to know.
    rollbacks : how many rollbacks have followed the last activation.
    """

    versions: Sequence[int]
    rollbacks: int

    @property
    def active(self) -> int | None:
        """The active version; None before the first activation."""
        return self.versions[0] if self.versions else None

    @property
    def below(self) -> int | None:
        """The version that a rollback goes to; None where there is none.

        >>> Stack((3, 2, 1), rollbacks=0).below
        2
        >>> Stack((3, 2, 1), rollbacks=3).below is None
        True
        """
        return self.versions[1] if len(self.versions) > 1 and self.rollbacks < READY_FOR_ROLLBACK else None

    @property
    def ready(self) -> tuple[int, ...]:
        """The versions that as many rollbacks in a row would bring back, the next one first.

        >>> Stack((5, 4, 3, 2, 1), rollbacks=0).ready, Stack((5, 4, 3, 2), rollbacks=2).ready
        ((4, 3, 2), (4,))
        """
        return tuple(self.versions[1 : 1 + max(0, READY_FOR_ROLLBACK - self.rollbacks)])

    def rolled_back(self) -> "Stack":
        """The stack after a rollback.

        >>> Stack((3, 2, 1), rollbacks=0).rolled_back()
        Stack(versions=(2, 1), rollbacks=1)
        """
        return Stack(self.versions[1:], self.rollbacks + 1)

    def because(self) -> str:
        """Why a rollback has nowhere to go, in a sentence's second half."""
        if self.active is None:
            return "has no active version; activate one by its number"
        if len(self.versions) == 1:
            return f"had no other version active before version {self.active}; activate one by its number"
        return f"was rolled back {self.rollbacks} times in a row and keeps no older version ready; activate one by its number"
