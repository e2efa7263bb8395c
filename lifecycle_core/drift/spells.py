"""Episodes of replayed hours: what `drift.episodes` makes of recorded checks, for many hours at once and without their reports.

The same rules hold: one open at a time, closed by another version or by a person who calls it known, or by the first hour without a
drift where alarms last by themselves; else by `QUIET_CHECKS` judged hours in a row without one. An hour without enough data judges nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.episodes import QUIET_CHECKS
from lifecycle_core.drift.report import Metric, Severity


@dataclass(frozen=True, slots=True)
class Spell:
    """One episode, in hours since 1970.

    began, last_seen : int, the first and the last hour that found a drift. ended : int; None where it goes on.
    drifts : all that were seen, severity : the worst, hours : int, how many found a drift.
    """

    began: int
    last_seen: int
    ended: int | None
    drifts: tuple[Metric, ...]
    severity: Severity
    hours: int


def spells(
    severities: Mapping[Metric, NDArray[np.int8]], judged: NDArray[np.bool_], stretch: NDArray[np.int64], first: int, *, lasting: bool
) -> tuple[Spell, ...]:
    """The episodes of consecutive hours from `first` on, oldest first.

    severities : (t,) int for each metric, the rank of a drift's severity; -1 where the metric does not drift.
    judged : (t,) bool, hours with enough data to judge by. stretch : (t,) int, another number where an episode is cut off.
    lasting : whether alarms last by themselves until they end, as in `Mode.EVIDENCE`; what drifts no more has then ended.

    >>> found = np.array([-1, 0, 2, -1], dtype=np.int8)
    >>> (one,) = spells({Metric.COST: found}, np.ones(4, dtype=bool), np.ones(4, dtype=np.int64), 100, lasting=True)
    >>> one.began, one.last_seen, one.ended, one.severity.value, one.hours
    (101, 102, 103, 'high', 2)
    """
    ranks = np.array([severities[metric] for metric in severities]).reshape(len(severities), len(judged))
    worst = ranks.max(axis=0, initial=-1)
    drifting = np.flatnonzero(worst >= 0)
    if not len(drifting):
        return ()
    quiet, needed = np.cumsum((judged | lasting) & (worst < 0)), 1 if lasting else QUIET_CHECKS
    switches = np.cumsum(np.append(False, stretch[1:] != stretch[:-1]))
    apart = (np.diff(quiet[drifting]) >= needed) | (np.diff(switches[drifting]) > 0)
    groups = np.split(drifting, np.flatnonzero(apart) + 1)
    return tuple(_spell(group, ranks, tuple(severities), _end(int(group[-1]), quiet, switches, needed), first) for group in groups)


def _end(last: int, quiet: NDArray[np.int64], switches: NDArray[np.int64], needed: int) -> int | None:
    """The place at which an episode closes that was last seen at `last`; `needed` quiet hours close it."""
    closed = (quiet[last:] >= quiet[last] + needed) | (switches[last:] > switches[last])
    return last + int(np.argmax(closed)) if closed.any() else None


def _spell(group: NDArray[np.int64], ranks: NDArray[np.int8], metrics: tuple[Metric, ...], end: int | None, first: int) -> Spell:
    seen = ranks[:, group].max(axis=1)
    return Spell(
        began=first + int(group[0]),
        last_seen=first + int(group[-1]),
        ended=None if end is None else first + end,
        drifts=tuple(metric for metric, rank in zip(metrics, seen, strict=True) if rank >= 0),
        severity=list(Severity)[int(seen.max())],
        hours=len(group),
    )
