"""What a simulated customer and a simulated booking agent say to each other; every name and address is invented."""

from collections.abc import Sequence
from typing import Final, cast

import numpy as np

from lifecycle_core.conversations import Message

_OPENINGS: Final = (
    "Hi, I'd like to book a cleaning for my apartment.",
    "Hello, do you have anything free this week for a deep clean?",
    "I need someone to clean my office before Friday.",
    "Can you tell me how booking a cleaning works?",
    "Hey, my regular cleaner cancelled. Can you help?",
    "We are moving out and need a final cleaning.",
)
_SAYS: Final = {
    "collect_info": (
        "Happy to help. How many rooms is it, and what is the address?",
        "Which kind of cleaning would you like, standard or deep?",
        "May I have your name and a phone number for the booking?",
        "Do you have pets, or anything we should know about?",
    ),
    "check_availability": (
        "I have Thursday at 10:00 or Friday at 14:00. Which suits you?",
        "The next free slot is tomorrow at 9:00.",
        "Saturday morning is open, from 8:00 to 12:00.",
        "Let me look again: Monday at 11:00 has just become free.",
    ),
    "book_appointment": (
        "I have booked that slot for you.",
        "Done, your cleaning is in the calendar.",
        "That is booked; the team arrives at the full hour.",
    ),
    "confirm": ("You will get a confirmation by text in a minute.", "Everything is confirmed. Anything else?"),
    "escalate": ("I am handing you over to a colleague who can decide that.", "Let me connect you with our office."),
}
_ANSWERS: Final = {
    "collect_info": (
        "Three rooms, 12 Maple Street.",
        "A deep clean, please.",
        "It's Jo Example, 555-0100.",
        "I already told you that.",
        "Two cats, no problem otherwise.",
    ),
    "check_availability": ("Thursday works.", "Is there anything in the evening?", "That's too early for me.", "The second one, please."),
    "book_appointment": ("Great, thanks!", "And how much will it be?", "Perfect."),
    "confirm": ("No, that's all. Thank you!", "Thanks, bye."),
    "escalate": ("Fine, I'll wait.", "Please hurry."),
}
_PARTINGS: Final = ("I'll think about it and come back.", "That doesn't work for me, sorry.", "Never mind.")


def dialogue(actions: Sequence[str], generator: np.random.Generator, *, booked: bool) -> tuple[Message, ...]:
    """The messages of a conversation in which the agent calls `actions`: a customer's turn, then the agent's, and so on.

    >>> [it["role"] for it in dialogue(["collect_info"], np.random.default_rng(1), booked=False)]
    ['user', 'assistant', 'user']
    """
    picks = iter(generator.random(2 * len(actions) + 2).tolist())

    def pick(among: Sequence[str]) -> str:
        return among[int(next(picks) * len(among))]

    said = [{"role": "user", "content": pick(_OPENINGS)}]
    for action in actions:
        said.append({"role": "assistant", "content": pick(_SAYS[action])})
        said.append({"role": "user", "content": pick(_ANSWERS[action])})
    if not booked and actions:
        said[-1] = {"role": "user", "content": pick(_PARTINGS)}
    return cast("tuple[Message, ...]", tuple(said))
