"""What comparisons say of a metric, and when an alarm ends.

1. A length with enough conversations on both sides, a change at or past the threshold and z at the entry level is an alarm.
2. An alarm freezes its reference: the weeks before its onset, so that a lasting drift never becomes the new normal.
3. It is as severe as its change since the onset, of the last week at most: at first that of the length which names the onset.
4. It ends when `QUIET_CHECKS` checks in a row find the latest conversations, all of them since the onset, within half a threshold
   of the frozen reference; those that a provider's fault broke count on neither side. Every one of these checks is made again from
   the sums, so that a check that never ran changes nothing.
5. A metric alarms once: while it or its tail lasts, the other begins no alarm of its own.
6. The hours of a drift that has ended belong to no window afterwards: neither ill nor healthy conversations are judged by them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.episodes import QUIET_CHECKS
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Comparison, Status
from lifecycle_core.drift.running import RunningSide
from lifecycle_core.drift.scan import Scan
from lifecycle_core.drift.sliding import History, Reference
from lifecycle_core.drift.windows import WEEK
from lifecycle_core.policy import Policy
from lifecycle_core.statistics.arrays import Array

SUSPICION: Final = 2.5
"""The z from which a change past its threshold is suspected; on the bare threshold nine healthy checks in ten would be."""
LATEST: Final = 200
LATEST_OF_A_TAIL: Final = 500
"""How many of the latest conversations must be near the reference; a hundred would end a fall from 75% to 65% too early in a third."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A comparison's state.

    strongest : the place of the length that speaks most strongly: among those that alarm, else that are suspected, else of all
        with enough conversations; None where no length has them.
    """

    status: Status
    strongest: int | None = None


def judge(found: Scan, entry: float, fewest: int) -> Verdict:
    """The state that (lengths,) comparisons amount to.

    entry : float, the z that evidence must reach; fewest : int, conversations needed on both sides.
    """
    enough = (found.recent_n >= fewest) & (found.reference_n >= fewest)
    if not enough.any():
        return Verdict(Status.INSUFFICIENT_DATA)
    past = enough & found.passes
    alarming, suspected = past & (found.z >= entry), past & (found.z >= SUSPICION)
    if alarming.any():
        return Verdict(Status.DRIFT, _strongest(found, alarming))
    if suspected.any():
        return Verdict(Status.SUSPECTED, _strongest(found, suspected))
    return Verdict(Status.STABLE, _strongest(found, enough))


def _strongest(found: Scan, among: NDArray[np.bool_]) -> int:
    return int(np.argmax(np.where(among, found.z, -np.inf)))


@dataclass(frozen=True, slots=True)
class Followed:
    """A lasting alarm, check by check: (checks,) each.

    near : whether there are enough of the latest conversations and they lie near the frozen reference.
    change : of them against it, NaN where there are too few; latest : their sums; hours : how far back they reach, 0 where too few.
    lasting : the change of the last week since the onset; past : whether that passes the whole threshold.
    """

    near: NDArray[np.bool_]
    change: Array
    latest: RunningSide
    hours: Places
    lasting: Array
    past: NDArray[np.bool_]


def follow(  # noqa: PLR0917 - what is compared, with what, when, and by which threshold
    it: Comparison, history: History, reference: Reference, ends: Places, onset: int, policy: Policy
) -> Followed:
    """How an alarm goes on as of the hours `ends`, (checks,) int.

    history : of the version that drifts; reference : the frozen one; onset : the hour at which the drift began.
    """
    measure, threshold = MEASURES[it], threshold_of(it, policy)
    latest, hours = history.latest(ends, measure.n, LATEST_OF_A_TAIL if it.is_tail else LATEST, onset)
    before, enough = reference.all, hours > 0
    change = np.where(enough, measure.beyond_chance(latest, before), np.nan)
    near = enough & ~measure.passes(change, latest, before, threshold / 2)
    week = history.total.side(history.rows(ends), history.rows(np.maximum(ends - WEEK, onset)))
    lasting = measure.beyond_chance(week, before)
    return Followed(near, change, latest, hours, lasting, measure.passes(lasting, week, before, threshold))


def in_a_row(near: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many in a row, each included, are true: (checks,) bool -> (checks,) int.

    >>> in_a_row(np.array([True, False, True, True])).tolist()
    [1, 0, 1, 2]
    """
    place = np.arange(len(near))
    run: NDArray[np.int64] = place - np.maximum.accumulate(np.where(near, -1, place))
    return run


def healed(ended: int) -> int:
    """The hour from which on conversations are healthy again, of an alarm that the check as of hour `ended` ended: its first quiet check's.

    >>> healed(100)
    77
    """
    return ended - QUIET_CHECKS + 1
