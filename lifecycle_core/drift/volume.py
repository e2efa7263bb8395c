"""Traffic that stays away, against the same weekday's hours of the weeks before."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.hours import Hours, RunningHours
from lifecycle_core.drift.windows import DAY, LENGTHS, LOOK_BACK_HOURS, WEEK
from lifecycle_core.rollup_tables import Served
from lifecycle_core.statistics.arrays import Array, divide, floats, natural_log
from lifecycle_core.statistics.levels import entry_level, looks, normal_of_t

TRAFFIC_FLOOR: Final = -0.5
FEWEST_EXPECTED: Final = 10
FRESH_EXPECTED: Final = 5
"""How many more conversations expected make a look that tells something new."""
SILENCE_EXPECTED: Final = 20
"""How many conversations must have been expected where none came."""
VOLUME_LENGTHS: Final = LENGTHS[LENGTHS <= 96]  # noqa: PLR2004 - hours, four days

_LONGEST: Final = int(VOLUME_LENGTHS[-1])
_WEEKS: Final = 4
_WEEKDAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Volume:
    """Where traffic stayed away: (T, lengths) each, T the hours asked for.

    silent : bool, none came where many were expected; alarming : bool, too few came.
    z : float, how far too few, where it was looked at; came, expected : float, conversations.
    """

    silent: NDArray[np.bool_]
    alarming: NDArray[np.bool_]
    z: Array
    came: Array
    expected: Array


def volume(traffic: Served, ends: Hours, budget: float) -> Volume:
    """Where traffic fell by half, with the evidence for it, or where none came, as of each of the hours `ends`.

    traffic : that of the whole variant, since customers do not stay away where another version takes over.
    ends : (T,) int, hours since 1970, ascending; what lies at or after one is not looked at.
    budget : float, false alarms a quarter.

    Silence is known after a week; less traffic once four weeks lie before the four days that may be under test.
    """
    running = RunningHours.of(traffic.hours, traffic.conversations, int(ends.min()) - LOOK_BACK_HOURS, int(ends.max()))
    history = ends - _first(traffic, ends)
    weeks = np.minimum(_WEEKS, (history - int(VOLUME_LENGTHS[0])) // WEEK)[:, None]
    end = ends[:, None]
    came = running.between(end - VOLUME_LENGTHS, end)
    before = np.zeros(came.shape)
    for week in range(1, _WEEKS + 1):
        then = end - week * WEEK
        before += np.where(week <= weeks, running.between(then - VOLUME_LENGTHS, then), 0.0)
    expected = before / np.maximum(1, weeks)
    whole = (weeks >= 1) & (history[:, None] >= weeks * WEEK + VOLUME_LENGTHS)
    silent = whole & (came == 0) & (expected >= SILENCE_EXPECTED)
    past = (history >= _WEEKS * WEEK + _LONGEST)[:, None] & (expected >= FEWEST_EXPECTED)
    past &= came - expected <= TRAFFIC_FLOOR * expected
    z = np.zeros(came.shape)
    rows = np.flatnonzero(past.any(axis=1))
    z[rows] = _deviate(came[rows], before[rows], running.between(*_days(ends[rows])))
    level = np.full((len(ends), 1), np.inf)
    level[rows, 0] = [_entry(float(it), budget) for it in running.between(ends[rows] - _WEEKS * WEEK, ends[rows])]
    return Volume(silent, past & (z >= level), z, came, expected)


def _first(traffic: Served, ends: Hours) -> Hours:
    """The first hour with traffic of each look-back; its own end where there is none."""
    hours = np.unique(traffic.hours)
    following: Hours = np.append(hours, np.iinfo(np.int64).max)[np.searchsorted(hours, ends - LOOK_BACK_HOURS)]
    return np.minimum(following, ends)


def _days(ends: Hours) -> tuple[Hours, Hours]:
    """The 28 days before the last 4, counted back from each end: their first hours, and those after their last; (T, 28) each."""
    after = ends[:, None] - _LONGEST - DAY * np.arange(_WEEKS * _WEEKDAYS)
    return after - DAY, after


def _entry(conversations: float, budget: float) -> float:
    return entry_level(budget, len(VOLUME_LENGTHS), looks(conversations / (_WEEKS * _WEEKDAYS), FRESH_EXPECTED))


def _deviate(came: Array, before: Array, days: Array) -> Array:
    """How far recent counts lie below a fifth of both together, days being more unequal than chance makes them: (T, lengths).

    came, before : (T, lengths) float; days : (T, 28) float, day totals, the last first. The overdispersion is learnt from them
    around their weekday's mean.
    """
    weekdays = days.reshape(-1, _WEEKS, _WEEKDAYS)
    mean = weekdays.mean(axis=1, keepdims=True)
    spread = divide((weekdays - mean) ** 2, np.broadcast_to(mean, weekdays.shape), 0.0).sum(axis=(1, 2))
    taught = (_WEEKS - 1) * _WEEKDAYS
    overall = np.maximum(1.0, spread / taught)[:, None]
    part = np.minimum(1.0, divide(before / _WEEKS, np.broadcast_to(days.mean(axis=1, keepdims=True), before.shape), 0.0))
    excess = 1 + (overall - 1) * part
    both, share = came + before, 1 / (_WEEKS + 1)
    ratio = came * (natural_log(came) - natural_log(both * share)) + before * (natural_log(before) - natural_log(both * (1 - share)))
    raw = np.copysign(np.sqrt(2 * np.maximum(0.0, ratio) / excess), both * share - came)
    df = np.where(excess > 1, taught * (excess / np.where(excess > 1, excess - 1, 1.0)) ** 2, np.inf)
    return floats(normal_of_t(raw, df))
