"""The words by which a sign is known: cues in what customers, agents and tools say, in English."""

import re
from typing import Final


def _words(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


def _parts(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_DAYS: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_CHANGED: Final = "(?:booked|cancell?ed|updated|changed|processed|scheduled|moved)"

MONEY: Final = _parts(
    r"[$€£]\s?\d", r"\d\s?(?:dollars|usd|eur|euros?|pounds?)\b", r"\bfree of charge\b", r"\bno (?:extra )?(?:charge|cost|fee)\b"
)
PRICE: Final = _words(
    "price[sd]?", "pricing", "costs?", "fees?", "refunds?", "how much", "charges?", "expensive", "cheap(?:er)?", "quote", "rates?"
)
ASKS_PRICE: Final = _words(
    "how much", r"(?:what|tell me|know|say|is|are|about)\b[^.!?]{0,60}\b(?:price|pricing|costs?|fees?|charge|rates?)"
)
FREE: Final = _words(r"availab\w*", "free slots?", "openings?", "open slots?", "when can", "what times?", "any slots?", "in stock")
LOST: Final = _parts(
    r"(?:don'?t|do not|didn'?t|did not) (?:quite )?(?:understand|follow|get it)",
    r"\bconfus(?:ed|ing)\b",
    r"\bunclear\b",
    "what do you mean",
    "makes no sense",
    "not sure what you",
)
ALREADY: Final = _parts(
    r"\b(?:already|just) (?:told|said|gave|given|mentioned|answered|provided|sent)\b", "as i said", "like i said", "you asked (?:me )?that"
)
PERSON: Final = _words(
    "human", "(?:real )?person", "agent", "manager", "supervisor", "representative", "someone else", "colleague", "staff", "office"
)
YES: Final = _words(
    "yes|yep|yeah|yup|sure|ok(?:ay)?|correct|confirm(?:ed)?|right|exactly|absolutely|definitely|agreed?|fine|perfect|great",
    "please do|go ahead|proceed|do it|that one|works|sounds (?:good|great)",
    "please (?:book|take|cancel|change|use)",
)
SENTENCE: Final = re.compile(r"[^.!?\n]+\??")
COURTESY: Final = _words(
    "confirm|proceed|go ahead|shall i|should i|would you like|do you want|anything else|help you",
    "is that (?:right|correct|ok(?:ay)?)",
    "does that (?:work|suit)",
)
CLOCK: Final = _words(r"(?:[01]?\d|2[0-3]):[0-5]\d", r"\d{1,2}\s?(?:am|pm)")
HOUR: Final = re.compile(r"\d{1,2}:\d\d|\b\d{1,2}\s?(?:am|pm)\b", re.IGNORECASE)
HOURS: Final = _words(
    r"\d{1,2}:\d\d", r"\d{1,2}\s?(?:am|pm)", "mornings?|afternoons?|evenings?|noon|any ?time|earliest|first (?:free|available)|o'clock"
)
DAY_OR_HOURS: Final = _words(
    HOURS.pattern,
    f"{_DAYS}s?|today|tomorrow|weekend|(?:{_MONTHS})[a-z]* \\d|\\d{{4}}-\\d\\d-\\d\\d|this week|next week|as soon as possible",
)
OFFERS: Final = _words(
    "i have|i can offer|i can do|i could do|i could offer|how about|next free|available",
    "there(?:'s| is) an?",
    "(?:is|are) (?:open|free)",
    "which (?:one )?suits|works? for you|suit you",
    "would .{0,40} work",
)
NOT_THAT: Final = _words(
    "i said|i asked for|i told you|i wanted|i need(?:ed)?|not what i|that'?s not|that is not|wrong",
    "too (?:early|late|soon)",
    "i can'?t (?:do|make)",
    "does(?:n'?t| not) work",
)
WRONG_TIME: Final = _words("too (?:early|late|soon)", "wrong (?:day|time|date|slot|hour)", "not (?:that|the) (?:day|time|date)")
VAGUE: Final = _words(
    "some ?time|some ?day|something|soon(?:ish)?|whenever|not sure|any ?time|whatever|a while",
    "the usual|the other one|that thing|next week or so|around then",
)
BYE: Final = _words("thanks?|thank you|bye|goodbye|that'?s all|that will be all|great day|perfect|wonderful")
LEAVES: Final = _words(
    "never ?mind|i'?ll think about it|i changed my mind|forget it",
    "call (?:you )?back|come back (?:later|to you)",
    "no longer (?:need|want)|decided (?:not|against)",
)
DONE: Final = _words(f"i(?:'ve| have) (?:now )?{_CHANGED}", f"has been {_CHANGED}", "is (?:now )?booked", "you(?:'re| are) (?:all )?booked")
TAKEN: Final = _parts(
    "taken", "already booked", "not (?:longer )?available", "no longer", "conflict", "not enough seats", "fully booked", "occupied"
)
FORBIDDEN: Final = _parts(
    "can ?not be|not allowed|not permitted|must (?:not )?be|should be|policy",
    "only .{0,30} (?:can|may)",
    "outside (?:of )?(?:opening|business)",
)
SERVICE: Final = _parts(
    r"time[d ]?-?out|\bin time\b|\b5\d\d\b|unavailable|connection|rate ?limit|overloaded|temporar|bad gateway", "internal (?:server )?error"
)
SAID: Final = (
    (_words("which (?:day|date|time)|what (?:day|date|time)|when|which hours|at which hours|how early"), DAY_OR_HOURS),
    (_words("(?:phone|telephone|mobile) ?(?:number)?|number"), _parts(r"\d{3}[-\s]?\d{4}", "<PHONE")),
    (_words("e-?mail(?: address)?"), _parts(r"\S+@\S+", "<EMAIL")),
    (_words("(?:street )?address(?! book)"), _parts(r"\b\d+\s+\w+ (?:street|road|avenue|lane|row|hill|drive)\b", "<ADDRESS", "<STREET")),
)
"""What an agent asks for, and how a customer's words show that it was said."""
