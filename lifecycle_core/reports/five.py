"""The five metrics of a variant day by day, on one axis, all versions together."""

from datetime import datetime

import numpy as np

from lifecycle_core.policy import Policy
from lifecycle_core.reports import daily
from lifecycle_core.retraining.report.blocks import Day, Trend, Unit
from lifecycle_core.rollup_tables import VariantRollups
from lifecycle_core.rollups import ACTIONS, epoch_hour


def five(rollups: VariantRollups, until: datetime, days: int, policy: Policy) -> tuple[Trend, ...]:
    """Booking rate, escalation rate, cost, response time and action mix of the `days` spans of 24 hours before `until`.

    The mix of a day is told by its total variation distance from the mix of all other days shown; few calls make it large by chance.
    """
    of, fewest = daily.days_of(rollups, until, days), policy.min_samples_for_comparison
    return (
        daily.rate("booking rate", of, "booked", fewest=fewest),
        daily.rate("escalation rate", of, "escalated", fewest=fewest),
        daily.cost(of, fewest=fewest),
        daily.latency(of, fewest=fewest),
        _mix([label for label, _ in of], rollups, until, fewest),
    )


def _mix(labels: list[str], rollups: VariantRollups, until: datetime, fewest: int) -> Trend:
    last, days, width = epoch_hour(until), len(labels), ACTIONS.stop - ACTIONS.start
    place = days - 1 - (last - 1 - rollups.hours) // daily.HOURS
    inside = (rollups.hours < last) & (place >= 0)
    calls = np.zeros((days, width))
    for slot in (slot for slot, name in enumerate(rollups.actions) if name):
        column = rollups.entries.at(ACTIONS.start + slot, len(rollups.hours))
        np.add.at(calls[:, slot], place[inside], column[inside])
    counts, others = calls.sum(axis=1), calls.sum(axis=0) - calls
    told = []
    for label, mine, n, rest in zip(labels, calls, counts, others, strict=True):
        apart = None if n == 0 or rest.sum() == 0 else float(0.5 * np.abs(mine / n - rest / rest.sum()).sum())
        told.append(Day(label=label, value=apart, interval=None, n=round(n)))
    return Trend(name="action mix, moved", unit=Unit.PERCENT, days=tuple(told), fewest=fewest)
