"""Probation: the watch for a promoted version that is worse than what a rollback would bring back.

1. The record to beat is the incumbent's, from the drift's onset to the promotion; its last seven days where there was no drift.
2. Days differ, so the bar is the record's lower limit, less what a day may lie below its mean.
3. Live conversations are bet on, in the order in which they ended; evidence of harm at any of them rolls the version back.
   Bookings and hand-offs are one purse, so that two ways to err cost no more than one.
4. It is over after a day and 200 conversations, and after seven days in any case. What passed is stable; what was seen too little is not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import log
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS
from lifecycle_core.policy import ProbationPolicy
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.days import chi_squared_of_counts, day_correlation, days_used, design_effect
from lifecycle_core.statistics.intervals import critical, wilson
from lifecycle_core.statistics.sequential import FALL_BETS, e_value, fall_increments, log_e, log_mean

RECORD_DAYS: Final = 7
"""How many days the record goes back where there was no drift."""
ONE_SIDED: Final = critical(0.90)
"""The deviate of a one-sided 95% limit."""
DAY_SPREADS: Final = 2.0
"""How many standard deviations of a day a healthy version may lie below its mean."""
ON_BOOKINGS: Final = 0.75
"""The share of the purse that is bet on bookings; the rest is on hand-offs."""

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
    """One live conversation of the version on probation; None = unknown, which speaks neither for nor against it.

    rating : the customer's own; it is shown, and decides nothing.
    """

    ended_at: datetime
    booked: bool | None
    escalated: bool | None
    rating: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a probation has seen so far.

    n : conversations whose success is known. bars : what was to be beaten.
    e_harm : evidence of harm, the largest so far; level : what it must reach. e_booking, e_escalation : the same of each alone.
    rating, rated : the mean of the customers' ratings, of so many; None without any.
    reasons : why it is rolled back, or is not called stable; needed : what the probation still waits for.
    """

    standing: Standing
    n: int
    hours: float
    booking_rate: float | None
    escalation_rate: float | None
    bars: Bars
    e_harm: float = 1.0
    e_booking: float
    e_escalation: float
    level: float
    rating: float | None = None
    rated: int = 0
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
    booked, escalated = (_known([getattr(it, name) for it in ordered]) for name in ("booked", "escalated"))
    evidence = evidence_of_harm(booked, escalated, bars.booking, bars.escalation)
    ratings = [it.rating for it in ordered if it.rating is not None]
    n, hours = int(np.isfinite(booked).sum()), (at - started_at) / timedelta(hours=1)
    needed = _needed(n, hours, policy)
    standing = _standing(n, hours, policy, harm=evidence.harm.max(initial=0.0) >= log(policy.evidence_level))
    return Watched(
        standing=standing,
        n=n,
        hours=hours,
        booking_rate=_mean(booked),
        escalation_rate=_mean(escalated),
        bars=bars,
        e_harm=_largest(evidence.harm),
        e_booking=_largest(evidence.booking),
        e_escalation=_largest(evidence.escalation),
        level=policy.evidence_level,
        rating=fmean(ratings) if ratings else None,
        rated=len(ratings),
        reasons=(*_reasons(standing, evidence, policy.evidence_level), *(needed if standing is Standing.TOO_FEW else ())),
        needed=needed if standing is Standing.RUNNING else (),
    )


@dataclass(frozen=True, slots=True)
class HarmEvidence:
    """The logarithms of e-processes after each conversation, (..., n) float: of fewer bookings, of more hand-offs, and of either."""

    booking: Array
    escalation: Array
    harm: Array


def evidence_of_harm(
    booked: ArrayLike, escalated: ArrayLike, booking_bar: ArrayLike | None, escalation_bar: ArrayLike | None
) -> HarmEvidence:
    """The evidence that bookings come below their bar, or hand-offs above theirs: `harm = .75 E_booking + .25 E_escalation`.

    booked, escalated : (..., n) float each, 0 or 1, nan where unknown, in the order of the conversations' ends.
    booking_bar, escalation_bar : broadcastable floats. Of what has no bar there is no evidence, and the whole purse is on the other.

    A version that lies at its bars or better reaches `1/alpha` with probability at most `alpha`, by either and by both together.

    >>> evidence_of_harm([0.0, 0.0], [0.0, 1.0], 0.75, 0.10).harm.round(2).tolist()
    [0.54, 1.43]

    References: Vovk and Wang 2021, means of e-values.
    """
    booked, escalated = floats(booked), floats(escalated)
    booking = _fall(booked, booking_bar)
    escalation = _fall(1 - escalated, None if escalation_bar is None else 1 - floats(escalation_bar))
    share = ON_BOOKINGS if escalation_bar is not None else 1.0
    harm = log_mean(booking, escalation, share) if booking_bar is not None else escalation
    return HarmEvidence(booking, escalation, harm)


def _fall(x: Array, bar: ArrayLike | None) -> Array:
    """What is unknown changes nothing."""
    if bar is None:
        return np.zeros(x.shape)
    return log_e(np.nan_to_num(fall_increments(x, bar), nan=0.0), FALL_BETS)


def _known(values: Sequence[bool | None]) -> Array:
    return floats([np.nan if it is None else it for it in values])


def _mean(values: Array) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _largest(logs: Array) -> float:
    return e_value(float(logs.max(initial=0.0)))


def _standing(n: int, hours: float, policy: ProbationPolicy, *, harm: bool) -> Standing:
    if harm:
        return Standing.HARM
    if n >= policy.min_conversations and hours >= policy.min_hours:
        return Standing.STABLE
    return Standing.TOO_FEW if hours >= policy.max_days * _HOURS_A_DAY else Standing.RUNNING


def _reasons(standing: Standing, evidence: HarmEvidence, level: float) -> Iterator[str]:
    """What speaks against the version, with the conversation at which it did."""
    if standing is not Standing.HARM:
        return
    said = {"books less": _largest(evidence.booking), "hands over more": _largest(evidence.escalation)}
    worst = [what for what, e in said.items() if e >= level] or [max(said, key=lambda what: said[what])]
    first = int((evidence.harm >= log(level)).argmax()) + 1
    shown = f"e = {_largest(evidence.harm):,.1f} of {level:.0f}, first reached after {first} conversations"
    yield f"It {' and '.join(worst)} than the version that a rollback would bring back ({shown})"


def _needed(n: int, hours: float, policy: ProbationPolicy) -> tuple[str, ...]:
    short, early = policy.min_conversations - n, policy.min_hours - hours
    conversations = f"{short} more conversations" if short > 0 else ""
    return tuple(it for it in (conversations, f"{early:.1f} more hours" if early > 0 else "") if it)
