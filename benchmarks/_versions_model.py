"""What versions are, in fifty lines that are none of the program's: contents, a stack of activations, and tags."""

from dataclasses import dataclass, field
from typing import Final

READY: Final = 3


@dataclass
class Model:
    """One variant. contents : of version 1, 2, …; stack : the versions active and before; moves : every pointer's change."""

    contents: list[str] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    rollbacks: int = 0
    moves: list[int] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)

    def register(self, content: str) -> int:
        """-> the number of the version that has this content."""
        if content not in self.contents:
            self.contents.append(content)
            self.tags["experimental"] = len(self.contents)
        return self.contents.index(content) + 1

    def activate(self, version: int) -> bool:
        """-> whether there is such a version."""
        if version not in range(1, len(self.contents) + 1):
            return False
        if not self.stack or self.stack[-1] != version:
            self.stack.append(version)
            self._moved(0)
        return True

    def roll_back(self) -> bool:
        """-> whether there was somewhere to go."""
        if self.below is None:
            return False
        self.stack.pop()
        self._moved(self.rollbacks + 1)
        return True

    def tag(self, name: str, version: int) -> bool:
        """-> whether the tag may be there."""
        fits = {"production": self.active, "rollback": self.below}.get(name, version) == version
        if not fits or version not in range(1, len(self.contents) + 1):
            return False
        self.tags[name] = version
        return True

    def untag(self, name: str, version: int) -> bool:
        """-> whether the tag may be taken off."""
        if name in {"production", "rollback"} or version not in range(1, len(self.contents) + 1):
            return False
        if self.tags.get(name) == version:
            del self.tags[name]
        return True

    @property
    def active(self) -> int | None:
        """The active version."""
        return self.stack[-1] if self.stack else None

    @property
    def below(self) -> int | None:
        """The version that a rollback would bring."""
        return self.stack[-2] if len(self.stack) > 1 and self.rollbacks < READY else None

    def _moved(self, rollbacks: int) -> None:
        self.rollbacks = rollbacks
        self.moves.append(self.stack[-1])
        self.tags.pop("rollback", None)
        self.tags["production"] = self.stack[-1]
        if self.below is not None:
            self.tags["rollback"] = self.below
        if self.tags.get("experimental") == self.stack[-1]:
            del self.tags["experimental"]
