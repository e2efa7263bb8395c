"""The sandbox: a calendar that is nobody's, and the tools with which an agent writes into it; code answers every call."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, cast

from lifecycle_core.chat import Done, ToolCall, ToolSpec
from lifecycle_core.conversations import Fault
from lifecycle_core.replay.slots import CallError, Facts, Slot, day_in, hour_in
from lifecycle_core.replay.toolbox import Act, StandIn, Toolbox
from lifecycle_core.replay.wants import CLOSES, DAYS, OPENS, SERVICES, Want

CHECK: Final = "check_availability"
BOOK: Final = "book_appointment"
PRICES: Final = "get_prices"
ESCALATE: Final = "escalate"
OTHER_PRICE_USD: Final = 100
"""What a service costs that is not ours."""
PRICES_USD: Final[Mapping[str, int]] = MappingProxyType({"standard": 90, "deep": 140, "move-out": 210, "office": 120})


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
STANDARD: Final = Toolbox.of(TOOLS)


@dataclass(slots=True)
class Sandbox:
    """A calendar and its tools, for one replay.

    toolbox : what stands in for the agent's tools; today : the day on which it plays, where days are dates.
    booked : what the agent has booked, in order: (service, slot); the last one stands.
    actions : the tools called, in order, and acts what each does; errors : the calls that failed.

    >>> sandbox = Sandbox(facts=Facts(taken=frozenset()))
    >>> sandbox.call(ToolCall(id="1", name="book_appointment", arguments='{"service": "deep", "day": "Monday", "time": "9:00"}'))
    '{"booked": "Monday at 9:00", "service": "deep"}'
    >>> sandbox.holds(Want.of("a deep clean on Monday morning"))
    True
    """

    facts: Facts
    toolbox: Toolbox = STANDARD
    today: date = date.min
    booked: list[tuple[str, Slot]] = field(default_factory=list)
    escalated: bool = False
    actions: list[str] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let the appointment stand that the customer has."""
        if self.facts.has is not None:
            self.booked.append(self.facts.has)

    @property
    def stands(self) -> bool:
        """Whether any appointment stands."""
        return bool(self.booked)

    def call(self, call: ToolCall) -> str:
        """Answer one call: JSON text; what went wrong stands in it as `error`, and in `errors`."""
        self._count(call.name)
        try:
            answer = self._answer(call)
        except CallError as error:
            self.errors.append({"tool": call.name, "message": str(error)})
            answer = {"error": str(error)}
        return json.dumps(answer, ensure_ascii=False)

    def note(self, done: Done) -> None:
        """Take over what the agent tells that it did with a calendar of its own; what cannot be read there changes nothing here."""
        self._count(done.name)
        if done.failed:
            self.errors.append({"tool": done.name, "message": done.answer})
            return
        it, given = self.toolbox.stand_ins.get(done.name), _object_in(done.arguments)
        if it is None or given is None:
            return
        try:
            self._write(it, given)
        except CallError as error:
            self.errors.append({"tool": done.name, "message": str(error)})

    def holds(self, want: Want) -> bool:
        """Whether the appointment that stands is what the customer wanted."""
        if not self.booked:
            return False
        service, slot = self.booked[-1]
        return want.met_by(service, slot.day, slot.hour)

    def _count(self, name: str) -> None:
        self.actions.append(name)
        self.acts.append(self.toolbox.act_of(name) or "")

    def _write(self, it: StandIn, given: Mapping[str, object]) -> None:
        if it.does is Act.BOOK:
            self.booked.append((self._service(it, given), _slot(it, given)))
        elif it.does is Act.CANCEL:
            self.booked.clear()
        elif it.does is Act.ESCALATE:
            self.escalated = True

    def _answer(self, call: ToolCall) -> object:
        it = self.toolbox.stand_ins.get(call.name)
        if it is None:
            message = f"the sandbox has no tool {call.name!r}; it has {', '.join(self.toolbox.stand_ins)}"
            raise CallError(message)
        given = _object_in(call.arguments)
        if given is None:
            message = "the arguments are no JSON object"
            raise CallError(message)
        answers: Mapping[Act, Callable[[StandIn, Mapping[str, object]], object]] = {
            Act.CHECK: self._check,
            Act.BOOK: self._book,
            Act.CANCEL: self._cancel,
            Act.PRICE: lambda it, given: {"price_usd": self._price(self._service(it, given))},
            Act.ESCALATE: self._escalate,
            Act.TELL: lambda it, _: it.answer,
        }
        return answers[it.does](it, given)

    def _check(self, it: StandIn, given: Mapping[str, object]) -> object:
        if self.acts.count(Act.CHECK) <= self.facts.failing:
            message = "time-out: the calendar did not answer; try again"
            raise CallError(message)
        service = self._service(it, given)
        told = {"service": service, "price_usd": self._price(service)} if service else {}
        if it.day is None:
            return {**told, "free": [f"{self._name(day)} {hour}:00" for day in DAYS for hour in self._free(day)]}
        day = day_in(given.get(it.day))
        return {**told, "day": day, "free": [f"{hour}:00" for hour in self._free(day)]}

    def _book(self, it: StandIn, given: Mapping[str, object]) -> object:
        service, slot = self._service(it, given), _slot(it, given)
        if slot in self.facts.taken:
            message = f"{slot} is taken"
            raise CallError(message)
        self._write(it, given)
        return {"booked": str(slot), "service": service}

    def _cancel(self, it: StandIn, given: Mapping[str, object]) -> object:
        if not self.booked:
            message = "there is no appointment to cancel"
            raise CallError(message)
        self._write(it, given)
        return {"cancelled": True}

    def _escalate(self, it: StandIn, given: Mapping[str, object]) -> object:
        self._write(it, given)
        return {"handed_over": True}

    def _free(self, day: str) -> list[int]:
        return [hour for hour in range(OPENS, CLOSES) if Slot(day, hour) not in self.facts.taken]

    def _name(self, day: str) -> str:
        """A day as the agent's tools write it: the next of that weekday, where they write dates."""
        if not self.toolbox.dated:
            return day
        ahead = (DAYS.index(day) - self.today.weekday()) % 7 or 7
        return (self.today + timedelta(days=ahead)).isoformat()

    def _service(self, it: StandIn, given: Mapping[str, object]) -> str:
        """The service of a call; any is right where the tools list none."""
        named = str(given.get(it.service, "")) if it.service else ""
        if not self.toolbox.services or it.service is None:
            return named
        known = {name.lower(): name for name in self.toolbox.services}
        if named.lower() not in known:
            message = f"there is no service {named!r}; there are {', '.join(self.toolbox.services)}"
            raise CallError(message)
        return known[named.lower()]

    def _price(self, service: str) -> int:
        return PRICES_USD.get(service, OTHER_PRICE_USD)


def _object_in(text: str) -> Mapping[str, object] | None:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", given) if isinstance(given, dict) else None


def _slot(it: StandIn, given: Mapping[str, object]) -> Slot:
    time = str(given.get(it.time, "")) if it.time else ""
    if it.day is not None:
        return Slot(day_in(given.get(it.day)), hour_in(time))
    day = re.split(r"[T ]", time.strip(), maxsplit=1)[0]
    return Slot(day_in(day), hour_in(time))
