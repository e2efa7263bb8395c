"""How everything stands, on the wire."""

from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, WindowWire, Wire, Zulu
from deployments.wire.retraining import RetrainingFiguresWire
from deployments.wire.sessions import ProbationWire, SessionSummaryWire
from deployments.wire.versions import VariantWire
from deployments.wire.watch import CheckWire, DriftMetricsWire, EpisodeWire
from lifecycle_core.operations.retraining import RetrainingStatus
from lifecycle_core.operations.standing import Overview
from lifecycle_core.operations.status import Reliability, Status, VariantStatus, VariantTraffic


class VariantStatusWire(Wire):
    """One variant."""

    variant: VariantWire
    last_check: CheckWire | None
    open_episode: EpisodeWire | None
    open_session: SessionSummaryWire | None = Field(description="The retraining that goes on.")
    probation: ProbationWire | None = Field(description="The watch over its promoted version, while it goes on.")

    @classmethod
    def of(cls, it: VariantStatus, overview: Overview, prefect_url: str) -> Self:
        """Shape it."""
        name = it.summary.variant_name
        session = next((one for one in overview.open if one.session.variant == name), None)
        probation = next((one for one in overview.probations if one.variant == name), None)
        return cls(
            variant=VariantWire.of(it.summary),
            last_check=CheckWire.of(it.last_check) if it.last_check else None,
            open_episode=EpisodeWire.of(it.open_episode) if it.open_episode else None,
            open_session=SessionSummaryWire.of(session, prefect_url) if session else None,
            probation=ProbationWire.of(probation) if probation else None,
        )


class StatusWire(Wire):
    """How everything stands."""

    at: Zulu
    database: str
    schema_revision: str | None
    variants: list[VariantStatusWire]
    conversations: int
    quarantined: int
    open_episodes: int
    retraining: RetrainingFiguresWire
    last_check_at: Zulu | None
    last_check_age_seconds: float | None = Field(description="A watch that stands still shows here.")

    @classmethod
    def of(cls, it: Status, overview: Overview, prefect_url: str) -> Self:
        """Shape it; prefect_url : where Prefect's pages are."""
        return cls(
            at=it.at,
            database=it.database,
            schema_revision=it.revision,
            variants=[VariantStatusWire.of(variant, overview, prefect_url) for variant in it.variants],
            conversations=it.conversations,
            quarantined=it.quarantined,
            open_episodes=len(it.open_episodes),
            retraining=RetrainingFiguresWire.of(overview.figures),
            last_check_at=it.last_check_at,
            last_check_age_seconds=it.last_check_age_s,
        )


class TrafficWire(Wire):
    """The last 24 hours of a variant, over all its versions."""

    variant: str
    conversations: int
    booking_rate: str | None
    booking_rate_value: float | None
    booked_n: int
    escalation_rate: str | None
    escalation_rate_value: float | None
    escalated_n: int
    avg_cost: str | None
    avg_cost_value: float | None
    cost_n: int
    avg_tokens: float | None
    tokens_n: int
    late_rows: int

    @classmethod
    def of(cls, it: VariantTraffic) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant_name,
            conversations=it.conversations,
            booking_rate=formats.percent(it.booking_rate),
            booking_rate_value=it.booking_rate,
            booked_n=it.booked_n,
            escalation_rate=formats.percent(it.escalation_rate),
            escalation_rate_value=it.escalation_rate,
            escalated_n=it.escalated_n,
            avg_cost=formats.dollars(it.avg_cost_usd),
            avg_cost_value=it.avg_cost_usd,
            cost_n=it.cost_n,
            avg_tokens=it.avg_tokens,
            tokens_n=it.tokens_n,
            late_rows=it.late,
        )


class VersionFiguresWire(CopiedWire):
    """How many versions there are, and how often the active one changed in the last 30 days."""

    versions: int
    active_versions: int
    activations_last_month: int
    rollbacks_last_month: int


class ReliabilityWire(Wire):
    """The figures of drift, traffic, versions and retraining."""

    at: Zulu
    drift: DriftMetricsWire
    window: WindowWire
    traffic: list[TrafficWire]
    versions: VersionFiguresWire
    retraining: RetrainingFiguresWire

    @classmethod
    def of(cls, it: Reliability, sessions: RetrainingStatus) -> Self:
        """Shape it."""
        return cls(
            at=it.at,
            drift=DriftMetricsWire.of(it.drift),
            window=WindowWire.of(it.window),
            traffic=[TrafficWire.of(variant) for variant in it.traffic],
            versions=VersionFiguresWire.of(it.versions),
            retraining=RetrainingFiguresWire.of(sessions),
        )
