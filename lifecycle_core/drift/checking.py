"""What a check is made of: the sums of its windows, the weeks before a new version, and the alarms that last."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.background import Background
from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.comparing import Comparing
from lifecycle_core.drift.episodes import FrozenReference
from lifecycle_core.drift.forecast import DAYS as FORECAST_DAYS
from lifecycle_core.drift.gathering import Gathered, HourSpan, gather
from lifecycle_core.drift.incidents import incidents_of, shares_of
from lifecycle_core.drift.lasting import Lasting, lasting
from lifecycle_core.drift.missing import SHARE_LENGTHS, Share, may_have_risen
from lifecycle_core.drift.report import Incident
from lifecycle_core.drift.sliding import History, Reference, Span
from lifecycle_core.drift.states import healed
from lifecycle_core.drift.windows import DAY, REFERENCE_HOURS
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable, Served
from lifecycle_core.rollups import epoch_hour, scalar
from lifecycle_core.statistics.arrays import Array


@dataclass(frozen=True, slots=True)
class WeeksBefore:
    """The weeks of what served before: the version, and the sums."""

    version: int
    reference: Reference


@dataclass(frozen=True)
class Checking:
    """What a check is made of, each part of it once and when it is asked for.

    table, policy, background : as of `detect`; window : the hours that a check looks at.
    """

    table: RollupTable
    policy: Policy
    window: Window
    background: Background

    @cached_property
    def now(self) -> int:
        """The present hour."""
        return epoch_hour(self.window.end)

    @cached_property
    def own(self) -> HourSpan:
        """The version's own time, as far as a check looks."""
        whole = HourSpan(epoch_hour(self.window.start), self.now)
        before = self.background.before
        return whole if before is None else whole.cut(epoch_hour(before.since))

    @cached_property
    def recent(self) -> HourSpan:
        """The recent hours of the pair that the reply shows."""
        return HourSpan(self.now - self.policy.recent_hours, self.now).cut(self.own.start)

    @cached_property
    def reference(self) -> HourSpan:
        """The hours that these are compared with."""
        return HourSpan(self.now - self.policy.reference_days * DAY, self.now - self.policy.recent_hours).cut(self.own.start)

    @cached_property
    def columns(self) -> Columns:
        """Which sums are in use."""
        before = self.background.before
        others = () if before is None or before.table is None else (before.table.entries,)
        return Columns.used(self.table.entries, *others)

    @cached_property
    def before(self) -> WeeksBefore | None:
        """The weeks before the version's own time, for its first 28 days."""
        before = self.background.before
        if before is None or before.table is None or self.now >= epoch_hour(before.since) + REFERENCE_HOURS:
            return None
        until = epoch_hour(before.until or before.since)
        return WeeksBefore(before.table.version, Reference.of(before.table, self.columns, until - REFERENCE_HOURS, until, self.ended))

    @property
    def compared_before(self) -> WeeksBefore | None:
        """The same where every length is compared with them as well."""
        before = self.background.before
        return self.before if before is not None and before.compared else None

    @cached_property
    def ended(self) -> tuple[Span, ...]:
        """The hours of drifts that had ended before this check."""
        return tuple((epoch_hour(start), epoch_hour(end)) for start, end in self.background.left_out)

    def _frozen(self, it: FrozenReference) -> Reference:
        """The weeks that an alarm is judged by, without drifts that had ended when it began, and without broken conversations."""
        before, entered_at = self.background.before, epoch_hour(it.entered_at)
        others = before.table if before is not None and it.version != self.table.version else None
        known = tuple(span for span in self.ended if span[1] <= healed(entered_at))
        return Reference.of(others or self.table, self.columns, epoch_hour(it.starts_at), epoch_hour(it.ends_at), known, broken=False)

    @cached_property
    def lasting(self) -> tuple[Lasting, ...]:
        """The alarms that last, and those that this check ends."""
        held = self.background.held if self.policy.mode is Mode.EVIDENCE else ()
        if not held:
            return ()
        begin = min(epoch_hour(it.onset_at) for it in held)
        history = History.of(self.table, self.columns, min(begin, self.now - DAY), self.now, ~self.table.provider_fault)
        return tuple(lasting(it, history, self._frozen, self.now, self.policy) for it in held)

    @cached_property
    def gathered(self) -> Gathered:
        """All sums of the check."""
        taught_by = None if self.before is None else self.before.reference.days
        return gather(self.table, self.columns, self.own, self.recent, self.reference, taught_by, self.left_out)

    @cached_property
    def left_out(self) -> tuple[Span, ...]:
        """The hours of drifts that have ended, those that this check ends among them."""
        ending = ((epoch_hour(it.held.onset), healed(self.now)) for it in self.lasting if it.held.ended)
        return (*self.ended, *ending)

    @cached_property
    def comparing(self) -> Comparing:
        """What is compared."""
        return Comparing(
            self.gathered, self.policy, None if self.before is None else self.before.reference, self.compared_before is not None
        )

    @cached_property
    def plain(self) -> Array:
        """The plain sums of each row: (r, s)."""
        return self.table.plain()

    @cached_property
    def daily(self) -> Array:
        """The plain sums of the last days, each 24 hours long, the last one first: (days, s)."""
        place = (self.now - 1 - self.table.hours) // DAY
        chosen: Array = ((place == np.arange(FORECAST_DAYS)[:, None]) & self.gathered.inside) @ self.plain
        return chosen

    def incidents(self) -> tuple[Incident, ...]:
        """What goes wrong around the prompt."""
        served, fewest = self.table.served, self.policy.min_samples_for_comparison
        shares = self._shares() if self.left_out or self._may_have_risen(fewest) else {}
        traffic = Served(self.table.hours, self.table.column("conversations")) if served is None else served
        return incidents_of(shares, traffic, self.now, fewest)

    def _may_have_risen(self, fewest: int) -> bool:
        windows = self.gathered.windows.take((np.arange(len(SHARE_LENGTHS)),))
        return may_have_risen(windows.recent.of, windows.reference.of, fewest)

    def _shares(self) -> dict[str, Share]:
        own = self.own.holds(self.table.hours)
        return shares_of(self.table.hours[own], lambda name: self.plain[own, scalar(name)])
