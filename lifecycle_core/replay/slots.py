"""The calendar of a replay: its slots, what is taken of them, and how a slot is written and read."""

import re
from dataclasses import dataclass
from typing import Final, Self

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.wants import CLOSES, DAYS, OPENS, Want, weekday

_EVENING: Final = 15
_TAKEN: Final = 0.12
_TAKEN_IN_THE_EVENING: Final = 0.92
_FAULTS: Final = 0.06
"""The share of scenarios in which the calendar's first answer is a time-out."""
_WHEN: Final = re.compile(r"(?:^|[T ])(\d{1,2})(?::(\d\d))?(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?\s*(am|pm)?$", re.IGNORECASE)
_NOON: Final = 12


class CallError(Exception):
    """A call that the sandbox answers with an error, as the real tool would."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A full hour of a day."""

    day: str
    hour: int

    def __str__(self) -> str:
        return f"{self.day} at {self.hour}:00"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "Thursday 14:00"; raises InvalidInputError for anything else.

        >>> Slot.parse("Thursday 14:00")
        Slot(day='Thursday', hour=14)
        """
        day, _, time = text.strip().partition(" ")
        try:
            return cls(day_named(day), hour_in(time))
        except CallError:
            message = f"{text[:60]!r} is no place in the calendar; write a weekday and a full hour, such as Thursday 14:00"
            raise InvalidInputError(message) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the calendar of a scenario holds before anyone writes into it: a function of its goal and its seed.

    taken : the slots that are gone; evenings nearly all are.
    failing : how many of the first calls of the calendar time out.
    has : the customer's appointment that stands there already: (service, slot).

    >>> Facts.of(Want.of("an office clean on Monday morning"), 7) == Facts.of(Want.of("an office clean on Monday morning"), 7)
    True
    """

    taken: frozenset[Slot]
    failing: int = 0
    has: tuple[str, Slot] | None = None

    @classmethod
    def of(cls, want: Want, seed: int) -> "Facts":
        """The facts for a customer with `want`: at least one slot that will do is free."""
        slots = [Slot(day, hour) for day in DAYS for hour in range(OPENS, CLOSES)]
        shares = {True: _TAKEN_IN_THE_EVENING, False: _TAKEN}
        taken = {it for it in slots if chance(seed, "taken", it) < shares[it.hour >= _EVENING]}
        will_do = [it for it in slots if want.allows(it.day, it.hour)]
        if will_do and taken.issuperset(will_do):
            taken.discard(will_do[seed_of(seed, "free") % len(will_do)])
        return cls(taken=frozenset(taken), failing=int(chance(seed, "fault") < _FAULTS))


def day_in(given: object) -> str:
    """The weekday that a call names, by itself or as a date; raises CallError for none."""
    text = str(given if given is not None else "")
    return weekday(text[:10]) or day_named(text)


def day_named(text: str) -> str:
    """The weekday of that name; raises CallError for none."""
    named = text.capitalize()
    if named not in DAYS:
        message = f"{named!r} is no day that we work; we work Monday to Saturday"
        raise CallError(message)
    return named


def hour_in(text: str) -> int:
    """The full hour that a text names, such as 14:00 or 2 pm, after a date or alone; raises CallError for none within opening hours."""
    found = _WHEN.search(text.strip())
    hour = int(found[1]) if found else -1
    if found and found[3]:
        hour = hour % _NOON + _NOON * (found[3].lower() == "pm")
    if found is None or found[2] not in (None, "00") or not OPENS <= hour < CLOSES:
        message = f"{text!r} is no full hour from {OPENS}:00 to {CLOSES - 1}:00"
        raise CallError(message)
    return hour
