"""What is somebody's: detectors in order, the surest first; what one has found the next ones leave alone."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lifecycle_core.privacy import words
from lifecycle_core.privacy.words import either


class Kind(StrEnum):
    """What a finding is; it names the placeholder."""

    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    SSN = "SSN"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something of somebody's stands: `[start, end)`."""

    kind: Kind
    start: int
    end: int


Span = tuple[int, int]
Detector = Callable[[str], Iterator[Span]]

PHONE_DIGITS: Final = range(7, 16)
ACCOUNT_CHARACTERS: Final = range(15, 35)
INTERNATIONAL_DIGITS: Final = 10
"""So many digits at least has a number that begins with 00."""
LOOK_BACK: Final = 50

_EMAIL: Final = re.compile(
    r"[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}"
    r"|\b[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|\bat\b)\s?[\w-]{1,63}\s?(?:\(dot\)|\[dot\]|\bdot\b)\s?(?:com|org|net|edu|co|io|de|uk)\b",
    re.IGNORECASE,
)
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_CARD: Final = re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])")
_SSN: Final = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")

_NUMBER: Final = re.compile(r"(?<![\w.,@/#$\u20ac\u00a3:-])(?:\+\s?|\()?\d[\d ()./\u2010-\u2013-]{5,22}\d(?![\w@:%]|[.,-]\d)")
_DATE: Final = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\b\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b")
_CUE: Final = re.compile(rf"\b{either(words.PHONE_CUES)}\b[^\d\n]{{0,30}}$", re.IGNORECASE)
_NO_CUE: Final = re.compile(rf"\b{either(words.NO_PHONE_CUES)}\b[^\d\n.!?]{{0,25}}$", re.IGNORECASE)
_NATIONAL: Final = re.compile(
    r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]?\d{4}"
    r"|[2-9]\d{2}-\d{4}"
    r"|\(?0\d{1,5}\)?(?:[ /.-]?\d){6,10}"
)
_SPELLED: Final = re.compile(rf"\b(?:(?:{either(words.DIGITS)}|double|triple)[ ,-]+){{6,}}{either(words.DIGITS)}\b", re.IGNORECASE)

_UNIT: Final = rf"(?:,?\s+{either(words.UNITS)}\.?\s*#?\s?\w[\w-]{{0,5}}|,?\s+#\s?\w{{1,6}})?"
_ZIP: Final = r"\d{5}(?:-\d{4})?\b"
_STATE: Final = rf"{either((*words.STATES, *words.STATE_NAMES))}"
_CITY: Final = rf"(?:,?\s+[A-Z][a-z]+(?:\s[A-Z][a-z]+){{0,2}},?\s+(?:{_STATE},?\s+)?{_ZIP})?"
_NOT_A_STREET: Final = rf"(?!{either(words.NO_STREETS)}\b)"
_ADDRESSES: Final = (
    re.compile(
        r"(?<![\w$.:-])\d{1,5}[A-Za-z]?\s+(?:[NSEW]\.?\s+)?(?:[A-Z\d][\w'\u2019.-]*\s+){1,3}"
        rf"(?i:{either(words.CAPITAL_STREETS)})\b(?:\.(?=,|\s[a-z#\d]))?(?i:{_UNIT}){_CITY}"
    ),
    re.compile(rf"(?<![\w$.:-])\d{{1,5}}\s+[A-Z][a-z]+(?:\s[A-Z][a-z]+)?,\s+(?i:{either(words.UNITS)})\.?\s#?\w{{1,6}}\b{_CITY}"),
    re.compile(
        rf"(?<![\w$.:-])\d{{1,5}}[a-z]?\s+(?:{_NOT_A_STREET}[a-z'\u2019-]{{2,20}}\s+){{1,2}}"
        rf"{either(words.STREETS)}\b(?!\s+(?:to|that|if|i)\b)\.?{_UNIT}"
    ),
    re.compile(
        r"\b[A-ZÄÖÜ][a-zäöüß]{2,24}(?:straße|strasse|str\.|weg|platz|gasse|allee|ring|damm)\s+\d{1,4}(?:\s?[a-z]\b)?"
        r"(?:,\s*\d{5}\s+[A-ZÄÖÜ][a-zäöüß]+)?"
    ),
    re.compile(
        r"\b\d{1,4}(?:\s?bis)?,?\s+(?:rue|avenue|boulevard|place|chemin|impasse)\s+(?:de la |de l['\u2019]|de |du |des )?"
        r"[A-ZÀ-Ý][\w'\u2019-]+(?:\s[A-ZÀ-Ý][\w'\u2019-]+)?"
    ),
    re.compile(
        r"\b(?:Calle|Avenida|Avda\.?|Via|Viale|Rua|Plaza)\s+(?:de(?:l| la)? )?"
        r"[A-ZÀ-Ý][\w'\u2019]+(?:\s[A-ZÀ-Ý][\w'\u2019]+){0,2},?\s+\d{1,4}\b"
    ),
    re.compile(r"\bP\.?\s?O\.?\s?Box\s+\d{1,6}\b", re.IGNORECASE),
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"),
    re.compile(rf"\b{_STATE},?\s+{_ZIP}"),
    re.compile(rf"(?i:\bzip(?:[ _-]?code)?\b[\s\"':=(]*(?:is\s+)?)(?P<it>{_ZIP})"),
    re.compile(rf"(?<![\w.,$#-])(?P<it>{_ZIP})(?= zip\b)"),
    re.compile(
        r"(?i:\b(?:my (?:home )?address is|i live (?:at|on)|address\"?\s*[:=]\s*\"?)\s*)"
        r"(?P<it>(?!I\b)(?=[^,.;\"\n]{0,50}\d)[A-Z\d][^,.;\"\n]{3,60})"
    ),
)

