"""What would be needed to know more: how long a change goes on before it is proved."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log1p
from typing import Final, Self

import numpy as np

from lifecycle_core.drift.report import Metric, Needed
from lifecycle_core.drift.windows import DAY, LENGTHS, LONG, REFERENCE_HOURS
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.days import degrees_of_freedom, design_effect
from lifecycle_core.statistics.levels import normal_of_t
from lifecycle_core.statistics.means import variance
from lifecycle_core.statistics.power import Sizes, independent_calls, mix_deviate, rank_deviate, rate_deviate, shift_deviate

SURELY: Final = 1.25
"""The change to be proved, over the threshold, from where a severity is medium. One at the threshold itself is measured below it as often
as past it, and nobody can say when it will be proved."""
NINE_IN_TEN: Final = 1.28
EIGHT_IN_TEN: Final = 0.84
"""Normal deviates, by what share lies below."""
MOST_DAYS: Final = 35
TAUGHT_DAYS: Final = 21
"""Days that teach how much days differ, once there are enough."""

_LENGTHS: Final = LENGTHS / DAY
_HARM: Final = {Metric.BOOKING_RATE: -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is known of a metric's reference.

    n : conversations that know the figure, over so many `days`.
    value : the rate, the mean cost in US dollars, the median response time in seconds; None for the mix.
    log_sd : of cost and response time, the standard deviation of the logarithms.
    actions : of the mix, how many occur; calls : how many calls made alone tell as much as a conversation.
    """

    n: float
    days: float
    value: float | None = None
    log_sd: float = 0.0
    actions: int = 0
    calls: float = 0.0

    @classmethod
    def of(cls, metric: Metric, summed: Callable[[str], Array], *, value: float | None, days: float) -> Self:
        """Those of a rate, of cost or of response time, from plain sums by their names."""
        if metric in {Metric.BOOKING_RATE, Metric.ESCALATION_RATE}:
            return cls(n=float(summed("booked_n" if metric is Metric.BOOKING_RATE else "escalated_n")), days=days, value=value)
        name = "cost" if metric is Metric.COST else "latency"
        n = float(summed(f"{name}_n")) - (float(summed("cost_zero_n")) if metric is Metric.COST else 0.0)
        spread = float(variance(n, summed(f"log_{name}"), summed(f"log_{name}_squared")))
        return cls(n=n, days=days, value=value, log_sd=spread**0.5)

    @classmethod
    def of_mix(cls, calls: Array, products: Array, *, n: float, days: float) -> Self:
        """Those of the mix: calls (k,) by action and (k, k) sums over conversations of their products."""
        return cls(n=n, days=days, actions=int((calls > 0).sum()), calls=independent_calls(calls, products, n))


