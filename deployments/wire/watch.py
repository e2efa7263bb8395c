"""The watch on the wire: episodes of drift, and how the watch itself goes."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field

from deployments.wire.base import CopiedWire, Wire, Zulu
from deployments.wire.drift import DriftWire
from lifecycle_core.drift.episodes import Episode


class EpisodeWire(Wire):
    """A drift from its first positive check to its end."""

    id: int | None
    variant: str
    version: int
    drifts: list[str]
    severity: str = Field(description="The worst so far.")
    onset_at: Zulu
    created_at: Zulu = Field(description="The first check that found it.")
    last_seen_at: Zulu
    checks: int = Field(description="How many checks found it.")
    closed_at: Zulu | None
    closed_because: str | None
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
            report=DriftWire.of(it.report),
        )


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
