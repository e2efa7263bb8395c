"""The sandbox: a calendar that is nobody's, and the tools with which an agent writes into it; code answers every call."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, cast

from lifecycle_core.chat import ToolCall, ToolSpec
from lifecycle_core.conversations import Fault
from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.wants import CLOSES, DAYS, OPENS, SERVICES, Want

CHECK: Final = "check_availability"
BOOK: Final = "book_appointment"
PRICES: Final = "get_prices"
ESCALATE: Final = "escalate"
PRICES_USD: Final[Mapping[str, int]] = MappingProxyType({"standard": 90, "deep": 140, "move-out": 210, "office": 120})
_EVENING: Final = 15
_TAKEN: Final = 0.12
_TAKEN_IN_THE_EVENING: Final = 0.92
_FAULTS: Final = 0.06
"""The share of scenarios in which the calendar's first answer is a time-out."""


def _object(**properties: object) -> Mapping[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_SERVICE: Final = {"type": "string", "enum": list(SERVICES)}
_A_DAY: Final = {"type": "string", "enum": list(DAYS)}
TOOLS: Final = (
    ToolSpec(
        name=CHECK, description="The free times of a day for a service, and its price.", parameters=_object(service=_SERVICE, day=_A_DAY)
    ),
    ToolSpec(name=PRICES, description="What a service costs, in US dollars.", parameters=_object(service=_SERVICE)),
    ToolSpec(
        name=BOOK,
        description="Book a service at a full hour of a day, such as 14:00; booking again moves it. Fails where the time is taken.",
        parameters=_object(service=_SERVICE, day=_A_DAY, time={"type": "string", "pattern": "^[0-9]{1,2}:00$"}),
    ),
    ToolSpec(name=ESCALATE, description="Hand the customer over to a person.", parameters=_object(reason={"type": "string"})),
)
"""What an agent of whose tools nothing is known may call."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A full hour of a day."""

    day: str
    hour: int

    def __str__(self) -> str:
        return f"{self.day} at {self.hour}:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the calendar of a scenario holds before anyone writes into it: a function of its goal and its seed.

    taken : the slots that are gone; evenings nearly all are.
    failing : how many of the first calls of the calendar time out.

    >>> Facts.of(Want.of("an office clean on Monday morning"), 7) == Facts.of(Want.of("an office clean on Monday morning"), 7)
    True
    """

    taken: frozenset[Slot]
    failing: int = 0

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


class _CallError(Exception):
    """A call that the sandbox answers with an error, as the real tool would."""


@dataclass(slots=True)
class Sandbox:
    """A calendar and its tools, for one replay.

    booked : what the agent has booked, in order: (service, slot); the last one stands.
    actions : the tools called, in order; errors : the calls that failed.

    >>> sandbox = Sandbox(facts=Facts(taken=frozenset()))
    >>> sandbox.call(ToolCall(id="1", name="book_appointment", arguments='{"service": "deep", "day": "Monday", "time": "9:00"}'))
    '{"booked": "Monday at 9:00", "service": "deep"}'
    >>> sandbox.holds(Want.of("a deep clean on Monday morning"))
    True
    """

    facts: Facts
    booked: list[tuple[str, Slot]] = field(default_factory=list)
    escalated: bool = False
    actions: list[str] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)

    def call(self, call: ToolCall) -> str:
        """Answer one call: JSON text; what went wrong stands in it as `error`, and in `errors`."""
        self.actions.append(call.name)
        try:
            answer = self._answer(call)
        except _CallError as error:
            self.errors.append({"tool": call.name, "message": str(error)})
            answer = {"error": str(error)}
        return json.dumps(answer, ensure_ascii=False)

    def holds(self, want: Want) -> bool:
        """Whether the appointment that stands is what the customer wanted."""
        if not self.booked:
            return False
        service, slot = self.booked[-1]
        return want.met_by(service, slot.day, slot.hour)

    def _answer(self, call: ToolCall) -> Mapping[str, object]:
        answers: Mapping[str, Callable[[Mapping[str, object]], Mapping[str, object]]] = {
            CHECK: self._check,
            BOOK: self._book,
            PRICES: lambda given: {"price_usd": PRICES_USD[_service(given)]},
            ESCALATE: self._escalate,
        }
        if call.name not in answers:
            message = f"the sandbox has no tool {call.name!r}; it has {', '.join(answers)}"
            raise _CallError(message)
        try:
            given = json.loads(call.arguments)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            message = "the arguments are no JSON object"
            raise _CallError(message)
        return answers[call.name](cast("Mapping[str, object]", given))

    def _check(self, given: Mapping[str, object]) -> Mapping[str, object]:
        if self.actions.count(CHECK) <= self.facts.failing:
            message = "time-out: the calendar did not answer; try again"
            raise _CallError(message)
        service, day = _service(given), _day(given)
        free = [f"{hour}:00" for hour in range(OPENS, CLOSES) if Slot(day, hour) not in self.facts.taken]
        return {"service": service, "day": day, "free": free, "price_usd": PRICES_USD[service]}

    def _book(self, given: Mapping[str, object]) -> Mapping[str, object]:
        service, slot = _service(given), Slot(_day(given), _time(given))
        if slot in self.facts.taken:
            message = f"{slot} is taken"
            raise _CallError(message)
        self.booked.append((service, slot))
        return {"booked": str(slot), "service": service}

    def _escalate(self, _given: Mapping[str, object]) -> Mapping[str, object]:
        self.escalated = True
        return {"handed_over": True}


def _service(given: Mapping[str, object]) -> str:
    named = str(given.get("service", "")).lower()
    if named not in SERVICES:
        message = f"there is no service {named!r}; there are {', '.join(SERVICES)}"
        raise _CallError(message)
    return named


def _day(given: Mapping[str, object]) -> str:
    named = str(given.get("day", "")).capitalize()
    if named not in DAYS:
        message = f"{named!r} is no day that we work; we work Monday to Saturday"
        raise _CallError(message)
    return named


def _time(given: Mapping[str, object]) -> int:
    hour = str(given.get("time", "")).partition(":")[0]
    if not hour.isdecimal() or not OPENS <= int(hour) < CLOSES:
        message = f"{given.get('time')!r} is no full hour from {OPENS}:00 to {CLOSES - 1}:00"
        raise _CallError(message)
    return int(hour)
