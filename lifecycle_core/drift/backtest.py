"""The watch over a history, hour by hour: what each check would have found, all at once.

The hours are screened together, as differences of running totals; the states of alarms are then followed from one event to the
next. A check of any hour by `detect`, given the alarms that lasted then, finds the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.columns import Columns
from lifecycle_core.drift.episodes import QUIET_CHECKS
from lifecycle_core.drift.evidence import own_span
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Comparison, Metric, Severity, Status
from lifecycle_core.drift.scan import Windows, entry, screen
from lifecycle_core.drift.severity import severities_of
from lifecycle_core.drift.sliding import History, Reference, Span, conversations_a_day, kept
from lifecycle_core.drift.states import SUSPICION, follow, healed, in_a_row
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.thresholds import by_threshold_at
from lifecycle_core.drift.windows import DAY, LENGTHS, LOOK_BACK_HOURS, REFERENCE_HOURS
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollups import RollupTable
from lifecycle_core.statistics.arrays import Array, divide

_LENGTHS: Final = len(LENGTHS)
_STATUSES: Final = list(Status)
_STABLE, _SUSPECTED, _DRIFT, _INSUFFICIENT = (
    _STATUSES.index(it) for it in (Status.STABLE, Status.SUSPECTED, Status.DRIFT, Status.INSUFFICIENT_DATA)
)
_AT_ONCE: Final = 8784
"""Hours that are screened together: a year, in some hundreds of megabytes at worst."""
_FOLLOWED_AT_ONCE: Final = 336
"""Hours that an alarm is followed at a time: most end soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The time in which one version served.

    table : its rollups, from `LOOK_BACK_HOURS` before the first check that is asked for.
    begins : int, the first hour that is checked by it.
    since : int, the hour at which its own time begins; None where it has always served.
    before, compared : as of `background.Before`: what served before, and whether its last weeks are compared as well.
    """

    table: RollupTable
    begins: int
    since: int | None = None
    before: RollupTable | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Hourly:
    """One metric through the hours: (checks,) each.

    status : int, its place in `Status`; severity : int, a `Severity.rank`, -1 without a drift.
    reference, recent, change, recent_n : of the pair that a reply shows; NaN where unknown, change for the mix total variation.
    """

    metric: Metric
    status: NDArray[np.int8]
    severity: NDArray[np.int8]
    reference: Array
    recent: Array
    change: Array
    recent_n: Array

    @property
    def drifting(self) -> NDArray[np.bool_]:
        """Whether it alarms."""
        drifting: NDArray[np.bool_] = self.status == _DRIFT
        return drifting


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, from the check that found it to the one that ended it: hours since 1970.

    onset : where the drift began; ended : None while it lasted to the end of the history, or of the version's time.
    length : of the window that found it, hours; change : what this showed. severity : the worst while it lasted.
    """

    comparison: Comparison
    entered: int
    onset: int
    ended: int | None
    length: int
    change: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Replay:
    """What an hourly watch would have found.

    ends : (checks,) int, the hours as of which it checked; entry : (checks,) float, the z that evidence had to reach.
    alarms : in order of the checks that found them.
    """

    ends: Places
    entry: Array
    metrics: Mapping[Metric, Hourly]
    alarms: tuple[Alarm, ...]


