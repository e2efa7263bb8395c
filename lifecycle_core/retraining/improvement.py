"""The improvement of a prompt, as values: what was mined, which candidates were made of it, and which was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lifecycle_core.policy import Engine
from lifecycle_core.retraining.prompt import Edit


class Quoted(Protocol):
    """Words from a conversation, masked and cut short."""

    @property
    def text(self) -> str:
        """The words."""
        ...


class Mined(Protocol):
    """A mined issue, so far as a prompt's writer sees it."""

    @property
    def issue(self) -> str:
        """Its name."""
        ...

    @property
    def share(self) -> float:
        """The share of failures that show it."""
        ...

    @property
    def feedback(self) -> str:
        """What went wrong, in words."""
        ...

    @property
    def author(self) -> str:
        """Whose fault it is: agent, customer or environment."""
        ...

    @property
    def quotes(self) -> Sequence[Quoted]:
        """Where it shows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prompt that may become a version.

    number : from 1; edits : what makes it of the incumbent's prompt.
    refusals : why it may not be used, a sentence for each gate that refuses it; empty = it may.
    score : what it came to on the cases that select; None = not run.
    """

    number: int
    prompt: str
    edits: tuple[Edit, ...] = ()
    refusals: tuple[str, ...] = ()
    score: float | None = None

    @property
    def usable(self) -> bool:
        """Whether no gate refuses it."""
        return not self.refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptImprovement:
    """What the improver made of the failures.

    improvements : advice, one for each mined issue; suggested_changes : the same as changes to the prompt.
    chosen : the number of the candidate that goes on; None = none may, and `why` says so.
    simulated : a scripted model wrote it.
    """

    engine: Engine
    improvements: tuple[str, ...] = ()
    suggested_changes: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    chosen: int | None = None
    why: str = ""
    simulated: bool = False

    @property
    def choice(self) -> Candidate | None:
        """The candidate that goes on."""
        return next((it for it in self.candidates if it.number == self.chosen), None)
