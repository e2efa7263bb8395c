"""Figures: traffic of a span, how often the active version changed, how much there is to learn from."""

from datetime import datetime

from sqlalchemy import select as select_columns
from sqlalchemy import text
from sqlmodel import col, func, select

from lifecycle_core.rollups import SCALARS
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import ActivationRow, ConversationRow, DriftDetectionRow, ProbationRow, RollupRow, VariantRow


def sums(tx: Transaction, start: datetime, end: datetime, variant: str | None = None) -> dict[str, dict[str, float]]:
    """Variant -> each plain sum of the rollups over the hours of `[start, end)`, of one or of all; one without traffic is left out."""
    totals = [func.sum(getattr(RollupRow, name)).label(name) for name in SCALARS]
    chosen = select_columns(col(RollupRow.variant), *totals).where(col(RollupRow.hour) >= start, col(RollupRow.hour) < end)
    if variant is not None:
        chosen = chosen.where(col(RollupRow.variant) == variant)
    return {row["variant"]: {name: row[name] for name in SCALARS} for row in tx.execute(chosen.group_by(RollupRow.variant)).mappings()}


def changes(tx: Transaction, after: datetime, until: datetime) -> dict[str, int]:
    """How often in `(after, until]` a version was activated, and rolled back: kind -> times."""
    chosen = select(ActivationRow.kind, func.count()).where(ActivationRow.at > after, ActivationRow.at <= until)
    return {"activate": 0, "rollback": 0, **dict(tx.exec(chosen.group_by(ActivationRow.kind)).all())}


def standing(tx: Transaction, at: datetime) -> tuple[int, dict[str, int], int]:
    """How many variants are known, how many drifts of each severity go on at `at`, and how many probations."""
    drift, closed_at = DriftDetectionRow, col(DriftDetectionRow.closed_at)
    going_on = (
        select(drift.severity, func.count())
        .where(col(drift.created_at) <= at, closed_at.is_(None) | (closed_at > at))
        .group_by(drift.severity)
    )
    variants = tx.exec(select(func.count()).select_from(VariantRow)).one()
    probations = tx.exec(select(func.count()).select_from(ProbationRow).where(col(ProbationRow.ended_at).is_(None))).one()
    return variants, dict(tx.exec(going_on).all()), probations


def learnable(tx: Transaction, variant: str, version: int, until: datetime) -> int:
    """How many conversations of a version, up to `until`, tell how they went and were not broken by a provider."""
    it = ConversationRow
    told = col(it.booked).is_not(None) | col(it.escalated).is_(True)
    ours = (it.variant == variant, it.version == version, col(it.ended_at) < until, col(it.provider_fault).is_(False))
    return tx.exec(select(func.count()).select_from(it).where(*ours, told)).one()


def server_connections(tx: Transaction) -> tuple[int, int]:
    """Connections to PostgreSQL's server, of all programs, and how many it lets in."""
    asked = text("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = 'client backend'")
    now, most = tx.connection().execute(asked).one()
    return now, most
