"""What reports are made of: a variant's drift as of an instant, and what happened in a span of days."""

from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.conversations import hour_of
from lifecycle_core.operations.checked import report_of
from lifecycle_core.reports import drift, summary
from lifecycle_core.reports.daily import days_of
from lifecycle_core.store import checks, conversations, episodes, figures, outbox, policies, sessions, versions
from lifecycle_core.store.database import Database

_NEWEST: Final = 10


def drift_source(database: Database, variant: str, at: datetime) -> drift.Source:
    """What the report of a variant's drift tells; changes nothing. Raises UnknownVariantError."""
    hour = hour_of(at)
    with database.read() as tx:
        found = report_of(tx, variant, at)
        rollups = conversations.of_all_versions(tx, variant, hour - timedelta(days=drift.DAYS), hour)
        return drift.Source(
            report=found,
            policy=policies.of(tx, variant),
            days=days_of(rollups, hour, drift.DAYS),
            episodes=episodes.newest(tx, variant, _NEWEST),
            activations=versions.activations(tx, variant, limit=_NEWEST, before=at),
        )


def summary_source(database: Database, at: datetime, days: int) -> summary.Source:
    """What the summary of the `days` before `at` tells, over all variants; changes nothing."""
    end, span = hour_of(at), timedelta(days=days)
    with database.read() as tx:
        changed = [it for trail in versions.all_activations(tx, at).values() for it in trail if it.at > at - span]
        return summary.Source(
            at=at,
            days=days,
            now=figures.sums(tx, end - span, end),
            before=figures.sums(tx, end - 2 * span, end - span),
            episodes=episodes.between(tx, at - span, at),
            sessions=sessions.between(tx, at - span, at),
            activations=sorted(changed, key=lambda it: it.at, reverse=True),
            messages=outbox.between(tx, at - span, at),
            checks=checks.count(tx, at, after=at - span),
        )
