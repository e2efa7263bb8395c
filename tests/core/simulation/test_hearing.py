"""What a prompt instructs is heard in whatever words it says so."""

import pytest

from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.duties import Duty
from lifecycle_core.simulation.hearing import heard

GIVEN = {
    Duty.CHECK: (
        "Always check availability before suggesting times",
        "Before offering a time, check availability.",
        "Call check_availability before you offer any slot.",
        "Never offer a time that you have not checked in the calendar.",
        "Don't offer times before you've checked the calendar.",
        "Don\u2019t offer times before you\u2019ve checked the calendar.",
        "Offer only times that the calendar shows as free.",
        "Verify that a slot is free before proposing it.",
        "Check in the calendar that a time is still free before you book it.",
    ),
    Duty.PRICE: (
        "Be proactive in explaining pricing structure",
        "Say what a service costs when asked.",
        "When the customer asks for the price, state it before going on.",
        "State the price as soon as it is known; never leave a question about cost unanswered.",
    ),
    Duty.CONFIRM: (
        "Confirm service, day and time with the customer before booking.",
        "Do not book before the customer has confirmed the time.",
        "Book only after the customer has agreed to the time.",
    ),
    Duty.CLARIFY: (
        "Ask clarifying questions when intent is ambiguous",
        "If anything is unclear, ask one question.",
        "Ask the customer when the service or the day is missing.",
        "If the service or the day is unclear, ask for it, and do not guess.",
    ),
    Duty.REMEMBER: (
        "Do not ask again for what the customer has already said.",
        "Never ask twice for the same thing.",
        "Remember what the customer has said.",
    ),
    Duty.KEEP: (
        "Hand over to a person only where a person must decide.",
        "Escalate only when needed.",
        "Do not hand over what you can settle yourself.",
        "Transfer to a human agent if and only if the request cannot be handled.",
    ),
    Duty.RECOVER: (
        "If a tool fails, try again or offer another slot.",
        "When a call fails, retry once before giving up.",
        "If the requested time is taken, offer the next free one.",
        "If a tool returns an error, correct what you gave it and try again.",
    ),
}
SILENT = (
    "Be kind and brief. You book cleanings for CleanSpace.",
    "Prices are listed on the website.",
    "Greet customers. Collect name, address, and service.",
    "If something is missing, assume the usual.",
)
FORBIDDEN = (
    "To save time, do not check the calendar.",
    "Do not discuss prices.",
    "Never talk about prices",
    "Book at once, without confirming the details.",
    "Hand anything unusual over to a colleague.",
    "Escalate to a human for every question.",
    "Do not try again when a tool fails.",
    "Never ask questions, even if unclear.",
)


@pytest.mark.parametrize(("duty", "words"), [(duty, words) for duty, all_words in GIVEN.items() for words in all_words])
def test_a_duty_is_heard_in_whatever_words(duty, words):
    assert heard(words) == {duty}


@pytest.mark.parametrize("words", SILENT)
def test_what_is_not_said_is_not_heard(words):
    assert not heard(words)


@pytest.mark.parametrize("words", FORBIDDEN)
def test_what_is_forbidden_is_no_duty(words):
    assert not heard(words)


def test_what_is_said_last_counts():
    assert heard("Always check the calendar. On busy days do not check the calendar.") == set()
    assert heard("Do not check the calendar. From now on, check the calendar first.") == {Duty.CHECK}


def test_the_prompt_in_production_lacks_two_duties_and_the_mended_one_none():
    assert heard(prompts.GAP) == set(Duty) - {Duty.CHECK, Duty.PRICE}
    assert heard(prompts.MENDED) == set(Duty)


def test_the_harmful_prompt_gives_no_duty():
    assert heard(prompts.HARMFUL) == set()
