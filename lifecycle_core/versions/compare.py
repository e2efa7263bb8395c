"""Two versions of a variant, side by side, by what their traffic came to. Traffic is not randomised: other times, other customers."""

from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import Final

from lifecycle_core.statistics.arrays import floats
from lifecycle_core.statistics.intervals import critical, difference_interval, wilson
from lifecycle_core.statistics.means import mean_ratio_interval, variance
from lifecycle_core.versions.version import Performance

CONFIDENCE: Final = 0.95


class Direction(StrEnum):
    """What the interval of a difference says of the second version; undecided where it holds zero, unknown where there is none."""

    HIGHER = "higher"
    LOWER = "lower"
    UNDECIDED = "undecided"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Relative changes from the first version to the second; None where either side is unknown or the first is zero."""

    booking_rate: float | None
    escalation_rate: float | None
    avg_cost_usd: float | None
    avg_tokens: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """Between what a figure lies, at `CONFIDENCE`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """How well a difference is known.

    version1, version2 : the figure's interval of each, None where no spread is known; n1, n2 : conversations that know it.
    difference : of two rates their difference as a fraction, of two means the relative change.
    """

    version1: Interval | None
    version2: Interval | None
    n1: int
    n2: int
    difference: Interval | None

    @property
    def direction(self) -> Direction:
        """What the interval of the difference says."""
        if self.difference is None:
            return Direction.UNKNOWN
        return Direction.HIGHER if self.difference.low > 0 else Direction.LOWER if self.difference.high < 0 else Direction.UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the traffic of two versions came to, and how the second differs.

    booking_rate, escalation_rate, avg_cost_usd : how well each difference is known; of tokens no spread is kept.
    """

    variant_name: str
    version1: Performance
    version2: Performance
    differences: Differences
    booking_rate: Certainty
    escalation_rate: Certainty
    avg_cost_usd: Certainty


def compare(variant: str, version1: Performance, version2: Performance) -> Comparison:
    """Set the performance of two versions side by side."""
    differences = Differences(
        booking_rate=relative_change(version1.booking_rate, version2.booking_rate),
        escalation_rate=relative_change(version1.escalation_rate, version2.escalation_rate),
        avg_cost_usd=relative_change(version1.avg_cost_usd, version2.avg_cost_usd),
        avg_tokens=relative_change(version1.avg_tokens, version2.avg_tokens),
    )
    return Comparison(
        variant_name=variant,
        version1=version1,
        version2=version2,
        differences=differences,
        booking_rate=of_rates((version1.bookings, version1.booked_n), (version2.bookings, version2.booked_n)),
        escalation_rate=of_rates((version1.escalations, version1.escalated_n), (version2.escalations, version2.escalated_n)),
        avg_cost_usd=of_costs(version1, version2),
    )


def of_rates(first: tuple[int, int], second: tuple[int, int]) -> Certainty:
    """How well the difference of two rates is known.

    first, second : successes and trials. Each rate has Wilson's interval, their difference Newcombe's (method 10).

    >>> found = of_rates((375, 500), (82, 100))
    >>> round(found.difference.low, 3), round(found.difference.high, 3), found.direction.value
    (-0.024, 0.144, 'undecided')
    """
    z, known = critical(CONFIDENCE), first[1] > 0 and second[1] > 0
    low1, high1 = wilson(*first, z)
    low2, high2 = wilson(*second, z)
    one, two = Interval(float(low1), float(high1)), Interval(float(low2), float(high2))
    difference = None
    if known:
        rates = [x / n for x, n in (second, first)]
        low, high = difference_interval((floats(rates[0]), low2, high2), (floats(rates[1]), low1, high1))
        difference = Interval(float(low), float(high))
    return Certainty(
        version1=one if first[1] else None, version2=two if second[1] else None, n1=first[1], n2=second[1], difference=difference
    )


def of_costs(first: Performance, second: Performance) -> Certainty:
    """How well the relative change of the mean cost is known, by the delta method on its logarithm.

    The spread of costs is that of a log-normal with the logarithms' variance, since sums of squares are not kept; what costs nothing is
    let in as a share of its own.
    """
    z = critical(CONFIDENCE)
    sides = [_moments(it) for it in (first, second)]
    ratio = None
    if all(it.cost_n > 1 for it in (first, second)):
        ratio = mean_ratio_interval(sides[1], sides[0], (1.0, 1.0), z)
    return Certainty(
        version1=_around(sides[0], z),
        version2=_around(sides[1], z),
        n1=first.cost_n,
        n2=second.cost_n,
        difference=None if ratio is None else Interval(ratio[0] - 1, ratio[1] - 1),
    )


def relative_change(reference: float | None, recent: float | None) -> float | None:
    """`(recent - reference) / reference`; None where either is unknown or the reference is zero.

    >>> round(relative_change(0.75, 0.82), 4)
    0.0933
    >>> relative_change(0.0, 0.5) is None
    True
    """
    return None if reference is None or recent is None or reference == 0 else (recent - reference) / reference


def _moments(it: Performance) -> tuple[float, float, float]:
    """(n, mean, mean of squares) of the cost."""
    mean, priced = it.avg_cost_usd or 0.0, it.cost_n - it.cost_zero_n
    if priced <= 0:
        return float(it.cost_n), mean, mean**2
    spread = exp(float(variance(priced, it.log_cost, it.log_cost_squared)))
    return float(it.cost_n), mean, mean**2 * spread * it.cost_n / priced


def _around(side: tuple[float, float, float], z: float) -> Interval | None:
    n, mean, _ = side
    if n <= 1:
        return None
    exact = (1e12, mean, mean**2)
    found = mean_ratio_interval(side, exact, (1.0, 0.0), z)
    return None if found is None else Interval(mean * found[0], mean * found[1])
