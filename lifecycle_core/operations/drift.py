"""Check a variant for drift, and remember what was found."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.detect import detect, span
from lifecycle_core.drift.episodes import DriftMetrics, Episode, after_check
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.operations.traffic import FIRST_VERSION
from lifecycle_core.policy import Mode
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import checks, conversations, episodes, policies, variants, versions
from lifecycle_core.store.database import Database, Transaction

_WEEK: Final = timedelta(days=7)


def check(database: Database, variant: str, at: datetime, mode: Mode | None = None) -> DriftReport:
    """The drift report of `variant` as of `at`; changes nothing.

    mode : what decides, in place of the mode of the variant's own policy.
    Raises UnknownVariantError, and InvalidInputError for an `at` that no traffic can be near.
    """
    with database.read() as tx:
        return report_of(tx, variant, at, mode)


def check_and_record(database: Database, act: Provenance, variant: str, at: datetime) -> DriftReport:
    """The same, and keep that it was checked, and the episode that it opens, prolongs or closes.

    An hour is recorded once: a second check of it answers and changes nothing.
    """
    with database.write(act) as tx:
        variants.lock(tx, variant)
        report = report_of(tx, variant, at)
        if not checks.recorded(tx, variant, report.at):
            last = checks.last_at(tx, variant)
            checks.add(tx, act, report)
            if last is None or report.at > last:
                for episode in after_check(episodes.open_of(tx, variant), report):
                    episodes.save(tx, episode)
        return report


def history(database: Database, variant: str | None, limit: int, before_id: int | None = None) -> list[Episode]:
    """The newest `limit` episodes of `variant`, or of all, newest first; those under `before_id` where it is given."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return episodes.newest(tx, variant, limit, before_id)


def metrics(database: Database, at: datetime) -> DriftMetrics:
    """How the watch itself goes, over all variants, as of `at`."""
    with database.read() as tx:
        return watch_metrics(tx, at)


def watch_metrics(tx: Transaction, at: datetime) -> DriftMetrics:
    """The same in an open transaction."""
    last = checks.last_at(tx, until=at)
    total, still_open = episodes.count(tx, at)
    return DriftMetrics(
        checks=checks.count(tx, at),
        checks_last_day=checks.count(tx, at, after=at - timedelta(days=1)),
        episodes=total,
        open_episodes=still_open,
        detections_last_week=episodes.began(tx, at - _WEEK, at),
        detections_per_week=episodes.began(tx, at - 4 * _WEEK, at) / 4,
        by_metric=episodes.by_metric(tx, at),
        last_check_at=last,
        last_check_age_s=(at - last).total_seconds() if last else None,
    )


def report_of(tx: Transaction, variant: str, at: datetime, mode: Mode | None = None) -> DriftReport:
    """What `check` answers, in an open transaction."""
    variants.expect(tx, variant)
    policy = policies.of(tx, variant)
    policy = replace(policy, mode=mode or policy.mode)
    window = span(policy, at)
    version, since = _served(tx, variant, hour_of(at))
    rollups = conversations.table(tx, variant, version, window.start, window.end)
    return detect(rollups, policy, at, latest=conversations.latest_ended_at(tx, variant, window.end), since=since)


def _served(tx: Transaction, variant: str, at: datetime) -> tuple[int, datetime | None]:
    """Which version served at `at`, and since when its own time counts: from its first activation, unless it was the variant's first.

    at : the hour that the report is of; what was activated within the hour now running is not judged yet.
    """
    newest = versions.activations(tx, variant, limit=1, before=at)
    if not newest:
        return conversations.traffic_version(tx, variant, at) or FIRST_VERSION, None
    first = versions.first_activation(tx, variant, newest[0].version)
    return newest[0].version, first.at if first is not None and first.previous_version is not None else None
