"""A backtest by hand: what the watch would have done is written down, so that a picture of it can be judged."""

from dataclasses import replace

import numpy as np

from lifecycle_core.drift.backtest import Alarm
from lifecycle_core.drift.metrics import threshold_of
from lifecycle_core.drift.report import Comparison, Metric, Severity
from lifecycle_core.drift.spells import Spell
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.retraining.backtests import Backtest, Chart, Course, PastCost
from lifecycle_core.retraining.replaying import Begun
from lifecycle_core.spending import Spent

FIRST, HOURS = 488_000, 240
POLICY, CHANGED = Policy(), Policy(booking_rate_threshold=0.15)
USUAL = {Metric.BOOKING_RATE: 0.75, Metric.ESCALATION_RATE: 0.05, Metric.COST: 0.002, Metric.RESPONSE_TIME: 1.5}


def course(policy, *spans):
    """A policy under which bookings alarm in these spans of hours, and each begins a retraining."""
    found = [(FIRST + begin, FIRST + end) for begin, end in spans]
    nothing = np.zeros((0, 2), dtype=np.int64)
    return Course(
        policy=policy,
        spells=tuple(Spell(begin, end - 1, end, (Metric.BOOKING_RATE,), Severity.HIGH, end - begin) for begin, end in found),
        alarms=tuple(Alarm(Comparison.BOOKING_RATE, begin, begin - 48, end, 48, -0.25, Severity.HIGH) for begin, end in found),
        retrainings=tuple(Begun(begin, (Metric.BOOKING_RATE,), due=False) for begin, _ in found),
        spans={it: np.array(found).reshape(-1, 2) if it is Metric.BOOKING_RATE else nothing for it in Metric},
        hours_in_drift=sum(end - begin for begin, end in found),
    )


def chart(metric):
    steady = np.full(HOURS, USUAL.get(metric, np.nan))
    wave = np.sin(np.arange(HOURS) / 12) / 20
    return Chart(
        metric=metric,
        n=10 * HOURS,
        threshold=threshold_of(metric, POLICY),
        recent=steady * (1 + wave),
        reference=steady,
        change=np.abs(wave) if metric is Metric.ACTION_DISTRIBUTION else wave,
        recent_n=np.full(HOURS, 240.0),
    )


def backtest(**given):
    """Five alarms and three of a retraining by the present policy; two and one by another threshold."""
    return replace(
        Backtest(
            variant="baseline",
            ends=np.arange(FIRST, FIRST + HOURS),
            conversations=2400,
            current=course(POLICY, (10, 20), (60, 61), (100, 140)),
            changed=course(CHANGED, (104, 140)),
            bare=course(replace(POLICY, mode=Mode.THRESHOLD), *((it, it + 5) for it in range(0, 200, 20))),
            cost=PastCost(sessions=2, mean=Spent(calls=10, tokens=100, usd=1.25), usd_known=True, open_hours=10, open_assumed=False),
            switches=((FIRST + 50, 2),),
            charts=tuple(chart(it) for it in Metric),
            notes=("The traffic stays what it was",),
        ),
        **given,
    )
