"""All variants at a glance, what waits for a person, and their figures day by day: what the pages show. Nothing here changes anything."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.alerts.signals import Signal
from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.episodes import Episode, RecordedCheck
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.operations.checked import report_of
from lifecycle_core.policy import Policy
from lifecycle_core.reports.five import five
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.retraining.report.blocks import Trend
from lifecycle_core.retraining.session import Session
from lifecycle_core.store import (
    alerts,
    checks,
    conversations,
    episodes,
    outbox,
    policies,
    probations,
    quarantine,
    sessions,
    summaries,
    variants,
    versions,
)
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Activation, VariantSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One variant at a glance.

    episode, session, probation : those that go on, else None; activation : the newest change of the active version.
    alerting : its signals that alert, and what each says.
    """

    summary: VariantSummary
    check: RecordedCheck | None
    episode: Episode | None
    session: Session | None
    probation: Probation | None
    activation: Activation | None
    alerting: Mapping[Signal, str]
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All variants as of `at`, by name.

    last_check_at : of any variant. quarantined : rows that were refused; dead : deliveries of messages that reached nobody.
    """

    at: datetime
    variants: tuple[Seen, ...]
    last_check_at: datetime | None
    quarantined: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A variant over some days: its five metrics, its last check, and all that happened.

    episodes, activations, sessions : the newest first.
    """

    report: DriftReport
    policy: Policy
    trends: tuple[Trend, ...]
    episodes: tuple[Episode, ...]
    activations: tuple[Activation, ...]
    sessions: tuple[Session, ...]


def fleet(database: Database, at: datetime) -> Fleet:
    """Every variant at a glance as of `at`, and what waits."""
    with database.read() as tx:
        return Fleet(
            at=at,
            variants=tuple(_every(tx, at)),
            last_check_at=checks.last_at(tx, until=at),
            quarantined=quarantine.count(tx),
            dead=outbox.by_state(tx).get(DeliveryState.DEAD, 0),
        )


def seen(database: Database, variant: str, at: datetime) -> Seen:
    """One variant at a glance; raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        changes = versions.activations(tx, variant, 1, before=at)
        return Seen(
            summary=summaries.one(tx, variant),
            check=checks.last_of(tx, variant, at),
            episode=episodes.open_at(tx, variant, at),
            session=sessions.open_of(tx, variant),
            probation=probations.open_of(tx, variant),
            activation=changes[0] if changes else None,
            alerting=alerts.alerting_each(tx, variant).get(variant, {}),
            policy=policies.of(tx, variant),
        )


def _every(tx: Transaction, at: datetime) -> Iterator[Seen]:
    going_on = {it.variant: it for it in sessions.all_open(tx)}
    watched = {it.variant: it for it in probations.all_open(tx)}
    last, drifts, own = checks.last_of_each(tx, at), episodes.all_open(tx, at), policies.all(tx)
    changes, signals = versions.all_activations(tx, at), alerts.alerting_each(tx)
    for it in summaries.every(tx):
        name = it.variant_name
        yield Seen(
            summary=it,
            check=last.get(name),
            episode=drifts.get(name),
            session=going_on.get(name),
            probation=watched.get(name),
            activation=changes[name][-1] if name in changes else None,
            alerting=signals.get(name, {}),
            policy=own.get(name, Policy()),
        )


def trends(database: Database, names: Sequence[str], at: datetime, days: int) -> dict[str, tuple[Trend, ...]]:
    """The five metrics day by day of each of `names`; one without traffic is left out."""
    hour = hour_of(at)
    with database.read() as tx:
        own = policies.all(tx)
        return {
            it.variant: five(it, hour, days, own.get(it.variant, Policy()))
            for it in conversations.tables(tx, names, hour - timedelta(days=days), hour)
        }


def course(database: Database, variant: str, at: datetime, days: int, newest: int = 20) -> Course:
    """One variant over the `days` before `at`; raises UnknownVariantError."""
    hour = hour_of(at)
    with database.read() as tx:
        variants.expect(tx, variant)
        own = policies.of(tx, variant)
        rollups = conversations.of_all_versions(tx, variant, hour - timedelta(days=days), hour)
        return Course(
            report=report_of(tx, variant, at),
            policy=own,
            trends=five(rollups, hour, days, own),
            episodes=tuple(episodes.newest(tx, variant, newest)),
            activations=tuple(versions.activations(tx, variant, newest, before=at)),
            sessions=tuple(sessions.newest(tx, variant, newest)),
        )
