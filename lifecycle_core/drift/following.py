"""The states of alarms through a history: screened all at once, then followed from one event to the next."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.episodes import QUIET_CHECKS
from lifecycle_core.drift.evidence import own_span
from lifecycle_core.drift.metrics import threshold_of
from lifecycle_core.drift.replay import STATUSES, Alarm
from lifecycle_core.drift.screening import Screening, Screens
from lifecycle_core.drift.serving import Serving
from lifecycle_core.drift.severity import severities_of
from lifecycle_core.drift.sliding import Reference, Span
from lifecycle_core.drift.states import follow, healed, in_a_row
from lifecycle_core.drift.vocabulary import Comparison, Metric, Severity, Status
from lifecycle_core.drift.windows import LOOK_BACK_HOURS, REFERENCE_HOURS

_AT_ONCE: Final = 8784
"""Hours that are screened together: a year, in some hundreds of megabytes at worst."""
_FOLLOWED_AT_ONCE: Final = 336
"""Hours that an alarm is followed at a time: most end soon."""


def _place(status: Status) -> int:
    return STATUSES.index(status)


class Following:
    """The states of a segment's alarms, followed from event to event."""

    def __init__(self, serving: Serving) -> None:
        self.serving, self.ends = serving, serving.ends
        checks = len(self.ends)
        self.alarms: list[Alarm] = []
        self.level = np.zeros(checks)
        self.screens = {it: Screens.blank(checks) for it in Comparison}
        self.held = {it: np.zeros(checks, dtype=np.bool_) for it in Comparison}
        self.rank = {it: np.full(checks, -1) for it in Comparison}
        self.left_out = list(serving.left_out)
        self.first = np.zeros(checks, dtype=np.int64)

    def run(self) -> None:
        """Follow all alarms from the first check to the last."""
        checks, place = len(self.ends), 0
        going_on: dict[Comparison, tuple[int, Span]] = {}
        self._screen(0, checks)
        while place < checks:
            ending = min((end for end, _ in going_on.values()), default=checks)
            free = [it for it in Comparison if it.metric not in {other.metric for other in going_on}]
            begun = {it: self._next_alarm(it, place, ending) for it in free}
            found = [at for at in begun.values() if at is not None]
            if found:
                place = min(found)
                going_on |= {it: self._enter(it, place) for it, at in begun.items() if at == place}
                continue
            place = ending
            ended = [it for it, (end, _) in going_on.items() if end == ending]
            self.left_out += [going_on.pop(it)[1] for it in ended]
            if ended and place < checks:
                touched = max(end for _, end in self.left_out) + LOOK_BACK_HOURS
                self._screen(place, int(np.searchsorted(self.ends, touched)))

    def status_of(self, metric: Metric) -> NDArray[np.int64]:
        """The metric's status at each check."""
        mine = [it for it in Comparison if it.metric is metric]
        drifting, suspected, enough = (
            np.logical_or.reduce(parts)
            for parts in (
                [self.held[it] for it in mine],
                [self.screens[it].suspected for it in mine],
                [self.screens[it].enough for it in mine],
            )
        )
        told = [_place(it) for it in (Status.DRIFT, Status.SUSPECTED, Status.STABLE)]
        return np.select([drifting, suspected, enough], told, _place(Status.INSUFFICIENT_DATA))

    def rank_of(self, metric: Metric) -> NDArray[np.int64]:
        """The metric's severity at each check."""
        ranks: NDArray[np.int64] = np.maximum.reduce([self.rank[it] for it in Comparison if it.metric is metric])
        return ranks

    def _next_alarm(self, it: Comparison, start: int, stop: int) -> int | None:
        found = np.flatnonzero(self.screens[it].alarm[start:stop])
        return start + int(found[0]) if len(found) else None

    def _enter(self, it: Comparison, place: int) -> tuple[int, Span]:
        """Freeze the reference of an alarm and follow it: the check that ends it, and the hours that are then left out."""
        screens, now = self.screens[it], int(self.ends[place])
        length, of_previous = int(screens.length[place]), bool(screens.previous[place])
        since, before = self.serving.segment.since, self.serving.before
        onset = now - length if since is None else max(now - length, since)
        start, end = own_span(length, now, int(self.first[place]))
        if of_previous and before is not None:
            start, end = before.start, before.end
        reference = self.serving.frozen(self.left_out, start, end, of_previous=of_previous)
        last, ranks = self._follow(it, reference, place, onset)
        here = slice(place, last)
        ranks[0] = severities_of(screens.change[place : place + 1], threshold_of(it, self.serving.policy))[0]
        self.held[it][here], self.rank[it][here] = True, ranks
        ended = int(self.ends[last]) if last < len(self.ends) else None
        worst = list(Severity)[int(ranks.max())]
        self.alarms.append(Alarm(it, now, onset, ended, now - onset, float(screens.change[place]), worst))
        return last, (onset, now if ended is None else healed(ended))

    def _follow(self, it: Comparison, reference: Reference, place: int, onset: int) -> tuple[int, NDArray[np.int64]]:
        """The place of the check that ends an alarm, and the severity of its last week at each check from `place` until then."""
        policy, ranks, near = self.serving.policy, [np.zeros(1, dtype=np.int64)], np.zeros(0, dtype=np.bool_)
        for start in range(place + 1, len(self.ends), _FOLLOWED_AT_ONCE):
            some = self.ends[start : start + _FOLLOWED_AT_ONCE]
            followed = follow(it, self.serving.unbroken, reference, some, onset, policy)
            near = np.append(near, followed.near)
            ranks.append(np.where(followed.past, severities_of(followed.lasting, threshold_of(it, policy)), 0))
            quiet = np.flatnonzero(in_a_row(near) >= QUIET_CHECKS)
            if len(quiet):
                last = place + 1 + int(quiet[0])
                return last, np.concatenate(ranks)[: last - place]
        return len(self.ends), np.concatenate(ranks)

    def _screen(self, place: int, end: int) -> None:
        """Screen the checks from `place` to before `end` without the hours that are now left out: no later one's windows hold any."""
        serving, segment = self.serving, self.serving.segment
        left_out = [it for it in self.left_out if it[1] > int(self.ends[place]) - LOOK_BACK_HOURS]
        checks = self.ends[place:end]
        history = serving.without(left_out, checks) if left_out else serving.history
        unbroken = serving.without(left_out, checks, broken=False) if segment.table.provider_fault.any() else None
        grown = 0
        if serving.before is not None and segment.since is not None:
            grown = min(end, int(np.searchsorted(self.ends, segment.since + REFERENCE_HOURS)))
        for begin, stop in pairwise(sorted({place, max(place, grown), *range(place, end, _AT_ONCE), end})):
            young = serving.before if begin < grown else None
            screening = Screening(serving.policy, history, unbroken, young, young if segment.compared else None)
            here, ends = slice(begin, stop), self.ends[begin:stop]
            self.first[here] = history.first(ends)
            self.level[here], screens = screening.screens(ends)
            for it, found in screens.items():
                self.screens[it].put(here, found)
