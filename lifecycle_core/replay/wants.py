"""What a customer wants, read out of the words that say it: what a booking can be held against by code."""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final, Self

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
OPENS: Final = 8
CLOSES: Final = 20
"""The hours of a day in which appointments begin: from 8:00 on, before 20:00."""
SERVICES: Final = ("standard", "deep", "move-out", "office")

_SERVICE: Final = tuple(
    (name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for name, words in (
        ("move-out", r"move[- ]?out|moving out|end[- ]of[- ]tenancy"),
        ("office", "office"),
        ("deep", "deep"),
        ("standard", "standard|regular|ordinary"),
    )
)
_DAY: Final = re.compile(rf"\b(?P<refused>not (?:on )?|except (?:on )?)?(?P<day>{'|'.join(DAYS)})s?\b", re.IGNORECASE)
_DATE: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_TIME: Final = r"(\d{1,2})(?::\d\d)?\s*(am|pm)?"
_BETWEEN: Final = re.compile(rf"\b(?:between|from)\s+{_TIME}\s*(?:and|to|until|-)\s*{_TIME}\b", re.IGNORECASE)
_AFTER: Final = re.compile(rf"\b(?:after|not before|no earlier than)\s+{_TIME}\b", re.IGNORECASE)
_BEFORE: Final = re.compile(rf"(?<!not )\b(?:before|by|no later than)\s+{_TIME}\b", re.IGNORECASE)
_AT: Final = re.compile(r"\bat\s+(\d{1,2}):00\b|\bat\s+(\d{1,2})\s*(am|pm)\b", re.IGNORECASE)
_PARTS: Final = (("morning", (8, 12)), ("afternoon", (12, 17)), ("evening", (16, 20)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What a customer wants; None, or no day at all, where the words leave it open.

    service : one of those that the agent's tools know.
    days : names of weekdays, any of which will do.
    hours : (first, end), whole hours; an appointment begins at `first` or later and before `end`.

    >>> Want.of("A deep clean on Thursday or Friday, between 16:00 and 19:00.")
    Want(service='deep', days=('Thursday', 'Friday'), hours=(16, 19))
    """

    service: str | None = None
    days: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None

    @classmethod
    def of(cls, text: str, services: tuple[str, ...] = SERVICES) -> Self:
        """What `text` says is wanted, of these services.

        >>> Want.of("a root canal on 2025-10-09", ("checkup", "root_canal"))
        Want(service='root_canal', days=('Thursday',), hours=None)
        """
        return cls(service=_service(text, services), days=_days(text), hours=_hours(text))

    def then(self, later: "Want") -> Self:
        """The same, with what was said later in its place."""
        return replace(self, service=later.service or self.service, days=later.days or self.days, hours=later.hours or self.hours)

    def allows(self, day: str, hour: int) -> bool:
        """Whether an appointment on `day` at `hour` will do."""
        first, end = self.hours or (OPENS, CLOSES)
        return (not self.days or day in self.days) and first <= hour < end

    def met_by(self, service: str, day: str, hour: int) -> bool:
        """Whether a booking of `service` on `day` at `hour` is what is wanted.

        >>> Want.of("an office clean on Monday morning").met_by("office", "Monday", 9)
        True
        """
        return self.service in (None, service) and self.allows(day, hour)


def weekday(text: str) -> str | None:
    """The weekday of an ISO date; None for what is none, and for a Sunday, on which nobody works.

    >>> weekday("2025-10-09"), weekday("2025-10-12"), weekday("soon")
    ('Thursday', None, None)
    """
    try:
        place = date.fromisoformat(text).weekday()
    except ValueError:
        return None
    return DAYS[place] if place < len(DAYS) else None


@lru_cache(maxsize=4096)
def _service(text: str, services: tuple[str, ...]) -> str | None:
    return next((name for name, words in _words_for(services) if words.search(text)), None)


@lru_cache(maxsize=64)
def _words_for(services: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The words for each service: ours by heart, others by their names, the longest first."""
    if services == SERVICES:
        return _SERVICE
    named = ((name, "[-_ ]?".join(map(re.escape, re.split(r"[-_\s]+", name.strip())))) for name in sorted(services, key=len, reverse=True))
    return tuple((name, re.compile(rf"\b{words}s?\b", re.IGNORECASE)) for name, words in named if words)


@lru_cache(maxsize=4096)
def _days(text: str) -> tuple[str, ...]:
    named = [it["day"].capitalize() for it in _DAY.finditer(text) if not it["refused"]]
    dated = filter(None, map(weekday, _DATE.findall(text)))
    return tuple(dict.fromkeys((*named, *dated)))


@lru_cache(maxsize=4096)
def _hours(text: str) -> tuple[int, int] | None:
    if it := _BETWEEN.search(text):
        first, end = _hour(it[1], it[2] or it[4]), _hour(it[3], it[4])
        return (first, end) if first < end else None
    after, before = _AFTER.search(text), _BEFORE.search(text)
    if after or before:
        first, end = _hour(after[1], after[2]) if after else OPENS, _hour(before[1], before[2]) if before else CLOSES
        return (first, end) if first < end else None
    if it := _AT.search(text):
        hour = _hour(it[1] or it[2], it[3])
        return hour, hour + 1
    lowered = text.lower()
    return next((hours for part, hours in _PARTS if part in lowered), None)


def _hour(digits: str, half: str | None) -> int:
    hour = int(digits)
    noon = 12
    return hour % noon + noon * (half.lower() == "pm") if half else hour
