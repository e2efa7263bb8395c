"""Versions and the stack of their activations."""

import json
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Text, type_coerce
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from lifecycle_core.errors import UnknownVersionError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import variants
from lifecycle_core.store.columns import InstantColumn
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, value
from lifecycle_core.store.tables import ActivationRow, ConversationRow, RollupRow, VariantRow, VersionRow
from lifecycle_core.versions.stack import Stack
from lifecycle_core.versions.version import READY_FOR_ROLLBACK, Activation, Tag, Tagged, VariantSummary, Version


def add(tx: Transaction, version: Version) -> Version:
    """Keep a new version, and move the tag `experimental` to it."""
    it = row(VersionRow, version, details=dict(version.metadata), is_active=0)
    tx.add(it)
    tx.flush()
    _move_tag(tx, Tag.EXPERIMENTAL, it, "registered, not yet active")
    tx.flush()
    return _version(it)


def with_content(tx: Transaction, variant: str, content_hash: str) -> Version | None:
    """The version of that content; None where there is none."""
    it = tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, VersionRow.content_hash == content_hash)).first()
    return _version(it) if it else None


def latest_number(tx: Transaction, variant: str) -> int:
    """The highest number given to a version of the variant; 0 before the first."""
    return tx.exec(select(func.max(VersionRow.version)).where(VersionRow.variant_name == variant)).one() or 0


def get(tx: Transaction, variant: str, version: int) -> Version:
    """One version; raises UnknownVersionError, or UnknownVariantError where not even the variant is known."""
    return _version(_row(tx, variant, version))


def active(tx: Transaction, variant: str) -> Version | None:
    """The active version; None where there is none."""
    it = tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, VersionRow.is_active == 1)).first()
    return _version(it) if it else None


def newest(tx: Transaction, variant: str, limit: int, before_version: int | None = None) -> list[Version]:
    """The newest versions, newest first; those under `before_version` where it is given."""
    chosen = select(VersionRow).where(VersionRow.variant_name == variant)
    if before_version is not None:
        chosen = chosen.where(VersionRow.version < before_version)
    return [_version(it) for it in tx.exec(chosen.order_by(col(VersionRow.version).desc()).limit(limit))]


def summaries(tx: Transaction) -> list[VariantSummary]:
    """Every variant with its versions and its traffic, by name."""
    ours = VersionRow.variant_name == VariantRow.name
    latest = select(func.max(VersionRow.version)).where(ours).scalar_subquery()
    total = select(func.count()).where(ours).scalar_subquery()
    active_number = select(VersionRow.version).where(ours, VersionRow.is_active == 1).scalar_subquery()
    counted = select(func.sum(RollupRow.conversations)).where(RollupRow.variant == VariantRow.name).scalar_subquery()
    ended_at = func.max(ConversationRow.ended_at, type_=InstantColumn)
    last = select(ended_at).where(ConversationRow.variant == VariantRow.name).scalar_subquery()
    return [
        VariantSummary(
            variant_name=name,
            latest_version=latest_version,
            total_versions=total_versions,
            active_version=active_version,
            conversations=int(conversations or 0),
            last_ended_at=last_ended_at,
        )
        for name, latest_version, total_versions, active_version, conversations, last_ended_at in tx.execute(
            select_columns(col(VariantRow.name), latest, total, active_number, counted, last).order_by(col(VariantRow.name))
        )
    ]


def stack(tx: Transaction, variant: str) -> Stack:
    """The present state of the variant's activations, as far as a rollback looks."""
    ours = ActivationRow.variant_name == variant
    newest_first = col(ActivationRow.id).desc()
    pushed = select(ActivationRow.version).where(ours, ActivationRow.kind == "activate", col(ActivationRow.popped).is_(False))
    versions = tx.exec(pushed.order_by(newest_first).limit(2)).all()
    kinds = tx.exec(select(ActivationRow.kind).where(ours).order_by(newest_first).limit(READY_FOR_ROLLBACK)).all()
    return Stack(versions, rollbacks=kinds.index("activate") if "activate" in kinds else len(kinds))


def push(tx: Transaction, act: Provenance, version: Version) -> Activation:
    """Make `version` the active one; the one before stays ready for a rollback."""
    return _switch(tx, act, version, "activate")


def pop(tx: Transaction, act: Provenance, version: Version) -> Activation:
    """Take the newest activation back and make `version`, the one under it, the active one."""
    ours = select(ActivationRow).where(ActivationRow.variant_name == version.variant_name, col(ActivationRow.popped).is_(False))
    top = tx.exec(ours.where(ActivationRow.kind == "activate").order_by(col(ActivationRow.id).desc())).first()
    if top is not None:
        top.popped = True
    return _switch(tx, act, version, "rollback")