def replay(segments: Sequence[Segment], policy: Policy, ends: Places) -> Replay:
    """The checks as of each hour in `ends`, (checks,) int, ascending and one after the other.

    segments : one for each time in which a version served, in order; what was checked before the first is not told.

    >>> from lifecycle_core.rollups import WIDTH
    >>> nothing = RollupTable.of("baseline", 1, (), np.zeros(0, int), np.zeros(0, bool), np.zeros((0, WIDTH)))
    >>> replay([Segment(table=nothing, begins=0)], Policy(), np.arange(488_000, 488_024)).alarms
    ()
    """
    parts: list[Replay] = []
    left_out: tuple[Span, ...] = ()
    for place, segment in enumerate(segments):
        last = segments[place + 1].begins if place + 1 < len(segments) else int(ends[-1]) + 1
        mine = ends[(ends >= segment.begins) & (ends < last)]
        if len(mine):
            going_on = [it.onset for part in parts[-1:] for it in part.alarms if it.ended is None]
            parts.append(_Replaying(segment, policy, mine, left_out, min(going_on, default=None)).replay())
            left_out += tuple((it.onset, healed(it.ended)) for it in parts[-1].alarms if it.ended is not None)
    metrics = {
        it: Hourly(
            it,
            *(
                np.concatenate([getattr(part.metrics[it], name) for part in parts])
                for name in ("status", "severity", "reference", "recent", "change", "recent_n")
            ),
        )
        for it in Metric
    }
    return Replay(
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.entry for part in parts]),
        metrics,
        tuple(sorted((alarm for part in parts for alarm in part.alarms), key=lambda it: it.entered)),
    )


@dataclass(frozen=True)
class _Replaying:
    """One segment's checks.

    left_out : the hours of drifts that had ended before it. going_on : the earliest onset of those that had not.
    """

    segment: Segment
    policy: Policy
    ends: Places
    left_out: tuple[Span, ...]
    going_on: int | None

    @cached_property
    def columns(self) -> Columns:
        before = self.segment.before
        return Columns.used(self.segment.table.entries, *(() if before is None else (before.entries,)))

    @cached_property
    def history(self) -> History:
        """All hours of the version's own time."""
        return self.without(())

    @cached_property
    def before(self) -> Reference | None:
        """The weeks before the version's own time."""
        it = self.segment
        if it.before is None or it.since is None:
            return None
        until = it.since if self.going_on is None or not it.compared else min(it.since, self.going_on)
        return Reference.of(it.before, self.columns, until - REFERENCE_HOURS, until, self.left_out)

    def without(self, left_out: Sequence[Span], *, broken: bool = True) -> History:
        """The same without the hours that are left out, and without broken conversations."""
        table, since = self.segment.table, self.segment.since
        start = int(self.ends[0]) - LOOK_BACK_HOURS
        chosen = kept(table, left_out) if broken else kept(table, left_out) & ~table.provider_fault
        return History.of(table, self.columns, start if since is None else max(start, since), int(self.ends[-1]), chosen)

    def frozen(self, left_out: Sequence[Span], start: int, end: int, *, of_previous: bool) -> Reference:
        """The healthy weeks `[start, end)`, of this version or of the one before."""
        before = self.segment.before
        return Reference.of(before if of_previous and before is not None else self.segment.table, self.columns, start, end, left_out)

    def replay(self) -> Replay:
        """What the checks would have found."""
        pair = self._shown()
        if self.policy.mode is Mode.THRESHOLD:
            ranks = {it: by_threshold_at(it, *pair, self.policy) for it in Metric}
            fewest = {it: self._n(it, pair) >= self.policy.min_samples_for_comparison for it in Metric}
            status = {it: np.where(rank >= 0, _DRIFT, np.where(fewest[it], _STABLE, _INSUFFICIENT)) for it, rank in ranks.items()}
            return Replay(self.ends, np.full(len(self.ends), np.nan), self._hourly(pair, status, ranks), ())
        following = _Following(self)
        following.run()
        status = {it: following.status_of(it) for it in Metric}
        ranks = {it: following.rank_of(it) for it in Metric}
        return Replay(self.ends, following.level, self._hourly(pair, status, ranks), tuple(following.alarms))

    def _shown(self) -> tuple[Side, Side]:
        """The pair that a reply shows, of every check."""
        reference, recent = self.policy.reference_days * DAY, self.policy.recent_hours
        now, day, week = (self.history.rows(self.ends - back) for back in (0, recent, reference))
        return self.history.total.side(now, day), self.history.total.side(day, np.minimum(week, day))

    @staticmethod
    def _n(metric: Metric, pair: tuple[Side, Side]) -> Array:
        measure = MEASURES[Comparison(metric)]
        return np.minimum(measure.n(pair[0]), measure.n(pair[1]))

    def _hourly(
        self, pair: tuple[Side, Side], status: Mapping[Metric, NDArray[np.int64]], ranks: Mapping[Metric, NDArray[np.int64]]
    ) -> dict[Metric, Hourly]:
        told = {}
        for it in Metric:
            measure = MEASURES[Comparison(it)]
            recent, reference, change = measure.compare(*pair)
            told[it] = Hourly(it, status[it].astype(np.int8), ranks[it].astype(np.int8), reference, recent, change, measure.n(pair[0]))
        return told