_PART: Final = r"[A-ZÀ-ÖØ-Ý\u0141\u015a\u0160\u017d](?:[^\W\d_]|['\u2019-])+"
_FURTHER: Final = rf"(?:\s(?:[A-Z]\.\s)?(?:{either(words.PARTICLES)}\s)*{_PART}){{0,3}}"
_NAME: Final = rf"(?P<it>{_PART}{_FURTHER})(?!\w)"
_SMALL: Final = rf"(?!{either(words.NO_NAMES)}\b)[a-z][a-z'\u2019-]+"
_NAMES: Final = (
    re.compile(rf"(?i:\b{either(words.NAME_CUES)}\s+){_NAME}"),
    re.compile(rf"(?i:\b{either(words.SURE_NAME_CUES)}\s+)(?P<it>{_SMALL}(?:\s{_SMALL})?)"),
    re.compile(rf"\b{either(words.TITLES)}\.?\s+{_NAME}"),
    re.compile(rf"(?:^|(?<=[.!?\n] )|(?<=\n))(?i:{either(words.GREETINGS)}),?\s+{_NAME}(?=\s*[,.!?;:\n]|\s*$)"),
    re.compile(rf"(?i:\b{either(words.SIGNATURES)})[,.!]?\s*\n+\s*[-\u2013\u2014]*\s*{_NAME}\s*(?:\n|$)"),
    re.compile(rf"(?i:\b{either(words.LABELS)}?[ _]?name[\"']{{0,2}}\s*[:=]\s*[\"']?){_NAME}"),
    re.compile(rf"(?:^|(?<=[.!?\n] )){_NAME}(?= (?:here|speaking)\b)"),
)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses, also with "at" and "dot" spelled out."""
    if "@" in text or "dot" in text.lower():
        yield from (it.span() for it in _EMAIL.finditer(text))


def ibans(text: str) -> Iterator[Span]:
    """Account numbers that pass the check modulo 97 (ISO 13616); the longest reading that does."""
    for it in _IBAN.finditer(text):
        found = it.group()
        ends = (end for end in range(len(found), 0, -1) if found[end - 1] != " " and _checks(found[:end].replace(" ", "")))
        yield from ((it.start(), it.start() + end) for end in [*ends][:1])


def cards(text: str) -> Iterator[Span]:
    """Card numbers: 13 to 19 digits that pass Luhn's check."""
    yield from (it.span() for it in _CARD.finditer(text) if _luhn([int(digit) for digit in it.group() if digit.isdigit()]))


def ssns(text: str) -> Iterator[Span]:
    """Social security numbers of the United States, in groups of 3, 2 and 4."""
    yield from (it.span() for it in _SSN.finditer(text))


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers: with a country's code, in a national shape, after a cue, or spelled out; never a date, a time or an id."""
    for it in _NUMBER.finditer(text):
        found = it.group()
        digits = sum(letter.isdigit() for letter in found)
        ahead = text[max(0, it.start() - LOOK_BACK) : it.start()]
        if digits in PHONE_DIGITS and not _DATE.search(found):
            abroad = found.startswith("+") or (found.startswith("00") and digits >= INTERNATIONAL_DIGITS)
            if abroad or (not _NO_CUE.search(ahead) and (_NATIONAL.fullmatch(found) or _CUE.search(ahead))):
                yield it.span()
    yield from (it.span() for it in _SPELLED.finditer(text))


def addresses(text: str) -> Iterator[Span]:
    """Streets with a number, post boxes, postal codes, and what follows a cue such as "I live at"."""
    for pattern in _ADDRESSES:
        yield from (it.span("it") if "it" in pattern.groupindex else it.span() for it in pattern.finditer(text))


def names(text: str) -> Iterator[Span]:
    """Names by cue: "my name is", a title, a greeting, a signature, a labelled field; days, services and the like are no names."""
    for pattern in _NAMES:
        for it in pattern.finditer(text):
            start, end = it.span("it")
            kept = start
            for word in re.finditer(r"\S+", text[start:end]):
                if no_name(word.group()):
                    break
                kept = start + word.end()
            if kept > start:
                yield start, kept


def no_name(word: str) -> bool:
    """Whether a word with a capital is a day, a service or another word that names nobody."""
    return word.replace("\u2019", "'").strip(".,'").lower() in words.CAPITALISED


ORDERED: Final[tuple[tuple[Kind, Detector], ...]] = (
    (Kind.EMAIL, emails),
    (Kind.IBAN, ibans),
    (Kind.CARD, cards),
    (Kind.SSN, ssns),
    (Kind.PHONE, phones),
    (Kind.ADDRESS, addresses),
    (Kind.NAME, names),
)


def _luhn(digits: list[int]) -> bool:
    """Luhn's check (ISO/IEC 7812-1); equal digits throughout are no card."""
    doubled = (sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _checks(account: str) -> bool:
    return len(account) in ACCOUNT_CHARACTERS and int("".join(str(int(it, 36)) for it in account[4:] + account[:4])) % 97 == 1
