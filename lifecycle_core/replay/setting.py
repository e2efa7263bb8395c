"""What a scenario may fix beside its goal: how it has to end, and what the calendar holds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.replay.slots import Facts, Slot
from lifecycle_core.replay.wants import CLOSES, DAYS, OPENS

MOST_TAKEN: Final = 72
"""As many slots as a week has."""
MOST_FAILING: Final = 5


class Outcome(StrEnum):
    """What serves the customer.

    BOOKED : what the goal wants stands in the calendar. HANDED_OVER : a person takes over.
    CANCELLED : the appointment that stood is gone. NOTHING : no appointment is made.
    """

    BOOKED = "booked"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A scenario's own facts, in place of those that chance would give it.

    taken : slots that are gone, "Thursday 14:00", or whole days, "Thursday"; None leaves it to chance.
    has : where the customer's appointment stands, "Tuesday 10:00"; has_service : of what, where services have names.
    failing : how many of the first looks into the calendar time out; None leaves it to chance.

    Raises InvalidInputError for a slot that is none.

    >>> Setting(taken=("Thursday", "Friday 9:00")).applied_to(Facts(taken=frozenset())).taken >= {Slot("Thursday", 8), Slot("Friday", 9)}
    True
    """

    taken: tuple[str, ...] | None = None
    has: str | None = None
    has_service: str = ""
    failing: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if len(self.taken or ()) > MOST_TAKEN:
            message = f"taken lists {len(self.taken or ())} places; a week has {MOST_TAKEN} slots: name whole days instead"
            raise InvalidInputError(message, field="taken")
        if not 0 <= (self.failing or 0) <= MOST_FAILING:
            message = f"failing is {self.failing}; give a whole number from 0 to {MOST_FAILING}"
            raise InvalidInputError(message, field="failing")
        self.applied_to(Facts(taken=frozenset()))

    def applied_to(self, facts: Facts) -> Facts:
        """The facts with these in their place."""
        return Facts(
            taken=facts.taken if self.taken is None else frozenset(slot for text in self.taken for slot in _slots(text)),
            failing=facts.failing if self.failing is None else self.failing,
            has=facts.has if self.has is None else (self.has_service, Slot.parse(self.has)),
        )


def reached(outcome: Outcome, *, booked: bool, stands: bool, escalated: bool) -> bool:
    """Whether it ended as it has to.

    booked : what the customer wanted stands in the calendar; stands : any appointment does.

    >>> reached(Outcome.NOTHING, booked=False, stands=False, escalated=False)
    True
    """
    return {
        Outcome.BOOKED: booked,
        Outcome.HANDED_OVER: escalated,
        Outcome.CANCELLED: not stands,
        Outcome.NOTHING: not stands and not escalated,
    }[outcome]


def _slots(text: str) -> list[Slot]:
    day = text.strip().capitalize()
    return [Slot(day, hour) for hour in range(OPENS, CLOSES)] if day in DAYS else [Slot.parse(text)]
