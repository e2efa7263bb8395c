"""Cases as people write them: a goal, how it has to end, what the calendar holds, and what else is asserted."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.replay.chance import seed_of
from lifecycle_core.replay.episode import MAX_GOAL_CHARACTERS, Scenario
from lifecycle_core.replay.setting import Outcome, Setting
from lifecycle_core.retraining.cases import Asserted, Case, CaseSource, Split

PLAYED_AT: Final = datetime(2025, 1, 6, 9, tzinfo=UTC)
"""When written cases play, a Monday: always the same, so that a case served before is the same case."""
MOST_CASES: Final = 200
"""Of one variant: each is served in every evaluation."""
MOST_ASSERTED, MAX_ASSERTED_CHARACTERS = 20, 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCase:
    """A case of a variant.

    name : small letters, digits, `.`, `_` and `-`; up to 80 characters.
    goal : what the customer wants, in words that a simulated customer plays by; up to 2,000 characters.
    outcome : how it has to end. taken, has, has_service, failing : see `replay.setting`.
    calls, never_calls, says, never_says : see `retraining.cases.Asserted`; up to 20 of each.

    Raises InvalidInputError where something cannot be meant.

    >>> it = WrittenCase(name="friday", goal="A deep clean on Friday.", taken=("Friday 9:00",), calls=("check", "book"))
    >>> it.case("a").scenario.outcome
    <Outcome.BOOKED: 'booked'>
    """

    name: str
    goal: str
    outcome: Outcome = Outcome.BOOKED
    taken: tuple[str, ...] | None = None
    has: str | None = None
    has_service: str = ""
    failing: int | None = None
    calls: tuple[str, ...] = ()
    never_calls: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if not _NAME.fullmatch(self.name):
            message = f"a case cannot be called {self.name[:100]!r}; use small letters, digits, . _ and -, up to 80 of them"
            raise InvalidInputError(message, field="name")
        if not self.goal.strip() or len(self.goal) > MAX_GOAL_CHARACTERS:
            message = f"the goal of {self.name} has {len(self.goal)} characters; write 1 to {MAX_GOAL_CHARACTERS:,}"
            raise InvalidInputError(message, field="goal")
        if self.outcome is Outcome.CANCELLED and self.has is None:
            message = f"{self.name} has nothing to cancel; say in `has` where the appointment stands, such as Tuesday 10:00"
            raise InvalidInputError(message, field="has")
        for field in ("calls", "never_calls", "says", "never_says"):
            texts = getattr(self, field)
            if len(texts) > MOST_ASSERTED or not all(it.strip() and len(it) <= MAX_ASSERTED_CHARACTERS for it in texts):
                message = f"{field} of {self.name} lists {len(texts)}; up to {MOST_ASSERTED} of 1 to {MAX_ASSERTED_CHARACTERS} characters"
                raise InvalidInputError(message, field=field)
        self._setting()

    def _setting(self) -> Setting:
        """What it fixes of the calendar; raises InvalidInputError for a place that is none."""
        return Setting(taken=self.taken, has=self.has, has_service=self.has_service, failing=self.failing)

    def case(self, variant: str, source: CaseSource = CaseSource.OWN) -> Case:
        """The case to be served; nothing is tuned on it."""
        scenario = Scenario(
            id=self.name,
            goal=self.goal,
            seed=seed_of("case", variant, self.name),
            ended_at=PLAYED_AT,
            setting=self._setting(),
            outcome=self.outcome,
        )
        asserted = Asserted(calls=self.calls, never_calls=self.never_calls, says=self.says, never_says=self.never_says)
        return Case(id=self.name, scenario=scenario, failed=False, split=Split.HELD_OUT, source=source, asserted=asserted)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCase:
    """A case of a variant as it is kept.

    conversation_id : the conversation that it was mined of; None for one that somebody wrote.
    """

    case: WrittenCase
    conversation_id: str | None
    added_at: datetime
    added_by: str
