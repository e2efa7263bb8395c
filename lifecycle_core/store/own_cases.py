"""A variant's own cases, and what was served of cases lately."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from lifecycle_core.errors import InvalidInputError, UnknownCaseError
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.identity import Served
from lifecycle_core.retraining.written_cases import KeptCase, WrittenCase
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, insert_into, to_json
from lifecycle_core.store.tables import CaseRow, ServedCaseRow


def add(tx: Transaction, act: Provenance, variant: str, case: WrittenCase, conversation_id: str | None = None) -> bool:
    """Keep a case, and tell whether it is new; one that was removed comes back as it is given now.

    Raises InvalidInputError where the variant has another one of that name.
    """
    it, document = tx.get(CaseRow, (variant, case.name)), to_json(case)
    if it is None:
        it = CaseRow(variant=variant, name=case.name, document=document, added_at=act.at, added_by=act.by, conversation_id=conversation_id)
        tx.add(it)
    elif it.removed_at is not None:
        it.document, it.conversation_id, it.removed_at, it.added_at, it.added_by = document, conversation_id, None, act.at, act.by
    elif it.document == document:
        return False
    else:
        message = f"variant {variant!r} has another case {case.name!r}; remove that first, or choose another name"
        raise InvalidInputError(message, field="name")
    tx.flush()
    return True


def remove(tx: Transaction, act: Provenance, variant: str, name: str) -> KeptCase:
    """Leave a case out from now on; one that was removed stays as it is. Raises UnknownCaseError."""
    it = _row(tx, variant, name)
    it.removed_at = it.removed_at or act.at
    tx.flush()
    return _kept(it)


def restore(tx: Transaction, variant: str, name: str) -> KeptCase:
    """Bring a case back that was removed; raises UnknownCaseError."""
    it = _row(tx, variant, name)
    it.removed_at = None
    tx.flush()
    return _kept(it)


def of(tx: Transaction, variant: str) -> list[KeptCase]:
    """The variant's cases that are not removed, by name."""
    chosen = select(CaseRow).where(CaseRow.variant == variant, col(CaseRow.removed_at).is_(None))
    return [_kept(it) for it in tx.exec(chosen.order_by(CaseRow.name))]


def served(tx: Transaction, hashes: Collection[str], since: datetime) -> dict[str, Replay]:
    """Hash -> the replay that was served under it, where that was at `since` or later."""
    fresh = select(ServedCaseRow).where(col(ServedCaseRow.content_hash).in_(hashes), ServedCaseRow.served_at >= since)
    return {it.content_hash: from_json(Replay, it.document) for it in tx.exec(fresh)}


def keep_served(tx: Transaction, variant: str, found: Served, at: datetime, since: datetime) -> None:
    """Keep a replay that was served just now in place of one before it, and forget the variant's that are older than `since`."""
    tx.execute(delete(ServedCaseRow).where(col(ServedCaseRow.variant) == variant, col(ServedCaseRow.served_at) < since))
    told: Mapping[str, object] = {
        "variant": variant,
        "case_id": found.case_id,
        "version": found.version,
        "replay": found.replay.replay,
        "document": to_json(found.replay),
        "served_at": at,
    }
    made = insert_into(tx, ServedCaseRow).values(content_hash=found.content_hash, **told)
    tx.execute(made.on_conflict_do_update(index_elements=["content_hash"], set_=dict(told)))


def _row(tx: Transaction, variant: str, name: str) -> CaseRow:
    it = tx.get(CaseRow, (variant, name))
    if it is None:
        message = f"variant {variant!r} has no case {name[:100]!r}; lifecycle cases list names them"
        raise UnknownCaseError(message, field="name")
    return it


def _kept(it: CaseRow) -> KeptCase:
    case = from_json(WrittenCase, it.document)
    return KeptCase(case=case, conversation_id=it.conversation_id, added_at=it.added_at, added_by=it.added_by)
