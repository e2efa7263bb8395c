"""Variants in short: their versions and their traffic, counted by the database."""

from typing import Any

from sqlalchemy import Select, text
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from lifecycle_core.store.columns import InstantColumn
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import ConversationRow, RollupRow, VariantRow, VersionRow
from lifecycle_core.versions.version import VariantSummary


def one(tx: Transaction, variant: str) -> VariantSummary:
    """One variant, which is there, with its versions and its traffic."""
    return _summaries(tx, _summary().where(col(VariantRow.name) == variant))[0]


def every(tx: Transaction, limit: int | None = None, after: str | None = None) -> list[VariantSummary]:
    """The variants with their versions and their traffic, by name: up to `limit` of those that follow `after`, where these are given."""
    chosen = _summary().order_by(col(VariantRow.name)).limit(limit)
    return _summaries(tx, chosen if after is None else chosen.where(col(VariantRow.name) > after))


def _summary() -> Select[Any]:
    ours = VersionRow.variant_name == VariantRow.name
    latest = select(func.max(VersionRow.version)).where(ours).scalar_subquery()
    total = select(func.count()).where(ours).scalar_subquery()
    active_number = select(VersionRow.version).where(ours, text("is_active = 1")).scalar_subquery()
    counted = select(func.sum(RollupRow.conversations)).where(RollupRow.variant == VariantRow.name).scalar_subquery()
    ended_at = func.max(ConversationRow.ended_at, type_=InstantColumn)
    last = select(ended_at).where(ConversationRow.variant == VariantRow.name).scalar_subquery()
    return select_columns(col(VariantRow.name), latest, total, active_number, counted, last)


def _summaries(tx: Transaction, chosen: Select[Any]) -> list[VariantSummary]:
    return [
        VariantSummary(
            variant_name=name,
            latest_version=latest_version,
            total_versions=total_versions,
            active_version=active_version,
            conversations=int(conversations or 0),
            last_ended_at=last_ended_at,
        )
        for name, latest_version, total_versions, active_version, conversations, last_ended_at in tx.execute(chosen)
    ]
