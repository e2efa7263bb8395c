"""What scripted agents and customers understand of each other's words."""

import re
from collections.abc import Sequence
from typing import Final

from lifecycle_core.replay.wants import DAYS

_OFFER: Final = re.compile(rf"\b({'|'.join(DAYS)})(?:,)? at (\d{{1,2}}):00", re.IGNORECASE)
_PRICE: Final = re.compile(r"\$\s?\d|\b\d+ dollars")
_ASKS_PRICE: Final = re.compile(r"\bhow much\b|\bprice\b|\bcost\b", re.IGNORECASE)
_TAKEN: Final = re.compile(r"\b(?:is|was|has (?:just )?been) (?:already )?(?:taken|gone)\b", re.IGNORECASE)
_GIVES_UP: Final = re.compile(r"\btechnical problem\b|\btry again later\b|\bnothing (?:is )?free\b", re.IGNORECASE)
_HANDS_OVER: Final = re.compile(r"\bcolleague (?:will|takes)\b|\bhanding you over\b|\bconnect you with\b", re.IGNORECASE)
_BOOKED: Final = re.compile(r"\b(?:have booked|is booked)\b", re.IGNORECASE)
_ASKS: Final = re.compile(r"\b(?:which|what) (?:kind|service|day)\b|\bwhat would you like\b", re.IGNORECASE)
_AGAIN: Final = re.compile(r"\bonce more\b|\bagain, please\b|\bremind me\b", re.IGNORECASE)
_DOUBTS: Final = re.compile(r"\breally free\b", re.IGNORECASE)
_SURE: Final = re.compile(r"\bis free\b", re.IGNORECASE)
_LEAVE: Final = re.compile(r"\bshall i book\b", re.IGNORECASE)
_YES: Final = re.compile(r"^(?:perfect, )?yes\b|\bgo ahead\b|\bthat works\b", re.IGNORECASE)
_PERSON: Final = re.compile(r"\bmoney back\b|\brefund\b|\bspeak to (?:a|someone)\b", re.IGNORECASE)
_WISH: Final = re.compile(r"\bis that a problem\b", re.IGNORECASE)


def offer_in(text: str) -> tuple[str, int] | None:
    """The time that a text offers: the last one that it names; None where it names none.

    >>> offer_in("How about Thursday at 16:00?")
    ('Thursday', 16)
    """
    found = _OFFER.findall(text)
    return (found[-1][0].capitalize(), int(found[-1][1])) if found else None


def offered(texts: Sequence[str]) -> tuple[str, int] | None:
    """The time that stands offered: by the last text, or by one before where the last asks for leave to book it.

    >>> offered(["How about Thursday at 16:00?", "I think so. Shall I book it?"])
    ('Thursday', 16)
    """
    if not texts:
        return None
    earlier = (found for text in reversed(texts) if (found := offer_in(text)))
    return next(earlier, None) if _LEAVE.search(texts[-1]) else offer_in(texts[-1])


def doubts(text: str) -> bool:
    """Whether a customer doubts that a time is free."""
    return _DOUBTS.search(text) is not None


def is_sure(text: str) -> bool:
    """Whether an agent says that a time is free."""
    return _SURE.search(text) is not None


def states_price(text: str) -> bool:
    """Whether a text names a price."""
    return _PRICE.search(text) is not None


def asks_price(text: str) -> bool:
    """Whether a text asks for a price."""
    return _ASKS_PRICE.search(text) is not None


def says_taken(text: str) -> bool:
    """Whether a text says that a time is gone."""
    return _TAKEN.search(text) is not None


def gives_up(text: str) -> bool:
    """Whether an agent gives up."""
    return _GIVES_UP.search(text) is not None


def hands_over(text: str) -> bool:
    """Whether an agent hands its customer over."""
    return _HANDS_OVER.search(text) is not None


def booked(text: str) -> bool:
    """Whether an agent says that it has booked."""
    return _BOOKED.search(text) is not None


def asks_for_details(text: str) -> bool:
    """Whether an agent asks what is wanted."""
    return _ASKS.search(text) is not None


def asks_for_more(text: str) -> bool:
    """Whether an agent asks for what it was told."""
    return _AGAIN.search(text) is not None


def agrees(text: str) -> bool:
    """Whether a customer agrees to what was offered."""
    return _YES.search(text) is not None


def needs_person(text: str) -> bool:
    """Whether a customer needs what only a person can decide."""
    return _PERSON.search(text) is not None


def has_wish(text: str) -> bool:
    """Whether a customer has a special wish, which is harmless."""
    return _WISH.search(text) is not None
