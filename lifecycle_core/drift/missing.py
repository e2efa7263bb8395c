"""Values that go missing: shares of conversations that should stay as they were."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.hours import Hours, RunningHours
from lifecycle_core.drift.windows import DAY, LENGTHS, REFERENCE_HOURS
from lifecycle_core.statistics.arrays import Array, divide, floats
from lifecycle_core.statistics.beta_binomial import Counted, correlation_weights, foretold_rate, rise_tail
from lifecycle_core.statistics.levels import DAYS_A_QUARTER, MOST_LOOKS

SHARE_POINTS: Final = 0.03
SHARE_TIMES: Final = 2.0
SHARE_LENGTHS: Final = LENGTHS[LENGTHS <= 96]  # noqa: PLR2004 - hours: what goes missing for longer was found before
FRESH_CONVERSATIONS: Final = 40
"""How many fresh conversations make a look that tells something new."""
TEACHING_DAYS: Final = 44
"""All whole days of a look-back of 49 that end before the longest window begins: a rare share teaches slowly."""
SHARES: Final[Mapping[str, str]] = MappingProxyType(
    {"missing_cost": "have no cost", "missing_latency": "have no response time", "zero_cost": "cost nothing"}
)
"""What each kind is called by people."""

_DAYS_BACK: Final = TEACHING_DAYS + 6
_ROUNDING: Final = 1e-9
"""What a share may fall short of a floor by, so that three points are three points however they were added up."""
_SHORT: Final = SHARE_LENGTHS < DAY
_DAY_PLACE: Final = int(np.flatnonzero(SHARE_LENGTHS == DAY)[0])


@dataclass(frozen=True, slots=True)
class Share:
    """Conversations that lack something, by hour: (r,) each.

    hours : int, since 1970-01-01T00:00Z, an hour perhaps more than once; events : float, those that lack it; n : float, of how many.
    """

    hours: Hours
    events: Array
    n: Array


def shares_of(hours: Hours, column: Callable[[str], Array]) -> dict[str, Share]:
    """The shares of rollups, by kind.

    hours : (r,) int; column : the plain sum of a name, of each row: (r,) float.

    >>> sums = {"conversations": 10.0, "cost_n": 9.0, "latency_n": 10.0, "cost_zero_n": 3.0}
    >>> shares = shares_of(np.array([0]), lambda name: np.array([sums[name]]))
    >>> {kind: (float(it.events[0]), float(it.n[0])) for kind, it in shares.items()}
    {'missing_cost': (1.0, 10.0), 'missing_latency': (0.0, 10.0), 'zero_cost': (3.0, 9.0)}
    """
    every, priced = column("conversations"), column("cost_n")
    return {
        "missing_cost": Share(hours, every - priced, every),
        "missing_latency": Share(hours, every - column("latency_n"), every),
        "zero_cost": Share(hours, column("cost_zero_n"), priced),
    }


def may_have_risen(recent: Callable[[str], Array], reference: Callable[[str], Array], fewest: int) -> bool:
    """Whether any share lies past the floors in any window, which is quick to tell from sums that are at hand; else none has risen.

    recent, reference : the plain sums, by name, of windows of `SHARE_LENGTHS` and of what each is compared with: (lengths,) float.
    """
    for known, every in (("cost_n", "conversations"), ("latency_n", "conversations"), ("cost_zero_n", "cost_n")):
        n1, n0 = recent(every), reference(every)
        after, before = divide(recent(known), n1), divide(reference(known), n0)
        if every == "conversations":
            after, before = 1 - after, 1 - before
        if _past(after, before, (n1 >= fewest) & (n0 >= fewest)).any():
            return True
    return False


def _past(after: Array, before: Array, enough: NDArray[np.bool_]) -> NDArray[np.bool_]:
    past: NDArray[np.bool_] = enough & (after - before >= SHARE_POINTS - _ROUNDING) & (after >= SHARE_TIMES * before - _ROUNDING)
    return past


@dataclass(frozen=True, slots=True)
class Risen:
    """Where a share rose: (T, lengths) each, T the hours asked for.

    alarming : bool; tail : float, how probable so many are by chance, 1 where the share has not risen enough;
    recent, reference : float, the share in both windows.
    """

    alarming: NDArray[np.bool_]
    tail: Array
    recent: Array
    reference: Array


def risen(share: Share, ends: Hours, fewest: int, budget: float) -> Risen:
    """Where the share rose by 3 points and doubled, with the evidence for it, as of each of the hours `ends`.

    ends : (T,) int, hours since 1970, ascending; what lies at or after one is not looked at. The 50 days before count.
    fewest : conversations needed on both sides; budget : float, false alarms a quarter.

    The reference is that of the metrics: `[now - 28 d, now - L)`, under a day like hours only. The days that teach how days
    differ are the 44 before the last 4. The budget is spent evenly over looks, a fresh one for every 40 conversations,
    and over the lengths in which half of `fewest` are expected: shorter ones are hardly ever looked at.
    """
    first, last = int(ends.min()) - _DAYS_BACK * DAY, int(ends.max())
    events, n = (RunningHours.of(share.hours, it, first, last) for it in (share.events, share.n))
    recent, reference = _recent(events, n, ends), _reference(events, n, ends)
    before, after = divide(reference.x, reference.n), divide(recent.x, recent.n)
    enough = (recent.n >= fewest) & (reference.n >= fewest)
    past = _past(after, before, enough)
    tail = np.ones(past.shape)
    if past.any():
        weights = _taught(events, n, ends, np.nonzero(past)[0])
        tail[past] = rise_tail(_at(recent, past), _at(reference, past), _rate(reference)[past], weights)
    level = _level(reference, fewest, budget)
    return Risen(past & (tail <= level[:, None]), tail, after, before)


def _recent(events: RunningHours, n: RunningHours, ends: Hours) -> Counted:
    end = ends[:, None]
    days = np.broadcast_to(np.maximum(1.0, SHARE_LENGTHS / DAY), (len(ends), len(SHARE_LENGTHS)))
    return Counted(events.between(end - SHARE_LENGTHS, end), n.between(end - SHARE_LENGTHS, end), days)


def _reference(events: RunningHours, n: RunningHours, ends: Hours) -> Counted:
    """The reference of each length; as many days as hold a conversation, where these are fewer than it spans."""
    end = ends[:, None]
    start, stop = end - REFERENCE_HOURS, end - SHARE_LENGTHS
    begin, days = end - np.where(_SHORT, SHARE_LENGTHS, 0), REFERENCE_HOURS // DAY - 1
    x, of = (np.where(_SHORT, it.alike_between(begin, end, days), it.between(start, stop)) for it in (events, n))
    held = np.concatenate([[0], np.cumsum(n.days() > 0)])
    touched = held[(stop - 1 - n.start) // DAY + 1] - held[(start - n.start) // DAY]
    return Counted(x, of, floats(np.minimum((stop - start) / DAY, touched)))


def _rate(reference: Counted) -> Array:
    """What each length's reference foretells: (T, lengths).

    Like hours are few, and a share that was never seen in them was perhaps never looked for: a length under a day is foretold
    what all hours have, or its own like hours, whichever is more.
    """
    own = foretold_rate(reference.x, reference.n)
    return floats(np.where(_SHORT, np.maximum(divide(reference.x, reference.n), own[:, [_DAY_PLACE]]), own))


def _at(counted: Counted, past: NDArray[np.bool_]) -> Counted:
    return Counted(counted.x[past], counted.n[past], counted.days[past])


def _taught(events: RunningHours, n: RunningHours, ends: Hours, rows: Hours) -> Array:
    """How likely each day correlation is, at those of `ends` that `rows` name: (rows, correlations)."""
    before = (ends[rows] - SHARE_LENGTHS[-1] - n.start) // DAY
    midnights, which = np.unique(before, return_inverse=True)
    days = midnights[:, None] - 1 - np.arange(TEACHING_DAYS)
    return correlation_weights(events.days()[days], n.days()[days])[which]


def _level(reference: Counted, fewest: int, budget: float) -> Array:
    """The probability that evidence must fall to: (T,)."""
    a_day = reference.n[:, _DAY_PLACE] / np.maximum(1.0, reference.days[:, _DAY_PLACE])
    looks = np.clip(DAYS_A_QUARTER * a_day / FRESH_CONVERSATIONS, 1.0, MOST_LOOKS)
    usable = (a_day[:, None] * SHARE_LENGTHS / DAY >= fewest / 2).sum(axis=1)
    return floats(budget / (np.maximum(1, usable) * looks))
