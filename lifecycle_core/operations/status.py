"""How everything stands, on one page, and the figures that a dashboard reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.alerts.signals import Signal
from lifecycle_core.alerts.thresholds import STALLED_AFTER
from lifecycle_core.conversations import Window, hour_of
from lifecycle_core.drift.episodes import DriftMetrics, Episode, RecordedCheck
from lifecycle_core.drift.vocabulary import Severity
from lifecycle_core.operations.database import expect_current
from lifecycle_core.operations.drift import watch_metrics
from lifecycle_core.retraining.session import OPEN
from lifecycle_core.retraining.session import Status as SessionStatus
from lifecycle_core.store import alerts, checks, episodes, figures, migrations, outbox, quarantine, sessions, summaries
from lifecycle_core.store.database import Database
from lifecycle_core.versions.version import VariantSummary

RECENT_HOURS: Final = 24
MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantStatus:
    """One variant: its versions and traffic, what its last recorded check found, and the drift that goes on."""

    summary: VariantSummary
    last_check: RecordedCheck | None
    open_episode: Episode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the watch had found as of `at`, and the versions and rows that there are now.

    database : "sqlite" or "postgresql"; revision : of its schema.
    last_check_at : of any variant; last_check_age_s : seconds since then. A watch that stands still shows here.
    """

    at: datetime
    database: str
    revision: str | None
    variants: tuple[VariantStatus, ...]
    conversations: int
    quarantined: int
    last_check_at: datetime | None
    last_check_age_s: float | None

    @property
    def open_episodes(self) -> tuple[Episode, ...]:
        """The drifts that go on, by variant."""
        return tuple(it.open_episode for it in self.variants if it.open_episode is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantTraffic:
    """What the last 24 hours of a variant came to, over all its versions; None where nothing is known.

    The n beside a figure counts the conversations that know it.
    """

    variant_name: str
    conversations: int
    booking_rate: float | None
    booked_n: int
    escalation_rate: float | None
    escalated_n: int
    avg_cost_usd: float | None
    cost_n: int
    avg_tokens: float | None
    tokens_n: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFigures:
    """How many versions there are now, and how often the active one changed in the 30 days before the instant asked for."""

    versions: int
    active_versions: int
    activations_last_month: int
    rollbacks_last_month: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The figures of drift, traffic and versions as of `at`; `window` is what the traffic was counted over."""

    at: datetime
    drift: DriftMetrics
    window: Window
    traffic: tuple[VariantTraffic, ...]
    versions: VersionFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a database that can serve is asked: its schema, and the last check, in whose absence nothing is stalled yet."""

    revision: str
    last_check_at: datetime | None
    last_check_age_s: float | None
    watch_stalled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """How everything stands, in numbers that cost little to ask for again and again.

    open_episodes : of each severity. sessions : that go on, of each status. last_check_at : of any variant.
    alerting : of how many variants each signal alerts; alert_episodes : that go on; deliveries : of messages, of each state.
    """

    variants: int
    open_episodes: Mapping[Severity, int]
    sessions: Mapping[SessionStatus, int]
    probations: int
    quarantined: int
    last_check_at: datetime | None
    alerting: Mapping[Signal, int]
    alert_episodes: int
    deliveries: Mapping[DeliveryState, int]


def gauges(database: Database, at: datetime) -> Gauges:
    """How everything stands as of `at`; raises DatabaseUnavailableError and SchemaMismatchError."""
    with database.read() as tx:
        variants, open_episodes, probations = figures.standing(tx, at)
        by_status = sessions.by_status(tx)
        return Gauges(
            variants=variants,
            open_episodes={it: open_episodes.get(it, 0) for it in Severity},
            sessions={it: by_status[it] for it in OPEN},
            probations=probations,
            quarantined=quarantine.count(tx),
            last_check_at=checks.last_at(tx, until=at),
            alerting=alerts.alerting(tx),
            alert_episodes=len(alerts.open_episodes(tx)),
            deliveries=outbox.by_state(tx),
        )


def status(database: Database, at: datetime) -> Status:
    """What the watch had found as of `at`; versions and rows are told as they are now."""
    with database.read() as tx:
        last, going_on, last_at = checks.last_of_each(tx, at), episodes.all_open(tx, at), checks.last_at(tx, until=at)
        variants = tuple(
            VariantStatus(summary=it, last_check=last.get(it.variant_name), open_episode=going_on.get(it.variant_name))
            for it in summaries.every(tx)
        )
        return Status(
            at=at,
            database=database.dialect,
            revision=migrations.current(tx),
            variants=variants,
            conversations=sum(it.summary.conversations for it in variants),
            quarantined=quarantine.count(tx),
            last_check_at=last_at,
            last_check_age_s=(at - last_at).total_seconds() if last_at else None,
        )


def checked_at(database: Database, at: datetime) -> datetime | None:
    """When the watch checked any variant last, as of `at`; None before the first check."""
    with database.read() as tx:
        return checks.last_at(tx, until=at)


def readiness(database: Database, at: datetime, interval_s: float) -> Readiness:
    """Whether the database can serve, and how long ago the watch checked; raises SchemaMismatchError, DatabaseUnavailableError.

    interval_s : seconds between two checks.
    """
    revision = expect_current(database)
    with database.read() as tx:
        last_at = checks.last_at(tx, until=at)
    age_s = (at - last_at).total_seconds() if last_at else None
    return Readiness(
        revision=revision,
        last_check_at=last_at,
        last_check_age_s=age_s,
        watch_stalled=age_s is not None and age_s > STALLED_AFTER * interval_s,
    )


def reliability(database: Database, at: datetime) -> Reliability:
    """The figures of drift, traffic and versions as of `at`."""
    window = Window.before(hour_of(at), hours=RECENT_HOURS)
    with database.read() as tx:
        known = summaries.every(tx)
        sums, changes = figures.sums(tx, window.start, window.end), figures.changes(tx, at - MONTH, at)
        return Reliability(
            at=at,
            drift=watch_metrics(tx, at),
            window=window,
            traffic=tuple(_traffic(it.variant_name, sums.get(it.variant_name, {})) for it in known),
            versions=VersionFigures(
                versions=sum(it.total_versions for it in known),
                active_versions=sum(it.active_version is not None for it in known),
                activations_last_month=changes["activate"],
                rollbacks_last_month=changes["rollback"],
            ),
        )


def _traffic(variant: str, sums: dict[str, float]) -> VariantTraffic:
    n = {name: round(sums.get(name, 0)) for name in ("conversations", "booked_n", "escalated_n", "cost_n", "tokens_n", "late")}
    return VariantTraffic(
        variant_name=variant,
        booking_rate=_mean(sums, "booked", n["booked_n"]),
        escalation_rate=_mean(sums, "escalated", n["escalated_n"]),
        avg_cost_usd=_mean(sums, "cost_usd", n["cost_n"]),
        avg_tokens=_mean(sums, "tokens", n["tokens_n"]),
        **n,
    )


def _mean(sums: dict[str, float], name: str, n: int) -> float | None:
    return sums[name] / n if n else None
