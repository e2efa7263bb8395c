"""Probation: the watch for a promoted version that is worse than what a rollback would bring back.

1. The record to beat is the incumbent's, from the drift's onset to the promotion; its last seven days where there was no drift.
2. Days differ, so the bar is the record's lower limit, less what a day may lie below its mean.
3. Live conversations are bet on, in the order in which they ended; evidence of harm at any of them rolls the version back.
4. It is over after a day and 200 conversations, and after seven days in any case. What passed is stable; what was seen too little is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS
from lifecycle_core.policy import ProbationPolicy
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.days import chi_squared_of_counts, day_correlation, days_used, design_effect
from lifecycle_core.statistics.intervals import critical, wilson
from lifecycle_core.statistics.sequential import FALL_BETS, e_value, fall_increments, log_e

RECORD_DAYS: Final = 7
"""How many days the record goes back where there was no drift."""
ONE_SIDED: Final = critical(0.90)
"""The deviate of a one-sided 95% limit."""
DAY_SPREADS: Final = 2.0
"""How many standard deviations of a day a healthy version may lie below its mean."""

_HIGHEST_BAR: Final = 0.9999
_HOURS_A_DAY: Final = 24


class Standing(StrEnum):
    """Where a probation stands."""

    RUNNING = "running"
    STABLE = "stable"
    HARM = "harm"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How a version did on live traffic, of one rate.

    x, n : successes (or hand-offs) among conversations that tell. days : over how many they are spread.
    correlation : of two conversations of one day, `day_correlation`; assumed : too few days have taught it.

    >>> Record(x=450, n=600, days=3, correlation=0.002).rate
    0.75
    """

    x: int
    n: int
    days: float
    correlation: float
    assumed: bool = False

    @property
    def rate(self) -> float:
        """The share; 0 without conversations."""
        return self.x / self.n if self.n else 0.0

    @classmethod
    def of_days(cls, x: Sequence[int], n: Sequence[int], taught_x: Sequence[int], taught_n: Sequence[int]) -> "Record":
        """The record of whole days, with the correlation that (perhaps other, healthy) days teach.

        x, n : (days,) int, of the record; taught_x, taught_n : (days,) int, of the days that teach; of under seven it is taken for .01.

        >>> Record.of_days([75, 80], [100, 100], [75] * 8, [100] * 8).correlation
        0.0
        """
        assumed = float(days_used(taught_n)) < FEWEST_DAYS if len(taught_n) else True
        learnt = ASSUMED_CORRELATION if assumed else float(day_correlation(chi_squared_of_counts(taught_x, taught_n), taught_n))
        return cls(x=sum(x), n=sum(n), days=max(1.0, float(sum(it > 0 for it in n))), correlation=learnt, assumed=assumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What the new version must not fall below, and not rise above; None where the record holds no conversation."""

    booking: float | None
    escalation: float | None

    @classmethod
    def of(cls, bookings: Record, escalations: Record) -> "Bars":
        """The bars that the records set."""
        return cls(
            booking=float(lowest_rate(bookings.x, bookings.n, bookings.days, bookings.correlation)) if bookings.n else None,
            escalation=1 - float(lowest_rate(escalations.n - escalations.x, escalations.n, escalations.days, escalations.correlation))
            if escalations.n
            else None,
        )


def lowest_rate(x: ArrayLike, n: ArrayLike, days: ArrayLike, correlation: ArrayLike) -> Array:
    """The rate that a version as good as its record may still show on a bad day: `wilson(x/d, n/d) - 2·sqrt(r·p(1 - p))`, at least 0.

    x, n : broadcastable floats, of the record; days : over which they are spread; correlation : r, of two conversations of one day.
    d is the design effect of days; the limit is one-sided, 95%.

    >>> float(lowest_rate(450, 600, 3, 0.002).round(3)), float(lowest_rate(450, 600, 3, 0.0).round(3))
    (0.675, 0.72)

    References: Wilson 1927; Kish 1965.
    """
    x, n, correlation = floats(x), floats(n), floats(correlation)
    effect = design_effect(n, days, correlation)
    p = x / np.maximum(n, 1.0)
    low, _ = wilson(x / effect, n / effect, ONE_SIDED)
    return np.clip(low - DAY_SPREADS * np.sqrt(correlation * p * (1 - p)), 0.0, _HIGHEST_BAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One live conversation of the version on probation; None = unknown, which speaks neither for nor against it."""

    ended_at: datetime
    booked: bool | None
    escalated: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a probation has seen so far.

    n : conversations whose success is known. e_booking, e_escalation : evidence of harm, the largest so far. level : what it must reach.
    bars : what was to be beaten. reasons : why it is rolled back, or is not called stable; needed : what the probation still waits for.
    """

    standing: Standing
    n: int
    hours: float
    booking_rate: float | None
    escalation_rate: float | None
    bars: Bars
    e_booking: float
    e_escalation: float
    level: float
    reasons: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


def judge(outcomes: Sequence[Outcome], bars: Bars, policy: ProbationPolicy, *, started_at: datetime, at: datetime) -> Watched:
    """Where a probation stands at `at`.

    outcomes : live conversations of the new version that ended since `started_at`, in any order.

    >>> from datetime import UTC
    >>> began = datetime(2025, 10, 7, tzinfo=UTC)
    >>> judge([], Bars(booking=0.68, escalation=0.1), ProbationPolicy(), started_at=began, at=began + timedelta(hours=25)).needed
    ('200 more conversations',)
    """
    ordered = sorted((it for it in outcomes if started_at <= it.ended_at <= at), key=lambda it: it.ended_at)
    booked = floats([it.booked for it in ordered if it.booked is not None])
    kept = floats([not it.escalated for it in ordered if it.escalated is not None])
    booking, escalation = evidence_of_fall(booked, bars.booking), evidence_of_fall(kept, _kept(bars))
    level = log(policy.evidence_level)
    n, hours = len(booked), (at - started_at) / timedelta(hours=1)
    needed = _needed(n, hours, policy)
    standing = _standing(n, hours, policy, harm=max(booking.max(initial=0.0), escalation.max(initial=0.0)) >= level)
    return Watched(
        standing=standing,
        n=n,
        hours=hours,
        booking_rate=float(booked.mean()) if n else None,
        escalation_rate=float(1 - kept.mean()) if len(kept) else None,
        bars=bars,
        e_booking=e_value(float(booking.max(initial=0.0))),
        e_escalation=e_value(float(escalation.max(initial=0.0))),
        level=policy.evidence_level,
        reasons=tuple(_reasons(standing, booking, escalation, level)) + (needed if standing is Standing.TOO_FEW else ()),
        needed=needed if standing is Standing.RUNNING else (),
    )


def evidence_of_fall(x: ArrayLike, bar: ArrayLike | None) -> Array:
    """The logarithm of the e-process of "successes come at `bar` at least", after each conversation: (..., n) 0 or 1 -> (..., n) float.

    Without a bar there is no evidence: 0.
    """
    return log_e(fall_increments(x, bar), FALL_BETS) if bar is not None else np.zeros(floats(x).shape)


def _kept(bars: Bars) -> float | None:
    return None if bars.escalation is None else 1 - bars.escalation


def _standing(n: int, hours: float, policy: ProbationPolicy, *, harm: bool) -> Standing:
    if harm:
        return Standing.HARM
    if n >= policy.min_conversations and hours >= policy.min_hours:
        return Standing.STABLE
    return Standing.TOO_FEW if hours >= policy.max_days * _HOURS_A_DAY else Standing.RUNNING


def _reasons(standing: Standing, booking: Array, escalation: Array, level: float) -> Iterator[str]:
    """What speaks against the version, each with the conversation at which it did."""
    if standing is Standing.HARM:
        for logs, what in ((booking, "books less"), (escalation, "hands over more")):
            if logs.max(initial=0.0) >= level:
                first = int((logs >= level).argmax()) + 1
                evidence = f"e = {e_value(float(logs.max())):,.1f} of {exp(level):.0f}, first reached after {first} conversations"
                yield f"It {what} than the version that a rollback would bring back ({evidence})"


def _needed(n: int, hours: float, policy: ProbationPolicy) -> tuple[str, ...]:
    short, early = policy.min_conversations - n, policy.min_hours - hours
    conversations = f"{short} more conversations" if short > 0 else ""
    return tuple(it for it in (conversations, f"{early:.1f} more hours" if early > 0 else "") if it)
