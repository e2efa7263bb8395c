"""Silences: for how long nobody is told of what, who wants that and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.alerts.signals import Signal

LONGEST: Final = timedelta(days=90)
"""Nobody remembers a silence for longer than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Of `variant`, None for all of them, nobody is told of `signals`, empty for all of them, from `starts_at` to `ends_at`.

    id : int; None until it is stored. owner, reason : who wants it, and why. lifted_at, lifted_by : where it was ended before its time.
    """

    id: int | None = None
    variant: str | None
    signals: tuple[Signal, ...]
    owner: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.lifted_at is None and self.starts_at <= at < self.ends_at

    def covers(self, variant: str, signal: Signal, at: datetime) -> bool:
        """Whether it keeps this quiet now."""
        return self.holds(at) and self.variant in {None, variant} and (not self.signals or signal in self.signals)


def silenced(silences: Iterable[Silence], variant: str, at: datetime) -> frozenset[Signal]:
    """The signals of a variant that any of the silences keeps quiet."""
    kept = list(silences)
    return frozenset(signal for signal in Signal if any(it.covers(variant, signal, at) for it in kept))
