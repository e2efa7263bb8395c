"""Drift episodes: what the hourly checks of a variant add up to.

1. A check that finds a drift opens an episode, or prolongs the open one; a variant has one open episode at most.
2. Severity rises within an episode and never falls; its drifts are all that were seen, its onset the earliest.
3. The check that ends the last of its alarms closes it. In `Mode.THRESHOLD` alarms do not last: there `QUIET_CHECKS` checks in a row
   that could judge and found no drift close it; a check without enough data judges nothing.
4. Another version becoming active closes it: what was found is not true of that version. So does a person who calls the change known.
5. A check of an hour before the last one counted, as in a backfill, changes no episode.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.drift.report import Comparison, DriftReport, Metric, Severity, Status

QUIET_CHECKS: Final = 24
MANY_PER_WEEK: Final = 2
"""More episodes of a variant in a week than this are too many: its threshold does not fit it, or its retraining does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How an episode stood from the check of an hour on, until its next turn."""

    at: datetime
    severity: Severity
    drifts: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One drift of one version, from its first positive check to its end.

    id : int; None until it is stored.
    created_at, last_seen_at : instants, the first and the last positive check; onset_at : where the drift began, as far as the checks tell.
    checks : positive checks; quiet_checks : those in a row since then that found no drift.
    report : of the last positive check.
    closed_because : one sentence; None while it is open.
    course : how it went; empty where a program that did not keep it opened the episode.
    known_because, known_by, known_at : why a person called it known, who and when; None where nobody did.
    known_from : from where on conversations count since then: the latest onset of its alarms.
    """

    id: int | None = None
    variant: str
    version: int
    drifts: tuple[Metric, ...]
    severity: Severity
    onset_at: datetime
    created_at: datetime
    last_seen_at: datetime
    checks: int = 1
    quiet_checks: int = 0
    closed_at: datetime | None = None
    closed_because: str | None = None
    course: tuple[Turn, ...] = ()
    known_because: str | None = None
    known_by: str | None = None
    known_at: datetime | None = None
    known_from: datetime | None = None
    report: DriftReport

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None

    @property
    def length(self) -> timedelta:
        """From its onset to its end; while it goes on, to the last check that found it."""
        return (self.closed_at or self.last_seen_at) - self.onset_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheck:
    """What one recorded check found."""

    at: datetime
    version: int
    status: Status
    drifts: tuple[Metric, ...]
    severity: Severity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftMetrics:
    """How the watch itself goes, over all variants, as of one instant.

    checks : recorded in all; checks_last_day : in the 24 hours before.
    episodes, open_episodes : in all, and those that go on.
    detections_last_week : episodes that began in the 7 days before; detections_per_week : a week's mean over the 28 days before.
    drifting_often : the variants of which more than `MANY_PER_WEEK` episodes began in these 7 days.
    by_metric : episodes in which each metric drifted.
    last_check_at : None before the first; last_check_age_s : seconds since then.
    """

    checks: int
    checks_last_day: int
    episodes: int
    open_episodes: int
    detections_last_week: int
    detections_per_week: float
    drifting_often: tuple[str, ...]
    by_metric: Mapping[Metric, int]
    last_check_at: datetime | None
    last_check_age_s: float | None

    @property
    def alert(self) -> bool:
        """Whether a variant drifts too often."""
        return bool(self.drifting_often)


def after_check(episode: Episode | None, report: DriftReport) -> tuple[Episode, ...]:
    """What has to be written after a check: the open episode as it now is, closed perhaps, and a new one perhaps.

    episode : the open one; None where there is none.
    """
    if episode is not None and episode.version != report.version:
        closed = replace(episode, closed_at=report.at, closed_because=f"version {report.version} took its place")
        return (closed, *after_check(None, report))
    if report.drifts:
        return (_opened(report) if episode is None else _prolonged(episode, report),)
    if episode is None:
        return ()
    if report.ended:
        return (replace(episode, closed_at=report.at, closed_because=_ended(report)),)
    if report.status is Status.INSUFFICIENT_DATA:
        return ()
    quiet = replace(episode, quiet_checks=episode.quiet_checks + 1)
    if quiet.quiet_checks >= QUIET_CHECKS:
        quiet = replace(quiet, closed_at=report.at, closed_because=f"{QUIET_CHECKS} checks in a row found no drift")
    return (quiet,)


def _opened(report: DriftReport) -> Episode:
    return Episode(
        variant=report.variant,
        version=report.version,
        drifts=report.drifts,
        severity=_severity(report),
        onset_at=_onset(report),
        created_at=report.at,
        last_seen_at=report.at,
        course=(Turn(at=report.at, severity=_severity(report), drifts=report.drifts),),
        report=report,
    )


def _prolonged(episode: Episode, report: DriftReport) -> Episode:
    seen = {*episode.drifts, *report.drifts}
    turn = Turn(at=report.at, severity=_severity(report), drifts=report.drifts)
    turned = not episode.course or (episode.course[-1].severity, episode.course[-1].drifts) != (turn.severity, turn.drifts)
    return replace(
        episode,
        drifts=tuple(metric for metric in Metric if metric in seen),
        severity=max(episode.severity, _severity(report), key=lambda it: it.rank),
        course=(*episode.course, turn) if turned else episode.course,
        onset_at=min(episode.onset_at, _onset(report)),
        last_seen_at=report.at,
        checks=episode.checks + 1,
        quiet_checks=0,
        report=report,
    )


def _severity(report: DriftReport) -> Severity:
    return report.severity or Severity.LOW


def _onset(report: DriftReport) -> datetime:
    return min((it.onset for it in report.held), default=report.recent.start)


def _ended(report: DriftReport) -> str:
    told = ", ".join(f"{it.n:,} of {it.comparison.value.replace('_', ' ')}" for it in report.ended)
    return f"in {QUIET_CHECKS} checks in a row the latest conversations, {told}, lay near the weeks before the drift again"


def references_after(report: DriftReport) -> tuple["FrozenReference", ...]:
    """What has to be kept of the frozen references after a check: those of the alarms that last, and of those that it ends."""
    return tuple(
        FrozenReference(
            comparison=it.comparison,
            version=it.version,
            entered_at=it.entered_at,
            onset_at=it.onset,
            starts_at=it.reference.start,
            ends_at=it.reference.end,
            quiet_checks=it.quiet_checks,
            ended_at=report.at if it.ended else None,
            hours=it.length,
            relative_change=it.relative_change,
        )
        for it in (*report.held, *report.ended)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenReference:
    """The healthy traffic that an alarm is judged by until it ends: one for each comparison of an episode.

    version : whose traffic it is; entered_at : the check that found the alarm; onset_at : where the drift began.
    starts_at, ends_at : the span; its conversations were healthy.
    quiet_checks : checks in a row that found the latest conversations near it.
    ended_at : the check that ended the alarm; None while it lasts.
    hours : the length of the window that decided. relative_change : of the latest conversations against it; None while there are too few.
    """

    comparison: Comparison
    version: int
    entered_at: datetime
    onset_at: datetime
    starts_at: datetime
    ends_at: datetime
    quiet_checks: int = 0
    ended_at: datetime | None = None
    hours: int
    relative_change: float | None = None

    @property
    def healed_at(self) -> datetime | None:
        """Where conversations were healthy again: the first of the quiet checks that ended the alarm; None while it lasts."""
        return None if self.ended_at is None else self.ended_at - timedelta(hours=QUIET_CHECKS - 1)
