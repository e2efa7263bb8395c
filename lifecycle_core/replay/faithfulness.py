"""Whether simulated customers stay with their goals: what they say is held against what they want, by code.

1. A lapse is something said, not something left out: customers may tell little.
2. Sentences that turn something down name what is not wanted, and are left aside.
3. It is measured on what customers said, so that it costs nothing, and told beside every figure that rests on them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lifecycle_core.replay.episode import Replay, Scenario
from lifecycle_core.replay.wants import SERVICES, Want
from lifecycle_core.statistics.intervals import critical, wilson

CONFIDENCE: Final = 0.95


class Lapse(StrEnum):
    """How a simulated customer leaves the goal.

    INVENTS : tells a number or an address of mail that the goal does not hold. PLAYS_AGENT : speaks as the agent does.
    """

    OTHER_SERVICE = "other_service"
    OTHER_DAY = "other_day"
    OTHER_HOURS = "other_hours"
    INVENTS = "invents"
    PLAYS_AGENT = "plays_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithfulness:
    """How faithful the simulated customers of some replays were.

    faithful : of `replays`, those without a lapse; low, high : the 95% interval of their share.
    lapses : kind -> replays that show it. left : the customer left unserved.
    """

    replays: int
    faithful: int
    low: float
    high: float
    lapses: dict[Lapse, int]
    left: int

    @property
    def share(self) -> float:
        """Of the replays, those without a lapse."""
        return self.faithful / self.replays if self.replays else 1.0


def faithfulness(played: Iterable[tuple[Scenario, Replay]], services: tuple[str, ...] = SERVICES) -> Faithfulness:
    """What the customers of these replays said, held against their goals; replays that a model broke are left out."""
    found = [(frozenset(lapses(it, replay, services)), replay) for it, replay in played if replay.broken_by is None]
    faithful = sum(not shown for shown, _ in found)
    low, high = wilson(faithful, len(found), critical(CONFIDENCE))
    counts = Counter(lapse for shown, _ in found for lapse in shown)
    return Faithfulness(
        replays=len(found),
        faithful=faithful,
        low=float(low),
        high=float(high),
        lapses={lapse: counts[lapse] for lapse in Lapse if counts[lapse]},
        left=sum(not replay.booked and not replay.escalated for _, replay in found),
    )


def lapses(scenario: Scenario, replay: Replay, services: tuple[str, ...] = SERVICES) -> Iterator[Lapse]:
    """The lapses of one replay's customer, as often as they are shown."""
    want, known = scenario.wanted(services), _digits(scenario.goal)
    for text in (message.get("content") or "" for message in replay.messages if message["role"] == "user"):
        if any(_digits(it) not in known for it in _NUMBER.findall(_DATE.sub("", text))):
            yield Lapse.INVENTS
        if any(it.lower() not in scenario.goal.lower() for it in _MAIL.findall(text)):
            yield Lapse.INVENTS
        if _AGENT.search(text):
            yield Lapse.PLAYS_AGENT
        for sentence in _SENTENCE.findall(text):
            if not _DENIES.search(sentence):
                yield from _against(want, Want.of(sentence, services))


def _against(want: Want, said: Want) -> Iterator[Lapse]:
    if want.service and said.service and said.service != want.service:
        yield Lapse.OTHER_SERVICE
    if want.days and not set(said.days) <= set(want.days):
        yield Lapse.OTHER_DAY
    if want.hours and said.hours and max(want.hours[0], said.hours[0]) >= min(want.hours[1], said.hours[1]):
        yield Lapse.OTHER_HOURS


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


_SENTENCE: Final = re.compile(r"(?:[^.!?\n]|\.(?=\S))+[.!?]?")
_DENIES: Final = re.compile(
    r"\b(?:not|no|never|cannot|instead|except|too|neither|nor|rather|already|was|were)\b|n['\u2019]t\b", re.IGNORECASE
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER: Final = re.compile(r"\+?\d[\d -]{5,}\d")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_AGENT: Final = re.compile(
    r"\b(?:i(?:'ve| have) (?:now )?booked (?:you|your|it for you)|your appointment is (?:now )?(?:booked|confirmed|scheduled)"
    r"|how (?:can|may) i help you|i can offer you|would you like me to)\b",
    re.IGNORECASE,
)
