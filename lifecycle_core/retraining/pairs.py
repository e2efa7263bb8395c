"""Conversations of both versions with the same customer, side by side; those in which the versions differ come first."""

from collections.abc import Iterable
from dataclasses import dataclass

from lifecycle_core.replay.episode import Replay, Scenario
from lifecycle_core.retraining.shadow import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One customer's goal, and how each version served it the first time; None where nothing keeps what was said."""

    scenario: Scenario
    sample: Sample
    incumbent: Replay | None = None
    candidate: Replay | None = None

    @property
    def disagreement(self) -> float:
        """How far the versions lie apart: the difference of the shares of their replays that succeeded."""
        return abs(self.sample.candidate.rate - self.sample.incumbent.rate)


def most_apart(pairs: Iterable[Pair], most: int) -> list[Pair]:
    """The `most` pairs in which the versions differ most, of equal ones those that were served first."""
    return sorted(pairs, key=lambda it: -it.disagreement)[:most]
