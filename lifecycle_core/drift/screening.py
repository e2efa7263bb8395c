"""Many checks screened at once: which of them alarm, and by which length."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.scan import Windows, entry, screen
from lifecycle_core.drift.sliding import History, Reference, conversations_a_day
from lifecycle_core.drift.states import SUSPICION
from lifecycle_core.drift.vocabulary import Comparison
from lifecycle_core.drift.windows import LENGTHS
from lifecycle_core.policy import Policy
from lifecycle_core.statistics.arrays import Array, divide

_LENGTHS: Final = len(LENGTHS)


@dataclass(frozen=True, slots=True)
class Screens:
    """What the screens of one comparison came to: (checks,) each.

    enough, suspected, alarm : whether any length has enough data, is suspected, alarms.
    length : hours of the strongest length that alarms; change : its change; previous : whether it is one against the version before.
    """

    enough: NDArray[np.bool_]
    suspected: NDArray[np.bool_]
    alarm: NDArray[np.bool_]
    length: Places
    change: Array
    previous: NDArray[np.bool_]

    @classmethod
    def blank(cls, checks: int) -> "Screens":
        """Nothing found yet."""
        no, length, change = np.zeros(checks, dtype=np.bool_), np.zeros(checks, dtype=np.int64), np.zeros(checks)
        return cls(no, no.copy(), no.copy(), length, change, no.copy())

    def put(self, at: slice, found: "Screens") -> None:
        """Take what was found of the checks `at`."""
        for it in fields(self):
            getattr(self, it.name)[at] = getattr(found, it.name)


@dataclass(frozen=True, slots=True)
class Screening:
    """How checks of one version are screened.

    history : all its conversations; unbroken : those that no provider's fault broke, None where all are.
    young : the weeks before it, while it is new; compared : the same where every length is compared with them.
    """

    policy: Policy
    history: History
    unbroken: History | None = None
    young: Reference | None = None
    compared: Reference | None = None

    def screens(self, ends: Places) -> tuple[Array, dict[Comparison, Screens]]:
        """The z that evidence must reach at each of the checks as of `ends`, (checks,), and what the screens of every comparison come to.

        An alarm that broken conversations explain is none.
        """
        windows = self._windows(self.history, ends)
        level = self._level(windows[0])
        return level, {it: self._without_explained(it, self._found(it, windows, level), ends, level) for it in Comparison}

    def _level(self, windows: Windows) -> Array:
        own = conversations_a_day(windows)
        traffic, places = np.unique(own if self.young is None else np.maximum(own, self.young.conversations_a_day), return_inverse=True)
        budget, references = self.policy.false_alarms_per_quarter, 1 if self.compared is None else 2
        level: Array = np.array([entry(budget, it, _LENGTHS, references) for it in traffic.tolist()])[places]
        return level

    def _without_explained(self, it: Comparison, found: Screens, ends: Places, level: Array) -> Screens:
        alarming = np.flatnonzero(found.alarm)
        if self.unbroken is None or not len(alarming):
            return found
        whole, left = (self._windows(history, ends[alarming]) for history in (self.history, self.unbroken))
        left = [replace(mine, reference_days=its.reference_days) for mine, its in zip(left, whole, strict=True)]
        without = self._found(it, left, level[alarming])
        explained = ~without.alarm & _more_broken(whole[0], left[0], found.length[alarming])
        found.alarm[alarming[explained]] = False
        found.suspected[alarming[explained]] = without.suspected[explained]
        return found

    def _found(self, it: Comparison, windows: Sequence[Windows], level: Array) -> Screens:
        """The screens of one comparison; what alarms against the version's own weeks is told by these."""
        measure = MEASURES[it]
        threshold, fewest = threshold_of(it, self.policy), self.policy.min_samples_for_comparison
        screened = [screen(measure, some, threshold, fewest) for some in windows]
        z = np.concatenate([it.z for it in screened], axis=1)
        alarming = z >= level[:, None]
        alarming[:, _LENGTHS:] &= ~np.any(alarming[:, :_LENGTHS], axis=1, keepdims=True)
        strongest = np.argmax(np.where(alarming, z, -np.inf), axis=1)
        return Screens(
            enough=np.any([np.any(it.enough, axis=1) for it in screened], axis=0),
            suspected=np.any(z >= SUSPICION, axis=1),
            alarm=np.any(alarming, axis=1),
            length=LENGTHS[strongest % _LENGTHS],
            change=np.concatenate([it.change for it in screened], axis=1)[np.arange(len(z)), strongest],
            previous=strongest >= _LENGTHS,
        )

    def _windows(self, history: History, ends: Places) -> list[Windows]:
        """The windows against the version's own weeks, and where it is new those against the weeks before it."""
        own = history.windows(ends, None if self.young is None else self.young.days)
        return [own] if self.compared is None else [own, history.windows_against(self.compared, ends)]


def _more_broken(whole: Windows, left: Windows, length: Places) -> NDArray[np.bool_]:
    """Whether provider's faults broke a larger share recently than before, in the window of `length` hours of each check."""
    place = (np.arange(len(length)), np.searchsorted(LENGTHS, length))
    recent, reference = (
        1 - divide(few.of("conversations")[place], all_of.of("conversations")[place], 1.0)
        for few, all_of in ((left.recent, whole.recent), (left.reference, whole.reference))
    )
    more: NDArray[np.bool_] = recent > reference
    return more