def activations(tx: Transaction, variant: str, limit: int, before: datetime | None = None) -> list[Activation]:
    """The newest changes of the active version, newest first; those at or before `before` where it is given."""
    chosen = select(ActivationRow).where(ActivationRow.variant_name == variant)
    if before is not None:
        chosen = chosen.where(ActivationRow.at <= before)
    return [value(Activation, it) for it in tx.exec(chosen.order_by(col(ActivationRow.id).desc()).limit(limit))]


def all_activations(tx: Transaction, before: datetime) -> dict[str, tuple[Activation, ...]]:
    """Variant -> the changes of its active version at or before `before`, oldest first; of all variants by one query."""
    chosen = select(ActivationRow).where(ActivationRow.at <= before).order_by(ActivationRow.variant_name, col(ActivationRow.id))
    found = groupby(tx.exec(chosen), attrgetter("variant_name"))
    return {variant: tuple(value(Activation, it) for it in rows) for variant, rows in found}


def first_activation(tx: Transaction, variant: str, version: int) -> Activation | None:
    """The change that made `version` active for the first time; None where it never was."""
    chosen = select(ActivationRow).where(ActivationRow.variant_name == variant, ActivationRow.version == version)
    it = tx.exec(chosen.order_by(col(ActivationRow.id))).first()
    return value(Activation, it) if it else None


def tag(tx: Transaction, version: Version, name: str, description: str) -> Tagged:
    """Move the tag to `version`, from whichever version of the variant carries it."""
    it = _row(tx, version.variant_name, version.version)
    lost = {row.version: row.tags[name] for row in _tagged(tx, it.variant_name, name) if row is not it}
    _move_tag(tx, name, it, description)
    tx.flush()
    lost_by, lost_description = next(iter(lost.items()), (None, ""))
    return Tagged(version=_version(it), lost_by=lost_by, lost_description=lost_description)


def _switch(tx: Transaction, act: Provenance, version: Version, kind: str) -> Activation:
    variant = version.variant_name
    before = tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, VersionRow.is_active == 1)).first()
    if before is not None:
        before.is_active = 0
        tx.flush()  # the index that allows one active version looks at each row as it is written
    now = _row(tx, variant, version.version)
    last = activations(tx, variant, limit=1)
    at = max(act.at, last[0].at) if last else act.at  # who waited for the variant's lock came with an earlier time than who had it
    now.is_active, now.activated_at = 1, at
    previous = before.version if before else None
    done = ActivationRow(
        variant_name=variant, version=now.version, previous_version=previous, at=at, by=act.by, why=act.why, kind=kind, popped=False
    )
    tx.add(done)
    tx.flush()
    _move_tags(tx, now, act)
    return value(Activation, done)


def _move_tags(tx: Transaction, active_row: VersionRow, act: Provenance) -> None:
    """`production` goes with the active version, `rollback` with the one that a rollback would bring; what is active is no experiment."""
    variant = active_row.variant_name
    _move_tag(tx, Tag.PRODUCTION, active_row, act.why or f"activated by {act.by}")
    below = stack(tx, variant).below
    for it in _tagged(tx, variant, Tag.ROLLBACK):
        it.tags = _without(it.tags, Tag.ROLLBACK)
    if below is not None:
        _move_tag(tx, Tag.ROLLBACK, _row(tx, variant, below), f"active before version {active_row.version}")
    active_row.tags = _without(active_row.tags, Tag.EXPERIMENTAL)
    tx.flush()


def _move_tag(tx: Transaction, name: str, to: VersionRow, description: str) -> None:
    for it in _tagged(tx, to.variant_name, name):
        it.tags = _without(it.tags, name)
    to.tags = {**to.tags, str(name): description}


def _without(tags: dict[str, str], name: str) -> dict[str, str]:
    return {tag: description for tag, description in tags.items() if tag != name}


def _tagged(tx: Transaction, variant: str, name: str) -> list[VersionRow]:
    tags = type_coerce(col(VersionRow.tags), Text)
    chosen = select(VersionRow).where(
        VersionRow.variant_name == variant, tags.contains(json.dumps(name, ensure_ascii=False), autoescape=True)
    )
    return [it for it in tx.exec(chosen) if name in it.tags]


def _row(tx: Transaction, variant: str, version: int) -> VersionRow:
    it = tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, VersionRow.version == version)).first()
    if it is not None:
        return it
    latest = latest_number(tx, variant)
    if latest == 0:
        variants.expect(tx, variant)
        message = f"variant {variant!r} has no registered version; register one first"
    else:
        message = f"variant {variant!r} has no version {version}; its versions are 1 to {latest}"
    raise UnknownVersionError(message, field="version")


def _version(it: VersionRow) -> Version:
    return value(Version, it, metadata=it.details or {}, is_active=bool(it.is_active))
