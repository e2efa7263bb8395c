"""What the scripted booking agent answers: a pure function of its prompt, of what was said, and of a seed.

1. It does what `hearing` finds in its prompt, nearly always; another duty it neglects, most times, where a need calls for it.
2. It knows the calendar only by its tools, and its customer only by their words.
3. It uses the tools that it is offered and no others.
"""

import json
from typing import Final

from lifecycle_core.chat import ChatMessage, ChatRequest, ToolCall
from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.sandbox import BOOK, CHECK, ESCALATE, PRICES
from lifecycle_core.replay.wants import CLOSES, DAYS, OPENS, SERVICES, Want
from lifecycle_core.simulation.duties import Duty
from lifecycle_core.simulation.hearing import heard
from lifecycle_core.simulation.words import agrees, asks_price, doubts, has_wish, needs_person, offer_in, offered, states_price

Said = tuple[str | None, tuple[ToolCall, ...]]

_DOES_ANYWAY: Final = {
    Duty.CHECK: 0.20,
    Duty.PRICE: 0.15,
    Duty.CONFIRM: 0.20,
    Duty.CLARIFY: 0.15,
    Duty.REMEMBER: 0.40,
    Duty.KEEP: 0.25,
    Duty.RECOVER: 0.20,
}
"""How often a duty is done that no prompt asks for."""
FORGETS: Final = 0.02
"""How often one is not done that the prompt asks for."""
_USUAL: Final = 0.6
_OFFERS: Final = ("How about {slot}?", "I could do {slot}.", "Would {slot} suit you?")
_MOST_FAULTS: Final = 2
_MOST_ERRORS: Final = 6
"""How many errors it bears, of the calendar itself and of times that were taken."""


