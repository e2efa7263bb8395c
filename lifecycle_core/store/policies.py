"""The policy of each variant, the default where none was set, and who changed it."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from lifecycle_core.policy import Policy, PolicyChange
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json, value
from lifecycle_core.store.tables import PolicyChangeRow, PolicyRow


def of(tx: Transaction, variant: str) -> Policy:
    """The variant's policy."""
    it = tx.get(PolicyRow, variant)
    return told(it.policy if it else None)


def told(document: Mapping[str, Any] | None) -> Policy:
    """The policy that a document of the table tells; the default without one."""
    return Policy() if document is None else from_json(Policy, document)


def all(tx: Transaction) -> dict[str, Policy]:  # noqa: A001 - `policies.all` is what it says
    """Variant -> its policy, of the variants that have one of their own."""
    return {it.variant: from_json(Policy, it.policy) for it in tx.exec(select(PolicyRow))}


def keep(tx: Transaction, act: Provenance, variant: str, policy: Policy) -> None:
    """Give the variant this policy in place of the one it has, and note what that changes; nothing where it changes nothing."""
    before, after = _settings(to_json(of(tx, variant))), _settings(to_json(policy))
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        document = to_json(policy)
        tx.merge(PolicyRow(variant=variant, policy=document, updated_at=act.at))
        tx.add(PolicyChangeRow(variant=variant, at=act.at, by=act.by, why=act.why, changes=changes, policy=document))
        tx.flush()


def history(tx: Transaction, variant: str, limit: int, before_id: int | None = None) -> list[PolicyChange]:
    """The newest changes of a variant's policy, newest first; those under `before_id` where it is given."""
    chosen = select(PolicyChangeRow).where(PolicyChangeRow.variant == variant)
    if before_id is not None:
        chosen = chosen.where(col(PolicyChangeRow.id) < before_id)
    return [value(PolicyChange, it) for it in tx.exec(chosen.order_by(col(PolicyChangeRow.id).desc()).limit(limit))]


def _settings(document: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, told in document.items():
        found |= _settings(told, f"{path}{name}.") if isinstance(told, dict) else {f"{path}{name}": told}
    return found
