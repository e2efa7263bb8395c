"""A clock that may run fast: how a demo lives through weeks in minutes, all of its processes at the same time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from lifecycle_core.errors import InvalidInputError

FASTEST = 1_000_000
"""The most virtual seconds that pass in a real one: a year in half a minute."""
YEARS = range(2000, 2200)
"""What a clock may tell."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that may run fast: `virtual` is told at the real instant `real`, and `rate` virtual seconds pass in each real one.

    Written `VIRTUAL=REAL*RATE`, so that every process of a demo tells the same time.

    >>> clock = Clock.parse("2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*3600")
    >>> clock.at(datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC)).isoformat()
    '2025-09-23T14:00:00+00:00'
    """

    virtual: datetime
    real: datetime
    rate: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `VIRTUAL=REAL*RATE`; raises InvalidInputError for anything else."""
        try:
            virtual, rest = text.split("=", 1)
            real, rate = rest.split("*", 1)
            clock = cls(datetime.fromisoformat(virtual), datetime.fromisoformat(real), float(rate))
        except ValueError:
            clock = None
        if clock is None or clock.virtual.tzinfo is None or clock.real.tzinfo is None or not 0 <= clock.rate <= FASTEST:
            example = "2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*3600"
            message = f"LIFECYCLE_CLOCK is {text!r}; write VIRTUAL=REAL*RATE with a rate from 0 to {FASTEST:,}, such as {example}"
            raise InvalidInputError(message, field="LIFECYCLE_CLOCK")
        return clock

    def at(self, real: datetime) -> datetime:
        """Tell the virtual time at the real instant `real`; raises InvalidInputError where that lies outside of `YEARS`."""
        try:
            told = (self.virtual + timedelta(seconds=(real - self.real).total_seconds() * self.rate)).astimezone(UTC)
        except OverflowError:
            told = None
        if told is None or told.year not in YEARS:
            message = (
                f"LIFECYCLE_CLOCK tells a time outside of the years {YEARS[0]} to {YEARS[-1]}; "
                "give it a REAL instant nearer to now, a slower RATE, or a VIRTUAL instant within"
            )
            raise InvalidInputError(message, field="LIFECYCLE_CLOCK")
        return told
