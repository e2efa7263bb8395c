"""The policy of each variant; the default where none was set."""

from datetime import datetime

from lifecycle_core.policy import Policy
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import PolicyRow


def of(tx: Transaction, variant: str) -> Policy:
    """The variant's policy."""
    it = tx.get(PolicyRow, variant)
    return from_json(Policy, it.policy) if it else Policy()


def keep(tx: Transaction, variant: str, policy: Policy, at: datetime) -> None:
    """Give the variant this policy in place of the one it has."""
    tx.merge(PolicyRow(variant=variant, policy=to_json(policy), updated_at=at))
    tx.flush()
