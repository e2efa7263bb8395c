"""What goes wrong around the prompt: values that go missing, traffic that stays away. A new prompt mends none of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.metrics import Rate
from lifecycle_core.drift.report import Incident
from lifecycle_core.drift.scan import scan
from lifecycle_core.drift.windows import DAY, LENGTHS, WEEK, instant
from lifecycle_core.rollups import Served
from lifecycle_core.statistics.arrays import Array, divide, floats, natural_log
from lifecycle_core.statistics.levels import entry_level, looks, normal_of_t

BUDGET: Final = 0.25
"""False incidents a quarter, of the four kinds together."""
KINDS: Final = 4
LONGEST: Final = 96
SHARE_POINTS: Final = 0.03
SHARE_TIMES: Final = 2.0
TRAFFIC_FLOOR: Final = -0.5
FEWEST_EXPECTED: Final = 10
SILENCE_EXPECTED: Final = 20
"""How many conversations must have been expected where none came."""

_LENGTHS: Final = LENGTHS[LENGTHS <= LONGEST]
_WEEKS: Final = 4
_WEEKDAYS: Final = 7


@dataclass(frozen=True, slots=True)
class _Missing:
    """A share that should stay as it was: its kind, what it counts, and its name for people."""

    kind: str
    rate: Rate
    name: str


_SHARES: Final = (
    _Missing("missing_cost", Rate("cost_n", "conversations", -1), "have no cost"),
    _Missing("missing_latency", Rate("latency_n", "conversations", -1), "have no response time"),
    _Missing("zero_cost", Rate("cost_zero_n", "cost_n", +1), "cost nothing"),
)


def incidents_of(gathered: Gathered, traffic: Served, now: int, fewest: int) -> tuple[Incident, ...]:
    """The incidents in traffic and in what conversations tell, as of hour `now`.

    traffic : that of the whole variant, since customers do not stay away where another version takes over.
    fewest : conversations needed on both sides of a share.
    """
    found = [_share(it, gathered, now, fewest) for it in _SHARES]
    inside = traffic.hours < now
    found.append(_traffic(traffic.hours[inside], traffic.conversations[inside], now))
    return tuple(it for it in found if it)


def _entry(conversations_a_day: float, each: float) -> float:
    return entry_level(BUDGET, KINDS * len(_LENGTHS), looks(conversations_a_day, each))


def _share(missing: _Missing, gathered: Gathered, now: int, fewest: int) -> Incident | None:
    """A share that rose by 3 points and doubled, with the evidence for it."""
    sides = gathered.windows.recent, gathered.windows.reference
    recent, reference = (missing.rate.value(it) for it in sides)
    if missing.rate.harm < 0:
        recent, reference = 1 - recent, 1 - reference
    past = (recent - reference >= SHARE_POINTS) & (recent >= SHARE_TIMES * reference) & (LENGTHS <= LONGEST)
    for side in sides:
        past &= missing.rate.n(side) >= fewest
    if not past.any():
        return None
    found = scan(missing.rate, gathered.windows, 0.0)
    alarming = past & (found.z >= _entry(gathered.conversations_a_day, fewest))
    if not alarming.any():
        return None
    place = int(np.argmax(np.where(alarming, found.z, -np.inf)))
    hours, share, before = int(LENGTHS[place]), float(recent[place]), float(reference[place])
    message = f"{share:.1%} of the conversations of the last {hours} h {missing.name}; {before:.1%} did before"
    return Incident(missing.kind, message, share=share, reference_share=before, since=instant(now - hours))


def _traffic(hours: NDArray[np.int64], conversations: Array, now: int) -> Incident | None:
    """Conversations that stay away, against the same weekday's hours of the weeks before."""
    first = int(hours.min(initial=now))
    weeks = min(_WEEKS, (now - first - int(_LENGTHS[0])) // WEEK)
    if weeks < 1:
        return None
    back = now - 1 - hours
    counts = floats(np.bincount(back, weights=conversations, minlength=(_WEEKS + 1) * WEEK + LONGEST))
    upto = np.concatenate([[0.0], np.cumsum(counts)])
    came = upto[_LENGTHS]
    whole = (now - first) >= weeks * WEEK + _LENGTHS
    before = sum((upto[week * WEEK + _LENGTHS] - upto[week * WEEK] for week in range(1, weeks + 1)), np.zeros(len(_LENGTHS)))
    expected = before / weeks
    silent = whole & (came == 0) & (expected >= SILENCE_EXPECTED)
    if silent.any():
        place = int(np.flatnonzero(silent)[-1])
        length, wanted = int(_LENGTHS[place]), float(expected[place])
        message = f"no conversation ended in the last {length} h, where {wanted:.0f} were expected"
        return Incident("no_traffic", message, since=instant(now - length))
    if now - first < _WEEKS * WEEK + LONGEST:
        return None
    fall = divide(came - expected, expected)
    z = _deviate(came, before, counts)
    past = (expected >= FEWEST_EXPECTED) & (fall <= TRAFFIC_FLOOR)
    alarming = past & (z >= _entry(float(upto[_WEEKS * WEEK]) / (_WEEKS * _WEEKDAYS), FEWEST_EXPECTED))
    if not alarming.any():
        return None
    place = int(np.argmax(np.where(alarming, z, -np.inf)))
    length, wanted = int(_LENGTHS[place]), float(expected[place])
    message = f"{came[place]:.0f} conversations ended in the last {length} h, where {wanted:.0f} were expected ({fall[place]:+.0%})"
    return Incident("traffic", message, since=instant(now - length))


def _deviate(came: Array, before: Array, counts: Array) -> Array:
    """How far the recent counts lie below a fifth of both together, days being more unequal than chance makes them.

    counts : conversations by hour, the last hour first. The overdispersion is learnt from day totals around their weekday's
    mean over the 28 days before the last 4.
    """
    days = counts[LONGEST : LONGEST + _WEEKS * WEEK].reshape(_WEEKS, _WEEKDAYS, DAY).sum(axis=-1)
    mean = days.mean(axis=0)
    spread = float(divide((days - mean) ** 2, np.broadcast_to(mean, days.shape), 0.0).sum())
    taught = (_WEEKS - 1) * _WEEKDAYS
    overall = max(1.0, spread / taught)
    part = np.minimum(1.0, divide(before / _WEEKS, float(days.mean()), 0.0))
    excess = 1 + (overall - 1) * part
    both, share = came + before, 1 / (_WEEKS + 1)
    ratio = came * (natural_log(came) - natural_log(both * share)) + before * (natural_log(before) - natural_log(both * (1 - share)))
    raw = np.copysign(np.sqrt(2 * np.maximum(0.0, ratio) / excess), both * share - came)
    return normal_of_t(raw, np.where(excess > 1, taught * (excess / np.where(excess > 1, excess - 1, 1.0)) ** 2, np.inf))