def needed(
    metric: Metric,
    *,
    threshold: float,
    reference: Figures,
    a_day: float,
    correlation: float,
    entry: float,
    fewest: int = 50,
    observed: float | None = None,
) -> Needed | None:
    """How long a change of `metric` has to go on before it is proved, at `a_day` conversations a day.

    threshold : the policy's, relative or total variation. The change is a quarter more, or the `observed` one where that is more.
    correlation : of two conversations of a day; entry : the z that evidence must reach; fewest : conversations that a window needs.
    Half of such drifts are proved where the expected z of the window that holds just the drift reaches `entry` and the expected change
    the threshold; nine in ten where z lies 1.28 standard errors further, and the change is past the threshold in eight looks of ten,
    as one look of many will do. Past the longest window, fresh looks do what a longer one would: the deviates go on growing with the
    square root of the days. In simulated drifts both were right within a factor of 1.7.
    None where the metric cannot change so far, or where nothing is known of it.

    >>> known = Figures(n=1400, days=28, value=0.75)
    >>> found = needed(Metric.BOOKING_RATE, threshold=0.10, reference=known, a_day=50, correlation=0.002, entry=3.96)
    >>> round(found.change, 3), round(found.recent_value, 3), [round(it) for it in found.days]
    (-0.125, 0.656, [12, 25])

    References: Self, Mauritsen and Ohara 1992; Noether 1987.
    """
    harm = _HARM.get(metric, +1)
    size = max(SURELY * threshold, harm * observed if observed is not None else 0.0)
    change = harm * size
    if size <= 0 or a_day <= 0 or reference.n <= 0 or not _possible(metric, reference, change):
        return None
    recent = a_day * _LENGTHS
    span = np.where(LENGTHS > LONG, reference.days, np.minimum(reference.days, REFERENCE_HOURS / DAY - _LENGTHS))
    before = reference.n / reference.days * np.where(LENGTHS < DAY, _LENGTHS, 1.0) * span
    d1, d0 = design_effect(recent, _LENGTHS, correlation), design_effect(before, span, correlation)
    sizes = recent / d1, before / d0
    effect = (1 / sizes[0] + 1 / sizes[1]) / (1 / recent + 1 / before)
    z, past = _deviates(metric, reference, change, harm * threshold, sizes)
    z = normal_of_t(z, degrees_of_freedom(min(TAUGHT_DAYS, reference.days), effect))
    held = recent >= fewest
    asked = (entry, 0.0), (entry + NINE_IN_TEN, EIGHT_IN_TEN)
    days = [_first(z[held], past[held], _LENGTHS[held], *it) for it in asked]
    value = None if reference.value is None else reference.value * (1 + change)
    return Needed(change, value, a_day, (days[0], days[1]))


def _possible(metric: Metric, reference: Figures, change: float) -> bool:
    if metric is Metric.ACTION_DISTRIBUTION:
        return reference.actions > 1 and reference.calls > 0 and change < 1
    if reference.value is None or reference.value <= 0:
        return False
    if metric in {Metric.BOOKING_RATE, Metric.ESCALATION_RATE}:
        return 0 <= reference.value * (1 + change) <= 1
    return reference.log_sd > 0


def _deviates(metric: Metric, reference: Figures, change: float, threshold: float, sizes: Sizes) -> tuple[Array, Array]:
    """How far each window is expected to lie from no change, and from the threshold: (lengths,) float, towards harm."""
    if metric is Metric.ACTION_DISTRIBUTION:
        n1, n0 = sizes
        z = mix_deviate(change, reference.actions, (np.asarray(n1) * reference.calls, np.asarray(n0) * reference.calls))
        return z, np.full(z.shape, np.inf)  # chance alone adds to a distance, and takes nothing from it
    if metric in {Metric.BOOKING_RATE, Metric.ESCALATION_RATE}:
        before = reference.value or 0.0
        none, bare = (rate_deviate(before * (1 + change), before, sizes, ratio) for ratio in (1.0, 1 + threshold))
        return np.abs(none), np.copysign(bare, bare * change)
    deviate = shift_deviate if metric is Metric.COST else rank_deviate
    shifts = log1p(change), log1p(change) - log1p(threshold)
    return deviate(shifts[0], reference.log_sd, sizes), deviate(shifts[1], reference.log_sd, sizes)


def _first(z: Array, past: Array, days: Array, level: float, clear: float) -> float | None:
    """The days after which z reaches `level` and the change is past its threshold by `clear` deviates; None past `MOST_DAYS`."""
    if not len(z):
        return None
    margin = np.minimum(z - level, past - clear)
    reached = np.flatnonzero(margin >= 0)
    if not len(reached):
        if z[-1] <= 0 or past[-1] <= 0:
            return None
        late = float(days[-1] * max(level / z[-1], clear / past[-1]) ** 2)
        return late if late <= MOST_DAYS else None
    place = int(reached[0])
    if place == 0:  # no shorter window holds enough conversations: the drift is a part of this one
        return float(days[0] * min(1.0, max(level / z[0], 1 - (past[0] - clear) / z[0])))
    low, high = np.sqrt(days[place - 1 : place + 1])
    share = -margin[place - 1] / (margin[place] - margin[place - 1])
    return float((low + share * (high - low)) ** 2)
