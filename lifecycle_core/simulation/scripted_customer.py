"""What a scripted customer says next: a pure function of a goal, of what was said, and of a seed."""

import re
from typing import Final

from lifecycle_core.chat import ChatMessage
from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.customer import END
from lifecycle_core.replay.wants import CLOSES, OPENS, Want
from lifecycle_core.simulation.needs import COMPARING, HURRIED, SENTENCES, Need
from lifecycle_core.simulation.words import (
    asks_for_details,
    asks_for_more,
    booked,
    doubts,
    gives_up,
    hands_over,
    is_sure,
    offer_in,
    offered,
    says_taken,
    states_price,
)

_OPENINGS: Final = ("Hi, I'd like {what}.", "Hello, I need {what}.", "Could you book me {what}?", "Good day, I am looking for {what}.")
_LEAVINGS: Final = ("Thanks, but I will look elsewhere.", "No, thanks, I will ask somebody else.", "Thanks anyway, bye.")
_YESSES: Final = ("Yes, please book it.", "Yes, that works.", "Perfect, yes please.", "Yes, go ahead.")
_PATIENCE: Final = 2
_ASKS: Final = 3
"""How often they ask for the price."""
_CHANGES_MIND: Final = 0.02
_DECIDES_ELSEWHERE: Final = 0.75
_DOUBTS: Final = 0.6
"""How many ask again where nobody says that a time is free."""


class _Customer:
    """One customer in the middle of a conversation."""

    def __init__(self, goal: str, history: tuple[ChatMessage, ...], seed: int) -> None:
        self.goal, self.seed = goal, seed
        self.want = Want.of(goal)
        self.mine = [it.content or "" for it in history if it.role == "assistant"]
        self.theirs = [it.content or "" for it in history if it.role == "user"][1:]
        self.needs = {need for need, sentence in SENTENCES.items() if sentence in goal}

    def opening(self) -> str:
        what = "a cleaning" if Need.VAGUE in self.needs else self._wish(hours=Need.LATE_HOURS not in self.needs)
        said = self._one(_OPENINGS).replace("{what}", what)
        if Need.PERSON in self.needs:
            return "The last cleaning was terrible. I want my money back, please let me speak to a person."
        if Need.PRICE in self.needs:
            return f"{said} How much is it?"
        if Need.WISH in self.needs:
            return f"{said} I have an old dog, is that a problem?"
        if Need.TOLD in self.needs and (who := re.search(r"You are (.+?) of (.+?), phone ([\d-]+)", self.goal)):
            return f"{said} I am {who[1]}, {who[2]}, {who[3]}."
        return said

    def answer(self) -> str:
        theirs = self.theirs[-1]
        if booked(theirs) or hands_over(theirs):
            return f"Thank you. {END}"
        if gives_up(theirs) or self._mishaps() > self._patience() or self._unanswered() > _ASKS:
            return self._leaves()
        if offer := offered(self.theirs):
            return self._to_offer(*offer)
        if asks_for_details(theirs):
            return self._details()
        return f"I would like {self._wish(hours=True)}."

    def _to_offer(self, day: str, hour: int) -> str:
        if not self.want.allows(day, hour):
            return f"No, that does not work. I need {self._when()}."
        if Need.PRICE in self.needs and not any(map(states_price, self.theirs)):
            return "And how much will it cost? I want to know before I agree."
        decides = _DECIDES_ELSEWHERE if COMPARING in self.goal else _CHANGES_MIND
        if chance(self.seed, "decides elsewhere") < decides:
            return f"I'll think about it and come back. {END}"
        if chance(self.seed, "doubts") < _DOUBTS and not is_sure(self.theirs[-1]) and not any(map(doubts, self.mine)):
            return "Is that time really free?"
        return self._one(_YESSES)

    def _details(self) -> str:
        told = "I already told you that: " if Need.VAGUE not in self.needs or len(self.mine) > 1 else ""
        return f"{told}{self._wish(hours=True)}."

    def _leaves(self) -> str:
        if self._unanswered() > _ASKS:
            return f"You still have not told me the price. {self._one(_LEAVINGS)} {END}"
        if any(map(says_taken, self.theirs)):
            return f"First you offer it, then it is taken. {self._one(_LEAVINGS)} {END}"
        return f"{self._one(_LEAVINGS)} {END}"

    def _mishaps(self) -> int:
        """How often something went wrong that the agent could have spared them."""
        taken = sum(map(says_taken, self.theirs))
        repeats = sum(asks_for_more(it) for it in self.theirs) * (1 + (Need.TOLD in self.needs))
        if Need.VAGUE in self.needs:
            repeats = max(0, repeats - 1)
        wrong = sum(1 for it in self.theirs if (found := offer_in(it)) and not self.want.allows(*found))
        if Need.LATE_HOURS in self.needs:
            wrong = max(0, wrong - 1)
        return taken + repeats + wrong

    def _unanswered(self) -> int:
        """How often they were offered a time and not told the price that they had asked for."""
        if Need.PRICE not in self.needs or any(map(states_price, self.theirs)):
            return 0
        return sum(1 for it in self.theirs if offer_in(it))

    def _patience(self) -> int:
        return 0 if HURRIED in self.goal else _PATIENCE - (chance(self.seed, "patience") < 0.5)  # noqa: PLR2004 - one in two

    def _wish(self, *, hours: bool) -> str:
        kind = f"{self.want.service} cleaning" if self.want.service else "cleaning"
        article = "an" if kind[0] in "aeo" else "a"
        return f"{article} {kind} {self._when() if hours else self._days()}".strip()

    def _days(self) -> str:
        return f"on {' or '.join(self.want.days)}" if self.want.days else ""

    def _when(self) -> str:
        first, end = self.want.hours or (OPENS, CLOSES)
        return f"{self._days()} between {first}:00 and {end}:00".strip()

    def _one(self, of: tuple[str, ...]) -> str:
        return of[seed_of(self.seed, "words", len(self.mine)) % len(of)]


def say(goal: str, history: tuple[ChatMessage, ...], seed: int) -> str:
    """What the customer with `goal` writes next.

    history : what a customer's model is shown, without its instructions: their own words are the assistant's.

    >>> say("You want a deep cleaning on Monday.", (ChatMessage(role="user", content="Begin."),), 1)
    'Good day, I am looking for a deep cleaning on Monday between 8:00 and 20:00.'
    """
    it = _Customer(goal, history, seed)
    return it.answer() if it.mine and it.theirs else it.opening()
