"""The watch on the wire: episodes of drift, and how the watch itself goes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import AskedWire, CopiedWire, WindowWire, Wire, Zulu
from deployments.wire.drift import DriftWire
from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import MANY_PER_WEEK, Episode, FrozenReference
from lifecycle_core.operations.drift import Known, Told
from lifecycle_core.provenance import MAX_REASON_CHARACTERS


class TurnWire(CopiedWire):
    """How an episode stood from a check on, until its next turn."""

    at: Zulu
    severity: str
    drifts: list[str]


class EpisodeWire(Wire):
    """A drift from its first positive check to its end."""

    id: int | None
    variant: str
    version: int
    drifts: list[str]
    severity: str = Field(description="The worst so far.")
    onset_at: Zulu = Field(description="Where the drift began, as far as the checks tell.")
    created_at: Zulu = Field(description="The first check that found it.")
    last_seen_at: Zulu
    checks: int = Field(description="How many checks found it.")
    closed_at: Zulu | None
    closed_because: str | None
    length_hours: float = Field(description="From its onset to its end; while it goes on, to the last check that found it.")
    course: list[TurnWire] = Field(description="Severity and drifts at the first check, and at each that found others.")
    known_because: str | None = Field(description="Why a person said that the change is meant; null where nobody did.")
    known_by: str | None
    known_at: Zulu | None
    report: DriftWire = Field(description="The last check that found it.")

    @classmethod
    def of(cls, it: Episode) -> Self:
        """Shape it."""
        return cls(
            id=it.id,
            variant=it.variant,
            version=it.version,
            drifts=list(it.drifts),
            severity=it.severity,
            onset_at=it.onset_at,
            created_at=it.created_at,
            last_seen_at=it.last_seen_at,
            checks=it.checks,
            closed_at=it.closed_at,
            closed_because=it.closed_because,
            length_hours=it.length / timedelta(hours=1),
            course=[TurnWire.of(turn) for turn in it.course],
            known_because=it.known_because,
            known_by=it.known_by,
            known_at=it.known_at,
            report=DriftWire.of(it.report),
        )


class AlarmWire(Wire):
    """An alarm of an episode: it lasts until enough checks in a row find the latest conversations near the healthy weeks before it."""

    comparison: str = Field(description="What alarmed: a metric, or the tail of cost or response time.")
    entered_at: Zulu = Field(description="The check that found it.")
    onset: Zulu = Field(description="Where the drift began.")
    hours: int = Field(description="Length of the window that found it.")
    reference: WindowWire = Field(description="The healthy weeks before, kept for comparison.")
    reference_version: int = Field(description="Whose they are.")
    change: str | None
    change_value: float | None = Field(description="Of the latest conversations against them, at the last check; null while too few.")
    quiet_checks: int = Field(description="Checks in a row that found the latest conversations near them.")
    ended_at: Zulu | None = Field(description="The check that ended it; null while it lasts, and where the episode was closed before.")

    @classmethod
    def of(cls, it: FrozenReference) -> Self:
        """Shape it."""
        return cls(
            comparison=it.comparison,
            entered_at=it.entered_at,
            onset=it.onset_at,
            hours=it.hours,
            reference=WindowWire.of(Window(it.starts_at, it.ends_at)),
            reference_version=it.version,
            change=formats.change(it.relative_change),
            change_value=it.relative_change,
            quiet_checks=it.quiet_checks,
            ended_at=it.ended_at,
        )


class ToldEpisodeWire(Wire):
    """An episode in full."""

    episode: EpisodeWire
    alarms: list[AlarmWire] = Field(description="What it is made of, by when each was found; none in mode threshold.")

    @classmethod
    def of(cls, it: Told) -> Self:
        """Shape it."""
        return cls(episode=EpisodeWire.of(it.episode), alarms=[AlarmWire.of(alarm) for alarm in it.alarms])


class KnownRequest(AskedWire):
    """A change that is meant."""

    episode_id: int = Field(ge=1, lt=2**31, strict=True, description="Of `drift/history`.")
    reason: str = Field(min_length=1, max_length=MAX_REASON_CHARACTERS, description="Why it is meant; the audit log keeps it.")


class KnownWire(Wire):
    """A drift that is meant."""

    episode: EpisodeWire
    min_samples_for_comparison: int = Field(description="So many conversations must lie on both sides before a metric is compared again.")
    meaning: list[str] = Field(description="What it comes to, a sentence each.")

    @classmethod
    def of(cls, it: Known) -> Self:
        """Shape it."""
        return cls(episode=EpisodeWire.of(it.episode), min_samples_for_comparison=it.fewest, meaning=list(it.meaning))


class DriftHistoryWire(Wire):
    """Episodes, the newest first."""

    episodes: list[EpisodeWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones; null at the end.")

    @classmethod
    def of(cls, found: Sequence[Episode], limit: int) -> Self:
        """Shape them; a full page has a next one."""
        more = str(found[-1].id) if len(found) == limit else None
        return cls(episodes=[EpisodeWire.of(it) for it in found], next_cursor=more)


class DriftMetricsWire(CopiedWire):
    """How the watch itself goes, over all variants."""

    alert: bool = Field(description="Whether a variant drifted more than `alertPerWeek` times in the last 7 days.")
    alert_per_week: int = Field(default=MANY_PER_WEEK, description="Of one variant.")
    drifting_often: list[str] = Field(description="The variants that did.")

    checks: int
    checks_last_day: int
    episodes: int
    open_episodes: int
    detections_last_week: int = Field(description="Episodes that began in the last 7 days.")
    detections_per_week: float = Field(description="A week's mean over the last 28 days.")
    by_metric: dict[str, int]
    last_check_at: Zulu | None
    last_check_age_seconds: float | None = Field(validation_alias="last_check_age_s")


class CheckWire(CopiedWire):
    """A recorded check."""

    at: Zulu
    version: int
    status: str
    drifts: list[str]
    severity: str | None
