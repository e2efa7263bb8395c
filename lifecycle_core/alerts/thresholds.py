"""The plan's six thresholds, each looked at once: rates and costs by what a day's conversations prove, the others by counting.

A rate alerts where its one-sided 99% limit over the last 24 hours lies past the threshold. Past it without that is a warning: at 50
conversations a day a healthy 75% is below 70% in one day of six.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final

from lifecycle_core.alerts.signals import Level, Reading, Signal
from lifecycle_core.policy import AlertPolicy
from lifecycle_core.statistics.intervals import wilson
from lifecycle_core.statistics.means import relative_error_of_mean

RECENT_HOURS: Final = 24
WEEK_DAYS, MONTH_DAYS = 7, 30
ENDINGS_DAYS: Final = 180
"""Over so many days the endings of retrainings are counted; there is one in two weeks or so."""
FEWEST_ENDINGS: Final = 4
"""Fewer endings than this make no rate."""
STALLED_AFTER: Final = 2
"""So many intervals without a check, and the watch stands still."""
CONFIDENT: Final = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the thresholds of one variant are held against.

    sums : of its rollups over the last 24 hours, by name; drifts : episodes that began in 7 days; rollbacks : in 30 days.
    promoted, endings : retrainings in 180 days that promoted a candidate, of those that came to a verdict.
    """

    sums: Mapping[str, float] = field(default_factory=dict)
    drifts: int = 0
    rollbacks: int = 0
    promoted: int = 0
    endings: int = 0


def readings(counted: Counted, rules: AlertPolicy) -> tuple[Reading, ...]:
    """A look at each of the six; a threshold of None is not held against anything."""
    of, least = counted.sums.get, rules.min_conversations
    made = (
        _rate(Signal.BOOKING_RATE, of("booked", 0.0), of("booked_n", 0.0), rules.min_booking_rate, least, falls=True),
        _rate(Signal.ESCALATION_RATE, of("escalated", 0.0), of("escalated_n", 0.0), rules.max_escalation_rate, least, falls=False),
        _cost(counted.sums, rules.max_cost_usd, least),
        _count(Signal.DRIFT_FREQUENCY, counted.drifts, rules.max_drifts_per_week),
        _endings(counted, rules.min_retraining_success),
        _count(Signal.ROLLBACK_FREQUENCY, counted.rollbacks, rules.max_rollbacks_per_month),
    )
    return tuple(it for it in made if it is not None)


def _rate(signal: Signal, x: float, n: float, threshold: float | None, least: int, *, falls: bool) -> Reading | None:
    if threshold is None:
        return None
    if n < least:
        return Reading(signal=signal, level=Level.NO_DATA, threshold=threshold, value=x / n if n else None, n=round(n))
    low, high = (float(it) for it in wilson(x, n, CONFIDENT))
    past, proved = (x / n < threshold, high < threshold) if falls else (x / n > threshold, low > threshold)
    return Reading(signal=signal, level=_level(past, proved), value=x / n, threshold=threshold, n=round(n))


def _cost(sums: Mapping[str, float], threshold: float | None, least: int) -> Reading | None:
    if threshold is None:
        return None
    n = sums.get("cost_n", 0.0)
    mean = sums.get("cost_usd", 0.0) / n if n else None
    if mean is None or n < least:
        return Reading(signal=Signal.COST, level=Level.NO_DATA, threshold=threshold, value=mean, n=round(n))
    level = _level(mean > threshold, mean * math.exp(-CONFIDENT * _relative_error(sums)) > threshold)
    return Reading(signal=Signal.COST, level=level, value=mean, threshold=threshold, n=round(n))


def _relative_error(sums: Mapping[str, float]) -> float:
    n, zeros = sums["cost_n"], sums["cost_zero_n"]
    return relative_error_of_mean(n, n - zeros, sums["log_cost"], sums["log_cost_squared"])


def _count(signal: Signal, found: int, threshold: int | None) -> Reading | None:
    if threshold is None:
        return None
    return Reading(signal=signal, level=Level.ALERT if found > threshold else Level.OK, value=float(found), threshold=float(threshold))


def _endings(counted: Counted, threshold: float | None) -> Reading | None:
    if threshold is None:
        return None
    signal, n = Signal.RETRAINING_SUCCESS, counted.endings
    share = counted.promoted / n if n else None
    if share is None or n < FEWEST_ENDINGS:
        return Reading(signal=signal, level=Level.NO_DATA, value=share, threshold=threshold, n=n)
    return Reading(signal=signal, level=Level.ALERT if share < threshold else Level.OK, value=share, threshold=threshold, n=n)


def _level(past: bool, proved: bool) -> Level:  # noqa: FBT001 - two halves of one judgement
    return Level.ALERT if proved else Level.WARNING if past else Level.OK
