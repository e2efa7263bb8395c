"""Versions and the stack of their activations."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

from sqlalchemy import text
from sqlmodel import col, func, select

from lifecycle_core.alerts.messages import Serving
from lifecycle_core.errors import NothingToRollBackError, StaleError, UnknownVersionError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import telling, variants
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, value
from lifecycle_core.store.tables import MARKED, ActivationRow, VersionRow
from lifecycle_core.versions.stack import Stack
from lifecycle_core.versions.version import READY_FOR_ROLLBACK, Activation, Rollback, Tag, Tagged, Version

ANY: Final = "*"
"""The etag that stands for every one, as in HTTP: what is insisted on is that there is a version."""


def add(tx: Transaction, version: Version) -> Version:
    """Keep a new version, and move the tag `experimental` to it."""
    it = row(VersionRow, version, details=dict(version.metadata), is_active=0)
    marked = _marked(tx, version.variant_name)
    tx.add(it)
    _move_tag(Tag.EXPERIMENTAL, marked, it, "registered, not yet active")
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
    it = tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, text("is_active = 1"))).first()
    return _version(it) if it else None


def newest(tx: Transaction, variant: str, limit: int, before_version: int | None = None) -> list[Version]:
    """The newest versions, newest first; those under `before_version` where it is given."""
    chosen = select(VersionRow).where(VersionRow.variant_name == variant)
    if before_version is not None:
        chosen = chosen.where(VersionRow.version < before_version)
    return [_version(it) for it in tx.exec(chosen.order_by(col(VersionRow.version).desc()).limit(limit))]


def stack(tx: Transaction, variant: str) -> Stack:
    """The present state of the variant's activations, as far as rollbacks reach."""
    ours = ActivationRow.variant_name == variant
    newest_first = col(ActivationRow.id).desc()
    pushed = select(ActivationRow.version).where(ours, ActivationRow.kind == "activate", col(ActivationRow.popped).is_(False))
    versions = tx.exec(pushed.order_by(newest_first).limit(1 + READY_FOR_ROLLBACK)).all()
    kinds = tx.exec(select(ActivationRow.kind).where(ours).order_by(newest_first).limit(READY_FOR_ROLLBACK)).all()
    return Stack(versions, rollbacks=kinds.index("activate") if "activate" in kinds else len(kinds))


def push(
    tx: Transaction, act: Provenance, variant: str, version: int, *, expected: str | None = None, session_id: str | None = None
) -> Activation:
    """Make `version` the active one; the one before stays ready for a rollback. One that is active already stays so, by no new activation.

    expected : the etag of the version that is active now, where the caller insists; session_id : the retraining that proved it.
    Raises UnknownVersionError and StaleError.
    """
    marked = _marked(tx, variant)
    before = _active_of(marked)
    _expect(before, expected, f"variant {variant!r}")
    now = next((it for it in marked if it.version == version), None) or _row(tx, variant, version)
    if now is before:
        return activations(tx, variant, limit=1)[0]
    return _switch(tx, act, now, marked, before.version if before else None, kind="activate", session_id=session_id)


def pop(tx: Transaction, act: Provenance, variant: str, expected: str | None = None) -> Rollback:
    """Take the newest activation back and make the version under it the active one.

    expected : the etag of the version that is active now, where the caller insists. Raises StaleError and NothingToRollBackError.
    """
    marked, there = _marked(tx, variant), stack(tx, variant)
    _expect(_active_of(marked), expected, f"variant {variant!r}")
    if there.active is None or there.below is None:
        variants.expect(tx, variant)
        message = f"variant {variant!r} {there.because()}"
        raise NothingToRollBackError(message)
    ours = select(ActivationRow).where(ActivationRow.variant_name == variant, col(ActivationRow.popped).is_(False))
    top = tx.exec(ours.where(ActivationRow.kind == "activate").order_by(col(ActivationRow.id).desc())).first()
    if top is not None:
        top.popped = True
    now = next((it for it in marked if it.version == there.below), None) or _row(tx, variant, there.below)
    below = there.rolled_back().below
    done = _switch(tx, act, now, marked, below, kind="rollback")
    back = Rollback(
        variant_name=variant,
        previous_version=there.active,
        current_version=done.version,
        rolled_back_at=done.at,
        revision=done.revision,
    )
    telling.rolled_back(tx, back, Serving(newest=done, below=below))
    return back


def serving(tx: Transaction, variant: str) -> Serving:
    """What serves, and what a rollback would bring back."""
    return Serving(newest=next(iter(activations(tx, variant, limit=1)), None), below=stack(tx, variant).below)


