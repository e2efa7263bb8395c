"""The watch over a history, hour by hour: what each check would have found, all at once.

The hours are screened together, as differences of running totals; the states of alarms are then followed from one event to the
next. A check of any hour by `detect`, given the alarms that lasted then, finds the same.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.following import Following
from lifecycle_core.drift.histograms import Places
from lifecycle_core.drift.metrics import MEASURES
from lifecycle_core.drift.replay import STATUSES, Alarm, Hourly, Replay, Segment
from lifecycle_core.drift.serving import Serving
from lifecycle_core.drift.sliding import Span
from lifecycle_core.drift.states import healed
from lifecycle_core.drift.sums import Side
from lifecycle_core.drift.thresholds import by_threshold_at
from lifecycle_core.drift.vocabulary import Comparison, Metric, Status
from lifecycle_core.drift.windows import DAY
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.statistics.arrays import Array

__all__ = ["Alarm", "Hourly", "Replay", "Segment", "replay"]

_STABLE, _DRIFT, _INSUFFICIENT = (STATUSES.index(it) for it in (Status.STABLE, Status.DRIFT, Status.INSUFFICIENT_DATA))


def replay(segments: Sequence[Segment], policy: Policy, ends: Places) -> Replay:
    """The checks as of each hour in `ends`, (checks,) int, ascending and one after the other.

    segments : one for each time in which a version served, in order; what was checked before the first is not told.

    >>> from lifecycle_core.rollup_tables import RollupTable
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
            parts.append(_replay(Serving(segment, policy, mine, left_out, min(going_on, default=None))))
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


def _replay(serving: Serving) -> Replay:
    pair, policy, ends = _shown(serving), serving.policy, serving.ends
    if policy.mode is Mode.THRESHOLD:
        ranks = {it: by_threshold_at(it, *pair, policy) for it in Metric}
        enough = {it: _n(it, pair) >= policy.min_samples_for_comparison for it in Metric}
        status = {it: np.where(rank >= 0, _DRIFT, np.where(enough[it], _STABLE, _INSUFFICIENT)) for it, rank in ranks.items()}
        return Replay(ends, np.full(len(ends), np.nan), _hourly(pair, status, ranks), ())
    following = Following(serving)
    following.run()
    status = {it: following.status_of(it) for it in Metric}
    ranks = {it: following.rank_of(it) for it in Metric}
    return Replay(ends, following.level, _hourly(pair, status, ranks), tuple(following.alarms))


def _shown(serving: Serving) -> tuple[Side, Side]:
    """The pair that a reply shows, of every check."""
    reference, recent = serving.policy.reference_days * DAY, serving.policy.recent_hours
    now, day, week = (serving.history.rows(serving.ends - back) for back in (0, recent, reference))
    return serving.history.total.side(now, day), serving.history.total.side(day, np.minimum(week, day))


def _n(metric: Metric, pair: tuple[Side, Side]) -> Array:
    measure = MEASURES[Comparison(metric)]
    return np.minimum(measure.n(pair[0]), measure.n(pair[1]))


def _hourly(
    pair: tuple[Side, Side], status: Mapping[Metric, NDArray[np.int64]], ranks: Mapping[Metric, NDArray[np.int64]]
) -> dict[Metric, Hourly]:
    told = {}
    for it in Metric:
        measure = MEASURES[Comparison(it)]
        recent, reference, change = measure.compare(*pair)
        told[it] = Hourly(it, status[it].astype(np.int8), ranks[it].astype(np.int8), reference, recent, change, measure.n(pair[0]))
    return told
