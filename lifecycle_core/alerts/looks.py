"""Looks at what the watch found: a drift that goes on, incidents, and whether the watch itself stands still."""

from datetime import datetime
from typing import Final

from lifecycle_core.alerts.signals import Level, Reading, Signal
from lifecycle_core.alerts.thresholds import STALLED_AFTER
from lifecycle_core.drift.episodes import Episode
from lifecycle_core.drift.report import DriftReport, MetricReport

BETWEEN_INCIDENTS: Final = ". "
"""What stands between their sentences in a reading's detail."""
_MINUTE_S: Final = 60


def of_drift(episode: Episode | None) -> Reading:
    """A look at a variant's drift: it alerts while its drift episode goes on; None where none does.

    The value is the change of the metric that is furthest past its threshold, as the last positive check found it.
    """
    if episode is None:
        return Reading(signal=Signal.DRIFT, level=Level.OK)
    found = [(it, change, n) for it in episode.report.metrics if it.drifting for change, n in (_change(it),)]
    worst = max(found, key=lambda it: abs(it[1] or 0.0) / max(it[0].threshold, 1e-9), default=None)
    told = [f"{it.metric.value.replace('_', ' ')} {_written(change)} past {it.threshold:.0%}, n = {n:,}" for it, change, n in found]
    since = [] if told else [", ".join(it.value.replace("_", " ") for it in episode.drifts)]
    detail = "; ".join([*told, *since, f"{episode.severity.value} severity"])
    if worst is None:
        return Reading(signal=Signal.DRIFT, level=Level.ALERT, since=episode.onset_at, detail=detail)
    it, change, n = worst
    return Reading(signal=Signal.DRIFT, level=Level.ALERT, value=change, threshold=it.threshold, n=n, since=episode.onset_at, detail=detail)


def of_incidents(report: DriftReport | None) -> Reading:
    """A look at a variant's incidents, each in its sentence, and the largest share; None where a check had nothing to say."""
    incidents = report.incidents if report is not None else ()
    if not incidents:
        return Reading(signal=Signal.INCIDENT, level=Level.OK)
    return Reading(
        signal=Signal.INCIDENT,
        level=Level.ALERT,
        value=max((it.share for it in incidents if it.share is not None), default=None),
        since=min((it.since for it in incidents if it.since is not None), default=None),
        detail=BETWEEN_INCIDENTS.join(it.message for it in incidents),
    )


def of_watch(last: datetime | None, at: datetime, interval_s: float) -> Reading:
    """A look at the watch itself. last : its newest check; interval_s : seconds between two.

    One that never checked is not stalled: there may be nothing to check.

    >>> from datetime import UTC
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> of_watch(noon, noon.replace(hour=15), 3600).detail
    'the last check is of 2025-10-07 12:00Z, and one is due every 60 min'
    """
    if last is None:
        return Reading(signal=Signal.STALLED_WATCH, level=Level.NO_DATA)
    age_s, most_s = (at - last).total_seconds(), STALLED_AFTER * interval_s
    return Reading(
        signal=Signal.STALLED_WATCH,
        level=Level.ALERT if age_s > most_s else Level.OK,
        value=age_s,
        threshold=most_s,
        since=last,
        detail=f"the last check is of {last:%Y-%m-%d %H:%MZ}, and one is due every {interval_s / _MINUTE_S:,.0f} min",
    )


def _change(it: MetricReport) -> tuple[float | None, int]:
    """By how much a metric changed, and of how many conversations now: since the onset where its alarm lasts, else as what decided."""
    for held in it.held:
        if held.relative_change is not None:
            return held.relative_change, held.n
    by = it.decided_by
    return (it.relative_change, it.recent.n) if by is None else (by.relative_change, by.recent_n)


def _written(change: float | None) -> str:
    return "changed" if change is None else f"{change:+.0%}"
