"""Figures day by day, each with its 95% interval and its n, from sums alone."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.retraining.report.blocks import Day, Trend, Unit
from lifecycle_core.rollup_tables import VariantRollups
from lifecycle_core.rollups import SCALARS, epoch_hour, scalar
from lifecycle_core.statistics.intervals import critical, wilson
from lifecycle_core.statistics.means import relative_error_of_mean

HOURS: Final = 24
_Z: Final = critical(0.95)

Sums = Mapping[str, float]


def days_of(rollups: VariantRollups, until: datetime, days: int) -> list[tuple[str, Sums]]:
    """The plain sums of each of the `days` spans of 24 hours before `until`, the oldest first, by its date; all versions together."""
    last = epoch_hour(until)
    place = days - 1 - (last - 1 - rollups.hours) // HOURS
    inside = (rollups.hours < last) & (place >= 0)
    sums = np.zeros((days, len(SCALARS)))
    for name in SCALARS:
        column = rollups.entries.at(scalar(name), len(rollups.hours))
        np.add.at(sums[:, scalar(name)], place[inside], column[inside])
    began = [until - timedelta(hours=HOURS * (days - number)) for number in range(days)]
    return [(f"{start:%b %d}", dict(zip(SCALARS, row, strict=True))) for start, row in zip(began, sums.tolist(), strict=True)]


def rate(name: str, of: Sequence[tuple[str, Sums]], column: str, *, fewest: int, level: tuple[float, str] | None = None) -> Trend:
    """A rate day by day, with Wilson's interval. column : of the successes; `_n` after it counts who tells."""
    return Trend(name=name, unit=Unit.PERCENT, days=tuple(_rate(label, it, column) for label, it in of), fewest=fewest, level=level)


def cost(of: Sequence[tuple[str, Sums]], *, fewest: int, level: tuple[float, str] | None = None) -> Trend:
    """The mean cost day by day; its interval takes the spread to be a lognormal's, for squares of dollars are not kept."""
    return Trend(name="cost a conversation", unit=Unit.DOLLARS, days=tuple(_cost(*it) for it in of), fewest=fewest, level=level)


def latency(of: Sequence[tuple[str, Sums]], *, fewest: int) -> Trend:
    """The geometric mean of response times day by day: what is typical, whatever one stalled call does."""
    return Trend(name="response time, geometric mean", unit=Unit.SECONDS, days=tuple(_latency(*it) for it in of), fewest=fewest)


def share(of: Sums, column: str) -> tuple[float, tuple[float, float], int] | None:
    """A rate of a whole span: its value, interval and n; None where nobody tells it."""
    n = of.get(f"{column}_n", 0.0)
    if not n:
        return None
    low, high = wilson(of[column], n, _Z)
    return of[column] / n, (float(low), float(high)), round(n)


def _rate(label: str, it: Sums, column: str) -> Day:
    found = share(it, column)
    return (
        Day(label=label, value=None, interval=None, n=0)
        if found is None
        else Day(label=label, value=found[0], interval=found[1], n=found[2])
    )


def _cost(label: str, it: Sums) -> Day:
    n, told = it["cost_n"], it["cost_n"] - it["cost_zero_n"]
    if not n:
        return Day(label=label, value=None, interval=None, n=0)
    mean = it["cost_usd"] / n
    error = relative_error_of_mean(n, told, it["log_cost"], it["log_cost_squared"])
    if math.isinf(error) or mean <= 0:
        return Day(label=label, value=mean, interval=None, n=round(n))
    return Day(label=label, value=mean, interval=(mean * math.exp(-_Z * error), mean * math.exp(_Z * error)), n=round(n))


def _latency(label: str, it: Sums) -> Day:
    n = it["latency_n"]
    if not n:
        return Day(label=label, value=None, interval=None, n=0)
    middle, spread = it["log_latency"] / n, _variance(n, it["log_latency"], it["log_latency_squared"])
    error = None if spread is None else math.sqrt(spread / n)
    interval = None if error is None else (math.exp(middle - _Z * error), math.exp(middle + _Z * error))
    return Day(label=label, value=math.exp(middle), interval=interval, n=round(n))


def _variance(n: float, total: float, squares: float) -> float | None:
    return max(0.0, (squares - total**2 / n) / (n - 1)) if n > 1 else None