@dataclass(frozen=True, slots=True)
class _Screens:
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
    def blank(cls, checks: int) -> "_Screens":
        """Nothing found yet."""
        no, length, change = np.zeros(checks, dtype=np.bool_), np.zeros(checks, dtype=np.int64), np.zeros(checks)
        return cls(no, no.copy(), no.copy(), length, change, no.copy())

    def put(self, at: slice, found: "_Screens") -> None:
        """Take what was found of the checks `at`."""
        for it in fields(self):
            getattr(self, it.name)[at] = getattr(found, it.name)


class _Following:
    """The states of a segment's alarms, followed from event to event."""

    def __init__(self, replaying: _Replaying) -> None:
        self.replaying, self.ends = replaying, replaying.ends
        checks = len(self.ends)
        self.alarms: list[Alarm] = []
        self.level = np.zeros(checks)
        self.screens = {it: _Screens.blank(checks) for it in Comparison}
        self.held = {it: np.zeros(checks, dtype=np.bool_) for it in Comparison}
        self.rank = {it: np.full(checks, -1) for it in Comparison}
        self.left_out = list(replaying.left_out)
        self.first = np.zeros(checks, dtype=np.int64)

    def run(self) -> None:
        """Follow all alarms from the first check to the last."""
        checks, place = len(self.ends), 0
        going_on: dict[Comparison, tuple[int, Span]] = {}
        self._screen_from(0)
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
                self._screen_from(place)

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
        return np.where(drifting, _DRIFT, np.where(suspected, _SUSPECTED, np.where(enough, _STABLE, _INSUFFICIENT)))

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
        onset, before = now - length, self.replaying.before
        start, end = own_span(length, now, int(self.first[place]))
        if of_previous and before is not None:
            start, end = before.start, before.end
        reference = self.replaying.frozen(self.left_out, start, end, of_previous=of_previous)
        last, ranks = self._follow(it, reference, place, onset)
        threshold, here = threshold_of(it, self.replaying.policy), slice(place, last)
        ranks = np.maximum(ranks, np.where(screens.alarm[here], severities_of(screens.change[here], threshold), 0))
        self.held[it][here], self.rank[it][here] = True, ranks
        ended = int(self.ends[last]) if last < len(self.ends) else None
        worst = list(Severity)[int(ranks.max())]
        self.alarms.append(Alarm(it, now, onset, ended, length, float(screens.change[place]), worst))
        return last, (onset, now if ended is None else healed(ended))

    def _follow(self, it: Comparison, reference: Reference, place: int, onset: int) -> tuple[int, NDArray[np.int64]]:
        """The place of the check that ends an alarm, and the severity by its latest conversations at each check until then."""
        policy, ranks, near = self.replaying.policy, [np.zeros(1, dtype=np.int64)], np.zeros(0, dtype=np.bool_)
        for start in range(place + 1, len(self.ends), _FOLLOWED_AT_ONCE):
            some = self.ends[start : start + _FOLLOWED_AT_ONCE]
            followed = follow(it, self.replaying.history, reference, some, onset, policy)
            near = np.append(near, followed.near)
            ranks.append(np.where(followed.past, severities_of(followed.change, threshold_of(it, policy)), 0))
            quiet = np.flatnonzero(in_a_row(near) >= QUIET_CHECKS)
            if len(quiet):
                last = place + 1 + int(quiet[0])
                return last, np.concatenate(ranks)[: last - place]
        return len(self.ends), np.concatenate(ranks)

    def _screen_from(self, place: int) -> None:
        """Screen the checks from `place` on, without the hours that are now left out."""
        replaying, segment = self.replaying, self.replaying.segment
        left_out = [it for it in self.left_out if it[1] > int(self.ends[place]) - LOOK_BACK_HOURS]
        histories = [replaying.without(left_out) if left_out else replaying.history]
        if segment.table.provider_fault.any():
            histories.append(replaying.without(left_out, broken=False))
        grown = len(self.ends)
        if replaying.before is not None and segment.since is not None:
            grown = int(np.searchsorted(self.ends, segment.since + REFERENCE_HOURS))
        for begin, stop in pairwise(sorted({place, max(place, grown), *range(place, len(self.ends), _AT_ONCE), len(self.ends)})):
            young = replaying.before if begin < grown else None
            self._screen(slice(begin, stop), histories, young)

    def _screen(self, at: slice, histories: Sequence[History], young: Reference | None) -> None:
        replaying, ends = self.replaying, self.ends[at]
        compared = young if replaying.segment.compared else None
        windows = _windows(histories[0], ends, young, compared)
        self.first[at] = histories[0].first(ends)
        traffic, places = np.unique(conversations_a_day(windows[0]), return_inverse=True)
        budget, references = replaying.policy.false_alarms_per_quarter, len(windows)
        level = np.array([entry(budget, it, _LENGTHS, references) for it in traffic.tolist()])[places]
        self.level[at] = level
        for it in Comparison:
            found = self._found(it, windows, level)
            alarming = np.flatnonzero(found.alarm)
            if len(histories) > 1 and len(alarming):
                left = _windows(histories[1], ends[alarming], young, compared)
                whole = _windows(histories[0], ends[alarming], young, compared)
                left = [replace(mine, reference_days=its.reference_days) for mine, its in zip(left, whole, strict=True)]
                without = self._found(it, left, level[alarming])
                explained = alarming[~without.alarm & _more_broken(whole[0], left[0], found.length[alarming])]
                found.alarm[explained] = False
                found.suspected[explained] = without.suspected[np.searchsorted(alarming, explained)]
            self.screens[it].put(at, found)

    def _found(self, it: Comparison, windows: Sequence[Windows], level: Array) -> _Screens:
        measure, policy = MEASURES[it], self.replaying.policy
        threshold, fewest = threshold_of(it, policy), policy.min_samples_for_comparison
        screened = [screen(measure, some, threshold, fewest) for some in windows]
        z = np.concatenate([it.z for it in screened], axis=1)
        alarming = z >= level[:, None]
        strongest = np.argmax(np.where(alarming, z, -np.inf), axis=1)
        return _Screens(
            enough=np.any([np.any(it.enough, axis=1) for it in screened], axis=0),
            suspected=np.any(z >= SUSPICION, axis=1),
            alarm=np.any(alarming, axis=1),
            length=LENGTHS[strongest % _LENGTHS],
            change=np.concatenate([it.change for it in screened], axis=1)[np.arange(len(z)), strongest],
            previous=strongest >= _LENGTHS,
        )


def _windows(history: History, ends: Places, young: Reference | None, compared: Reference | None) -> list[Windows]:
    """The windows against the version's own weeks, and where it is new those against the weeks before it."""
    own = history.windows(ends, None if young is None else young.days)
    return [own] if compared is None else [own, history.windows_against(compared, ends)]


def _more_broken(whole: Windows, left: Windows, length: Places) -> NDArray[np.bool_]:
    """Whether provider's faults broke a larger share recently than before, in the window of `length` hours of each check."""
    place = (np.arange(len(length)), np.searchsorted(LENGTHS, length))
    recent, reference = (
        1 - divide(few.of("conversations")[place], all_of.of("conversations")[place], 1.0)
        for few, all_of in ((left.recent, whole.recent), (left.reference, whole.reference))
    )
    more: NDArray[np.bool_] = recent > reference
    return more
