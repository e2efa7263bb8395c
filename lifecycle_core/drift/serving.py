"""The time in which one version served: its hours as running totals, and the weeks that they are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.replay import Segment
from lifecycle_core.drift.sliding import History, Reference, Span, kept
from lifecycle_core.drift.windows import LOOK_BACK_HOURS, REFERENCE_HOURS
from lifecycle_core.policy import Policy


@dataclass(frozen=True)
class Serving:
    """One version's time, as its checks see it.

    segment, policy : of the checks; ends : (checks,) int, the hours as of which they are made.
    left_out : the hours of drifts that had ended before it. going_on : the earliest onset of those that had not.
    """

    segment: Segment
    policy: Policy
    ends: Places
    left_out: tuple[Span, ...]
    going_on: int | None

    @cached_property
    def columns(self) -> Columns:
        """Which sums are in use, its own and those of what served before."""
        before = self.segment.before
        return Columns.used(self.segment.table.entries, *(() if before is None else (before.entries,)))

    @cached_property
    def history(self) -> History:
        """All hours of the version's own time."""
        return self.without((), self.ends)

    @cached_property
    def unbroken(self) -> History:
        """The same without the conversations that a provider's fault broke: by these an alarm is followed."""
        return self.without((), self.ends, broken=False) if self.segment.table.provider_fault.any() else self.history

    @cached_property
    def before(self) -> Reference | None:
        """The weeks before the version's own time."""
        it = self.segment
        if it.before is None or it.since is None:
            return None
        until = it.since if self.going_on is None or not it.compared else min(it.since, self.going_on)
        return Reference.of(it.before, self.columns, until - REFERENCE_HOURS, until, self.left_out)

    def without(self, left_out: Sequence[Span], ends: Places, *, broken: bool = True) -> History:
        """The same, as far as checks as of `ends` ask for it, without the hours that are left out, and without broken conversations."""
        table, since = self.segment.table, self.segment.since
        start = int(ends[0]) - LOOK_BACK_HOURS
        chosen = kept(table, left_out) if broken else kept(table, left_out) & ~table.provider_fault
        return History.of(table, self.columns, start if since is None else max(start, since), int(ends[-1]), chosen)

    def frozen(self, left_out: Sequence[Span], start: int, end: int, *, of_previous: bool) -> Reference:
        """The healthy weeks `[start, end)`, of this version or of the one before, without broken conversations."""
        before = self.segment.before
        table = before if of_previous and before is not None else self.segment.table
        return Reference.of(table, self.columns, start, end, left_out, broken=False)
