"""What the watch over a variant would have done by a policy: hours replayed, and what the triggers make of them.

1. Each hour is judged as the watch would have judged it then, version by version.
2. The traffic stays what it was, and a prompt is taken to be registered at all times: the figures tell what the triggers ask for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Window
from lifecycle_core.drift.backtest import Alarm, Hourly, Replay, Segment, replay
from lifecycle_core.drift.metrics import threshold_of
from lifecycle_core.drift.report import Comparison, Metric, Severity, Status
from lifecycle_core.drift.spells import Spell, spells
from lifecycle_core.drift.windows import DAY, WEEK, instant
from lifecycle_core.policy import Mode, Policy, ProbationPolicy, RetrainingPolicy, ShadowPolicy
from lifecycle_core.retraining.replaying import Before, Begun, retrainings
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.spending import Spent

KNOWN: Final = {
    Metric.BOOKING_RATE: "booked_n",
    Metric.ESCALATION_RATE: "escalated_n",
    Metric.COST: "cost_n",
    Metric.RESPONSE_TIME: "latency_n",
    Metric.ACTION_DISTRIBUTION: "conversations",
}
"""The sum that counts the conversations which know each metric."""
_NO_DATA: Final = list(Status).index(Status.INSUFFICIENT_DATA)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Checks in a row of one version: as of the hours from `first` to before `stop`.

    since : the hour past which no window reaches; None where the version has always served.
    previous : the version that served before `since`; None where that is. compared : whether its weeks are compared as well.
    """

    version: int
    first: int
    stop: int
    since: int | None = None
    previous: int | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the watch would have done by one policy.

    spells : episodes, those that went on at the beginning among them. alarms : of each comparison by itself, as `spells`.
    spans : metric -> (s, 2) int, from which hour on and before which one it drifts. hours_in_drift : of any metric.
    """

    policy: Policy
    spells: tuple[Spell, ...]
    alarms: tuple[Alarm, ...]
    retrainings: tuple[Begun, ...]
    spans: Mapping[Metric, NDArray[np.int64]]
    hours_in_drift: int

    def hours_of(self, metric: Metric) -> int:
        """In how many hours `metric` drifts."""
        return int((self.spans[metric][:, 1] - self.spans[metric][:, 0]).sum())

    def detections_of(self, metric: Metric) -> int:
        """In how many episodes `metric` drifts."""
        return sum(metric in it.drifts for it in self.spells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A metric over the range, an entry for each hour; nan where it is unknown.

    recent, reference : (t,) float, the windows shown, in the metric's own unit; unknown for the action mix.
    change : (t,) float, relative; for the action mix the total variation. recent_n : (t,) float, conversations of the recent window.
    n : int, conversations of the range that know the figure. threshold : of the present policy.
    """

    metric: Metric
    n: int
    threshold: float
    recent: NDArray[np.float64]
    reference: NDArray[np.float64]
    change: NDArray[np.float64]
    recent_n: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCost:
    """What the variant's ended sessions took.

    sessions : how many. mean : of each; None without any. usd_known : whether any of them told dollars.
    open_hours : how long a session stays open in a backtest; `open_assumed` where none has ended that would tell.
    """

    sessions: int
    mean: Spent | None
    usd_known: bool
    open_hours: int
    open_assumed: bool

    @property
    def usd(self) -> float | None:
        """US dollars for a retraining; None where nobody knows."""
        return self.mean.usd if self.mean is not None and self.usd_known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A variant's watch over a range of hours, by the present policy, by a changed one, and by the bare threshold.

    ends : (t,) int, the hours since 1970 as of which it was checked. conversations : that ended within the range.
    changed : None where no change was asked for. bare : the present policy in `Mode.THRESHOLD`.
    switches : the hours from which on another version served, with its number. notes : what a reader must know besides.
    """

    variant: str
    ends: NDArray[np.int64]
    conversations: int
    current: Course
    changed: Course | None
    bare: Course
    cost: PastCost
    switches: tuple[tuple[int, int], ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...]

    @property
    def window(self) -> Window:
        """From the first check to the last."""
        return Window(instant(int(self.ends[0])), instant(int(self.ends[-1])))

    @property
    def weeks(self) -> float:
        """The length of the range."""
        return len(self.ends) / WEEK


def effective(policy: Policy) -> Policy:
    """The policy with all settings that play no part in a backtest at their defaults.

    >>> effective(Policy(shadow=ShadowPolicy(replays=8))) == Policy()
    True
    """
    rules = policy.retraining
    kept = RetrainingPolicy(
        cooldown_days=rules.cooldown_days,
        require_consecutive=rules.require_consecutive,
        retrain_on=rules.retrain_on,
        retrain_every_days=rules.retrain_every_days,
    )
    return replace(policy, retraining=kept, shadow=ShadowPolicy(), probation=ProbationPolicy())


@dataclass(frozen=True)
class Past:
    """The stored past of a variant, as a backtest needs it.

    first, last : the hours of the first and the last check that are told of; the stretches may begin before the first.
    stretches : in a row, without a gap. tables : version -> its rollups. before : what the retrainings begin with.
    """

    first: int
    last: int
    stretches: Sequence[Stretch]
    tables: Mapping[int, RollupTable]
    before: Before

    @cached_property
    def _replayed(self) -> dict[Policy, Replay]:
        return {}

    def course(self, policy: Policy) -> Course:
        """What the watch would have done by `policy`."""
        hours, told = self._hours(policy), self.first - self.stretches[0].first
        ranks = {metric: it.severity for metric, it in hours.metrics.items()}
        status = np.array([it.status for it in hours.metrics.values()])
        lengths = [it.stop - it.first for it in self.stretches]
        stretch = np.repeat(np.arange(len(lengths)), lengths)
        since = np.repeat([it.first if it.since is None else it.since for it in self.stretches], lengths)
        found = spells(ranks, (status != _NO_DATA).any(axis=0), stretch, self.stretches[0].first, lasting=policy.mode is Mode.EVIDENCE)
        in_range = {metric: it[told:] for metric, it in ranks.items()}
        return Course(
            policy=policy,
            spells=tuple(it for it in found if it.last_seen >= self.first),
            alarms=tuple(it for it in hours.alarms if it.ended is None or it.ended > self.first),
            retrainings=retrainings(in_range, since[told:], self.first, policy.retraining, self.before),
            spans={metric: _spans(it >= 0) + self.first for metric, it in in_range.items()},
            hours_in_drift=int((np.array(list(in_range.values())) >= 0).any(axis=0).sum()),
        )

    def chart(self, metric: Metric, policy: Policy) -> Chart:
        """The figures of `metric` by `policy`."""
        it, told = self._hours(policy).metrics[metric], self.first - self.stretches[0].first
        return Chart(
            metric=metric,
            n=self.conversations(KNOWN[metric]),
            threshold=threshold_of(metric, policy),
            recent=it.recent[told:],
            reference=it.reference[told:],
            change=it.change[told:],
            recent_n=it.recent_n[told:],
        )

    def conversations(self, known: str = "conversations") -> int:
        """The conversations that ended from the hour before the first check to the last one, of a day at least; `known` names the sum."""
        start = min(self.first - 1, self.last - DAY)
        return round(sum(float(it.column(known)[(it.hours >= start) & (it.hours < self.last)].sum()) for it in self.tables.values()))

    def _hours(self, policy: Policy) -> Replay:
        """What the hours would have told; a policy that differs in its retraining alone tells the same."""
        key = replace(effective(policy), retraining=RetrainingPolicy())
        if key not in self._replayed:
            self._replayed[key] = self._replay(key)
        return self._replayed[key]

    def _replay(self, policy: Policy) -> Replay:
        begins = self.stretches[0].first
        found = replay([self._segment(it) for it in self.stretches], policy, np.arange(begins, self.last + 1))
        if policy.mode is Mode.THRESHOLD:
            bare = sorted(_by_bare_thresholds(found.metrics, begins, policy.recent_hours), key=lambda it: it.entered)
            return replace(found, alarms=tuple(bare))
        return replace(found, alarms=tuple(map(self._cut, found.alarms)))

    def _cut(self, it: Alarm) -> Alarm:
        """An alarm that lasts to the end of its stretch has ended then: another version served, or its change was called known."""
        stop = next(one.stop for one in self.stretches if it.entered < one.stop)
        return it if it.ended is not None or stop > self.last else replace(it, ended=stop)

    def _segment(self, it: Stretch) -> Segment:
        before = None if it.previous is None else self.tables[it.previous]
        return Segment(table=self.tables[it.version], begins=it.first, since=it.since, before=before, compared=it.compared)


def _by_bare_thresholds(metrics: Mapping[Metric, Hourly], first: int, recent_hours: int) -> Iterator[Alarm]:
    """The alarms of the bare thresholds: each lasts as long as its metric is past its own."""
    for metric, it in metrics.items():
        for begin, end in _spans(it.severity >= 0).tolist():
            yield Alarm(
                comparison=Comparison(metric),
                entered=first + begin,
                onset=first + begin - recent_hours,
                ended=None if end == len(it.severity) else first + end,
                length=recent_hours,
                change=float(it.change[begin]),
                severity=list(Severity)[int(it.severity[begin:end].max())],
            )


def _spans(drifting: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where runs of True begin, and before which place they end: (s, 2) int."""
    edges = np.diff(np.concatenate([[0], drifting.astype(np.int8), [0]]))
    return np.column_stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)])