class _Agent:
    """The agent in the middle of a conversation."""

    def __init__(self, request: ChatRequest, forgets: float) -> None:
        self.forgets = forgets
        system = "\n".join(it.content or "" for it in request.messages if it.role == "system")
        self.duties = heard(system)
        self.offered = {tool.name for tool in request.tools}
        self.seed = seed_of(request.seed or 0, system)  # another prompt draws otherwise, be it the better one or as good
        self.said = tuple(it for it in request.messages if it.role != "system")
        self.theirs = [it.content or "" for it in self.said if it.role == "user"]
        self.own = [it.content or "" for it in self.said if it.role == "assistant"]
        self.want = Want()
        for text in self.theirs:
            self.want = self.want.then(Want.of(text))

    def does(self, duty: Duty) -> bool:
        """Whether the agent does its duty, in this replay."""
        drawn = chance(self.seed, "does", duty)
        return drawn >= self.forgets if duty in self.duties else drawn < _DOES_ANYWAY[duty]

    def answer(self) -> Said:
        last = self.said[-1] if self.said else ChatMessage(role="user", content="")
        return self._to_tool(last) if last.role == "tool" else self._to_customer(last.content or "")

    def _to_customer(self, text: str) -> Said:
        if needs_person(text) or (has_wish(text) and not self.does(Duty.KEEP)):
            return self._call(ESCALATE, reason="the customer asks for what I cannot decide")
        last = offered(self.own)
        if last and agrees(text):
            return self._book(*last)
        words = self._before_an_offer(text) if not last or doubts(text) else None
        if words:
            return words, ()
        if self._price_is_open() and self.does(Duty.PRICE) and not self.does(Duty.CHECK):
            return self._call(PRICES, service=self._service)
        return self._towards_an_offer()

    def _before_an_offer(self, text: str) -> str | None:
        """What the agent has to say or ask before it can offer anything."""
        if doubts(text):
            return "I think so. Shall I book it?" if self._free() is None else None
        if not self.own and not self.does(Duty.REMEMBER) and self.want.service and self.want.days:
            return "Happy to help. Once more, please: which service and which day would you like?"
        if (self.want.service is None or not self.want.days) and self.does(Duty.CLARIFY):
            return "Happy to help. Which kind of cleaning would you like, and on which day and at which hours?"
        return None

    def _towards_an_offer(self) -> Said:
        free = self._free()
        if free is None and self.does(Duty.CHECK) and CHECK in self.offered:
            return self._call(CHECK, service=self._service, day=self._day)
        hours = [it for it in free if it not in self._refused(self._day)] if free is not None else self._guesses()
        hours = [it for it in hours if self.want.allows(self._day, it)] or ([] if self.want.hours else hours)
        if not hours:
            return self._next_day()
        hour = hours[0] if free is not None else self._guess(hours)
        if not self.does(Duty.CONFIRM) and not self._wishes_to_hear_more():
            return self._book(self._day, hour)
        return self._offer(hour)

    def _next_day(self) -> Said:
        later = [it for it in self.want.days[1:] if self._checked(it) is None]
        if later and self.does(Duty.CHECK) and CHECK in self.offered:
            return self._call(CHECK, service=self._service, day=later[0])
        return "I am sorry, nothing is free then. Please try again later.", ()

    def _offer(self, hour: int) -> Said:
        parts = [self._apology()] if self._apology() else []
        if any(map(asks_price, self.theirs)) and self.does(Duty.PRICE) and (price := self._price()) is not None:
            parts.append(f"The {self._service} cleaning is ${price}.")
        if self.theirs and has_wish(self.theirs[-1]):
            parts.append("Your dog is no problem.")
        slot = f"{self._day} at {hour}:00"
        offers = sum(offer_in(it) is not None for it in self.own)
        parts.append(f"{slot} is free." if self._free() is not None else _OFFERS[offers % len(_OFFERS)].replace("{slot}", slot))
        return f"{' '.join(parts)} Shall I book it?", ()

    def _to_tool(self, last: ChatMessage) -> Said:
        answer = _object(last.content)
        if "error" in answer:
            taken = last.name == BOOK and self._errors() < _MOST_ERRORS
            again = self.does(Duty.RECOVER) and (taken or self._errors() <= _MOST_FAULTS)
            return self._towards_an_offer() if again else ("I am sorry, there is a technical problem. Please try again later.", ())
        if last.name == ESCALATE:
            return "A colleague will take over from here.", ()
        if last.name == BOOK:
            return f"I have booked {answer.get('booked')} for you.", ()
        return self._towards_an_offer()

    def _book(self, day: str, hour: int) -> Said:
        words, calls = self._call(BOOK, service=self._service, day=day, time=f"{hour}:00")
        return words or f"I am booking {day} at {hour}:00 for you.", calls

    def _call(self, tool: str, **arguments: str) -> Said:
        if tool not in self.offered:
            return "I am handing you over: a colleague will call you back.", ()
        number = sum(len(it.tool_calls) for it in self.said)
        return None, (ToolCall(id=f"call_{seed_of(self.seed, number):x}", name=tool, arguments=json.dumps(arguments)),)

    @property
    def _service(self) -> str:
        return self.want.service or SERVICES[0]

    @property
    def _day(self) -> str:
        """The day that is looked at: the last one checked, else the first one wanted."""
        checked = [it for it in self.want.days if self._checked(it) is not None]
        if checked:
            return checked[-1]
        return self.want.days[0] if self.want.days else DAYS[seed_of(self.seed, "day") % len(DAYS)]

    def _free(self) -> list[int] | None:
        return self._checked(self._day)

    def _checked(self, day: str) -> list[int] | None:
        """The free hours of a day, as a tool told them; None where none was asked, or it failed."""
        for it in reversed(self.said):
            answer = _object(it.content) if it.role == "tool" and it.name == CHECK else {}
            free = answer.get("free")
            if answer.get("day") == day and isinstance(free, list):
                return [int(str(hour).partition(":")[0]) for hour in free]
        return None

    def _guesses(self) -> list[int]:
        first, end = self.want.hours or (OPENS, CLOSES)
        return [hour for hour in range(first, end) if hour not in self._refused(self._day)]

    def _guess(self, hours: list[int]) -> int:
        """One of `hours`: what such a wish usually brings to mind, or anything."""
        usual = chance(self.seed, "usual") < _USUAL
        return hours[seed_of(self.want if usual else self.seed, "guess", len(self.own)) % len(hours)]

    def _refused(self, day: str) -> set[int]:
        """The hours of a day that a call found taken, or that were offered before."""
        found = {offer[1] for text in self.own if (offer := offer_in(text)) and offer[0] == day}
        return found if self._free() is None else {hour for hour in found if not self.want.allows(day, hour)}

    def _price(self) -> object:
        prices = [_object(it.content).get("price_usd") for it in self.said if it.role == "tool"]
        return next((it for it in reversed(prices) if it is not None), None)

    def _price_is_open(self) -> bool:
        return PRICES in self.offered and self._price() is None and any(map(asks_price, self.theirs))

    def _wishes_to_hear_more(self) -> bool:
        return any(map(asks_price, self.theirs)) and not any(map(states_price, self.own))

    def _apology(self) -> str:
        last = self.said[-1]
        if last.role == "tool" and last.name == BOOK and (taken := offer_in(str(_object(last.content).get("error")))):
            return f"I am sorry, {taken[0]}'s {taken[1]}:00 has just been taken."
        return ""

    def _errors(self) -> int:
        return sum("error" in _object(it.content) for it in self.said if it.role == "tool")


def _object(text: str | None) -> dict[str, object]:
    try:
        found = json.loads(text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def answer(request: ChatRequest, forgets: float = FORGETS) -> Said:
    """What the agent says, and the tools that it calls; `forgets` is the share of its prompt's duties that it neglects.

    >>> asked = (ChatMessage(role="system", content="Hand over only when needed."), ChatMessage(role="user", content="I want a refund."))
    >>> answer(ChatRequest(purpose="replay", model="simulated", messages=asked, seed=1))[0]
    'I am handing you over: a colleague will call you back.'
    """
    return _Agent(request, forgets).answer()
