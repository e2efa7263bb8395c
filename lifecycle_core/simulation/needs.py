"""What simulated customers need, as sentences of a goal: a scripted customer acts by them, a model that plays one reads them."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Need(StrEnum):
    """What sets a customer apart.

    PLAIN : nothing. EVENING : only evenings will do, when the calendar is nearly full.
    PRICE : will not agree without knowing the price. VAGUE : says little until asked.
    LATE_HOURS : tells the hours only when a time is named. TOLD : tells everything at once and hates being asked again.
    WISH : has a harmless special wish. PERSON : needs what only a person can decide.
    """

    PLAIN = "plain"
    EVENING = "evening"
    PRICE = "price"
    VAGUE = "vague"
    LATE_HOURS = "late hours"
    TOLD = "told"
    WISH = "wish"
    PERSON = "person"


SENTENCES: Final = MappingProxyType(
    {
        Need.PRICE: "You want to know the price before you agree to anything.",
        Need.VAGUE: "At first you only say that you need a cleaning; what kind, and when, you tell when you are asked.",
        Need.LATE_HOURS: "You first name the day alone; the hours you tell once a time is named to you.",
        Need.TOLD: "You say everything at once and leave when you are asked again for what you have said.",
        Need.WISH: "You have an old dog, and ask whether that is a problem.",
        Need.PERSON: "The last cleaning was bad and you want your money back, which only a person can decide.",
    }
)
"""The sentence of a goal that carries a need; plain and evening customers have none."""
HURRIED: Final = "You are in a hurry and leave as soon as anything goes wrong."
COMPARING: Final = "You are also asking elsewhere, and may well not decide today."
