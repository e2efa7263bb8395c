"""Alarms that last, as of one check: how the latest conversations stand to the weeks before the drift."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import QUIET_CHECKS, FrozenReference
from lifecycle_core.drift.evidence import Pair
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Against, Comparison, Held, Severity
from lifecycle_core.drift.scan import Windows, scan
from lifecycle_core.drift.severity import severity_of
from lifecycle_core.drift.sliding import History, Reference
from lifecycle_core.drift.states import Followed, follow, in_a_row
from lifecycle_core.drift.teaching import taught_before
from lifecycle_core.drift.windows import DAY, instant
from lifecycle_core.policy import Policy
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.statistics.arrays import floats


@dataclass(frozen=True, slots=True)
class Lasting:
    """An alarm that lasts, or that this check ends; how it went on in the last checks, and the weeks that it is judged by."""

    held: Held
    followed: Followed
    reference: Reference
    now: int

    def severity(self, policy: Policy) -> Severity:
        """How bad it is now: low where the change is no longer past its threshold."""
        if not self.followed.past[-1]:
            return Severity.LOW
        change = float(self.followed.lasting[-1])
        return severity_of(None if np.isnan(change) else change, threshold_of(self.held.comparison, policy))

    def pair(self, policy: Policy) -> Pair | None:
        """The latest conversations against the weeks before the drift; None while they are too few."""
        if not self.held.hours:
            return None
        place = np.array([len(self.followed.hours) - 1])
        nothing = np.zeros(1, dtype=np.int64)
        side = self.reference.by_clock.side(nothing + DAY, nothing)
        days = (floats([self.held.hours / DAY]), floats([self.reference.span_days]))
        windows = Windows(self.followed.latest.take((place,)), side.take((nothing,)), *days, taught_before(self.reference.days, (1,)))
        found = scan(MEASURES[self.held.comparison], windows, threshold_of(self.held.comparison, policy))
        return Pair(windows, found, 0, self.held.hours, self.now, self.held.reference, Against.FROZEN)


def lasting(it: FrozenReference, history: History, weeks: Callable[[FrozenReference], Reference], now: int, policy: Policy) -> Lasting:
    """How the alarm `it` stands as of hour `now`.

    history : of the version that drifts, since the onset at least; weeks : the frozen reference's sums.
    """
    reference = weeks(it)
    ends = np.arange(max(epoch_hour(it.entered_at) + 1, now - QUIET_CHECKS + 1), now + 1)
    followed = follow(it.comparison, history, reference, ends, epoch_hour(it.onset_at), policy)
    change = float(followed.change[-1])
    held = Held(
        comparison=it.comparison,
        entered_at=it.entered_at,
        onset=it.onset_at,
        reference=Window(it.starts_at, it.ends_at),
        version=it.version,
        length=it.hours,
        quiet_checks=int(in_a_row(followed.near)[-1]),
        needed=QUIET_CHECKS,
        relative_change=None if np.isnan(change) else change,
        n=round(float(MEASURES[it.comparison].n(followed.latest)[-1])),
        hours=int(followed.hours[-1]),
    )
    return Lasting(held, followed, reference, now)


def entered(it: Comparison, pair: Pair, version: int) -> Held:
    """The alarm that a check finds: it freezes the weeks before its onset.

    pair : the length that speaks most strongly; version : whose weeks these are.
    """
    return Held(
        comparison=it,
        entered_at=instant(pair.now),
        onset=instant(pair.now - pair.hours),
        reference=pair.reference,
        version=version,
        length=pair.hours,
        quiet_checks=0,
        needed=QUIET_CHECKS,
        relative_change=pair.relative_change,
        n=round(float(pair.found.recent_n[pair.place])),
        hours=pair.hours,
    )
