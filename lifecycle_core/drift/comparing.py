"""One comparison of a check: against the version's own weeks, and against those of the version before while it is new."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.evidence import Pair, own_span
from lifecycle_core.drift.gathering import Gathered
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Against, Comparison, Severity, Status
from lifecycle_core.drift.scan import Scan, Windows, entry, scan
from lifecycle_core.drift.severity import severity_of
from lifecycle_core.drift.sliding import Reference
from lifecycle_core.drift.states import Verdict, judge
from lifecycle_core.drift.windows import LENGTHS, instant
from lifecycle_core.policy import Policy

RANKS: Final = (Status.INSUFFICIENT_DATA, Status.STABLE, Status.SUSPECTED, Status.DRIFT)
"""What speaks louder stands later."""
_ALL: Final = np.arange(len(LENGTHS))


@dataclass(frozen=True, slots=True)
class Compared:
    """What one comparison came to.

    pair : the length that speaks most strongly; None without enough data.
    scanned : the version against its own weeks, last the shown pair. severity : of an alarm, by the change of `pair`.
    broken : the shares of conversations that a provider's fault broke, recent and before, where these explain an alarm.
    """

    status: Status
    pair: Pair | None
    scanned: Scan
    severity: Severity | None = None
    broken: tuple[float, float] | None = None


@dataclass(frozen=True)
class Comparing:
    """All that a check compares.

    gathered : the version's own sums. before : the weeks before its own time, while it is new; compared_before : whether they are compared.
    """

    gathered: Gathered
    policy: Policy
    before: Reference | None = None
    compared_before: bool = False

    @property
    def previous(self) -> Reference | None:
        """The weeks before, where every length is compared with them."""
        return self.before if self.compared_before else None

    @cached_property
    def level(self) -> float:
        """The z that evidence must reach."""
        traffic, references = self.gathered.conversations_a_day, 1 if self.previous is None else 2
        if self.before is not None:
            traffic = max(traffic, self.before.conversations_a_day)
        return entry(self.policy.false_alarms_per_quarter, traffic, len(LENGTHS), references)

    @cached_property
    def unbroken(self) -> Windows:
        """The windows of all lengths without the conversations that a provider's fault broke."""
        return self.gathered.without_broken()

    @cached_property
    def _against_previous(self) -> Windows | None:
        if self.previous is None:
            return None
        own = self.gathered.windows.take((_ALL,))
        reference = self.previous.side(np.array([self.gathered.now])).take((np.zeros_like(_ALL), _ALL))
        return replace(own, reference=reference, reference_days=np.full(len(_ALL), self.previous.span_days))

    def compared(self, it: Comparison) -> Compared:
        """What `it` comes to."""
        whole = scan(MEASURES[it], self.gathered.windows, threshold_of(it, self.policy))
        own = self._found(it, Against.OWN, self.gathered.windows, whole)
        if self._against_previous is None:
            return own
        found = scan(MEASURES[it], self._against_previous, threshold_of(it, self.policy))
        previous = self._found(it, Against.PREVIOUS_VERSION, self._against_previous, found)
        return replace(max(own, previous, key=lambda told: RANKS.index(told.status)), scanned=whole)

    def _found(self, it: Comparison, against: Against, windows: Windows, found: Scan) -> Compared:
        verdict = self._judge(found.head(len(LENGTHS)))
        if verdict.strongest is None:
            return Compared(verdict.status, None, found)
        place = verdict.strongest
        hours = min(int(LENGTHS[place]), self.gathered.now - self.gathered.start)
        pair = Pair(windows, found, place, hours, self.gathered.now, self._span(place, against), against)
        if verdict.status is Status.DRIFT and self.gathered.broken.any():
            left = self.unbroken if against is Against.OWN else replace(windows, recent=self.unbroken.recent)
            without = self._judge(scan(MEASURES[it], left, threshold_of(it, self.policy)))
            broken = _broken(windows, left, place)
            if without.status is not Status.DRIFT and broken[0] > broken[1]:
                return Compared(without.status, pair, found, broken=broken)
        severity = severity_of(pair.relative_change, threshold_of(it, self.policy))
        return Compared(verdict.status, pair, found, severity if verdict.status is Status.DRIFT else None)

    def _judge(self, found: Scan) -> Verdict:
        return judge(found, self.level, self.policy.min_samples_for_comparison)

    def _span(self, place: int, against: Against) -> Window:
        if against is Against.PREVIOUS_VERSION and self.previous is not None:
            return Window(instant(self.previous.start), instant(self.previous.end))
        start, end = own_span(int(LENGTHS[place]), self.gathered.now, self.gathered.first)
        return Window(instant(start), instant(end))


def _broken(windows: Windows, unbroken: Windows, place: int) -> tuple[float, float]:
    """The share of conversations that a provider's fault broke, recent and before."""
    recent, reference = (
        float(1 - left.of("conversations")[place] / max(1.0, float(whole.of("conversations")[place])))
        for whole, left in ((windows.recent, unbroken.recent), (windows.reference, unbroken.reference))
    )
    return recent, reference