def activations(
    tx: Transaction, variant: str, limit: int, before: datetime | None = None, before_revision: int | None = None
) -> list[Activation]:
    """The newest changes of the active version, newest first; those at or before `before`, and under `before_revision`, where given."""
    chosen = select(ActivationRow).where(ActivationRow.variant_name == variant)
    if before_revision is not None:
        chosen = chosen.where(ActivationRow.revision < before_revision)
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


def tag(tx: Transaction, variant: str, version: int, name: str, description: str, *, expected: str | None = None) -> Tagged:
    """Move the tag to `version`, from whichever version of the variant carries it.

    expected : the etag of `version`, where the caller insists. Raises UnknownVersionError and StaleError.
    """
    it = _row(tx, variant, version)
    _expect(it, expected, f"version {version} of {variant!r}")
    marked = _marked(tx, variant)
    lost = {row.version: row.tags[name] for row in marked if name in row.tags and row is not it}
    _move_tag(name, marked, it, description)
    tx.flush()
    lost_by, lost_description = next(iter(lost.items()), (None, ""))
    return Tagged(version=_version(it), lost_by=lost_by, lost_description=lost_description)


def untag(tx: Transaction, variant: str, version: int, name: str, *, expected: str | None = None) -> Tagged:
    """Take the tag off `version`; one that does not have it is left as it is.

    expected : the etag of `version`, where the caller insists. Raises UnknownVersionError and StaleError.
    """
    it = _row(tx, variant, version)
    _expect(it, expected, f"version {version} of {variant!r}")
    had = it.tags.get(name)
    it.tags = _without(it.tags, name)
    tx.flush()
    return Tagged(version=_version(it), lost_by=None if had is None else version, lost_description=had or "")


def _expect(now: VersionRow | None, expected: str | None, whose: str) -> None:
    """Raise StaleError unless the version is as the caller saw it."""
    if expected is None or (now is not None and expected in {ANY, _version(now).etag}):
        return
    found = f"now has etag {_version(now).etag}" if now else "has no active version"
    message = f"{whose} {found}, and the change insists on {expected[:50]!r}; look again, and decide anew"
    raise StaleError(message)


def _marked(tx: Transaction, variant: str) -> list[VersionRow]:
    """The active version and those with tags."""
    return list(tx.exec(select(VersionRow).where(VersionRow.variant_name == variant, text(f"({MARKED})"))))


def _active_of(marked: Sequence[VersionRow]) -> VersionRow | None:
    return next((it for it in marked if it.is_active), None)


def _switch(
    tx: Transaction,
    act: Provenance,
    now: VersionRow,
    marked: Sequence[VersionRow],
    below: int | None,
    *,
    kind: str,
    session_id: str | None = None,
) -> Activation:
    """Make `now` active in the place of the one that is.

    below : the version that a rollback would bring from then on; `rollback` marks it, `production` goes with the active one, and what is
    active is no experiment.
    """
    before = _active_of(marked)
    at, revision = act.at, 1
    if before is not None:
        before.is_active = 0
        if (now.id or 0) < (before.id or 0):
            tx.flush()  # rows are written by their ids, and the index that allows one active version looks at each as it is
        at = max(at, before.activated_at or at)  # who waited for the variant's lock came with an earlier time than who had it
        revision += before.revision or 0
    now.is_active, now.activated_at, now.revision = 1, at, revision
    done = ActivationRow(
        variant_name=now.variant_name,
        revision=revision,
        version=now.version,
        previous_version=before.version if before else None,
        at=at,
        by=act.by,
        why=act.why,
        kind=kind,
        popped=False,
        session_id=session_id,
    )
    tx.add(done)
    _move_tag(Tag.PRODUCTION, marked, now, act.why or f"activated by {act.by}")
    ready = None if below is None else next((it for it in marked if it.version == below), None) or _row(tx, now.variant_name, below)
    _move_tag(Tag.ROLLBACK, marked, ready, f"active before version {now.version}")
    now.tags = _without(now.tags, Tag.EXPERIMENTAL)
    tx.flush()
    return value(Activation, done)


def _move_tag(name: str, marked: Iterable[VersionRow], to: VersionRow | None, description: str) -> None:
    """Take the tag off all of `marked`, and put it on `to` where there is one."""
    for it in marked:
        if name in it.tags and it is not to:
            it.tags = _without(it.tags, name)
    if to is not None:
        to.tags = {**to.tags, str(name): description}


def _without(tags: dict[str, str], name: str) -> dict[str, str]:
    return {tag: description for tag, description in tags.items() if tag != name}


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
