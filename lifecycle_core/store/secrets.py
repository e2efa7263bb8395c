"""What this installation signs with."""

from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import SecretRow


def get(tx: Transaction, purpose: str) -> bytes | None:
    """The secret for that purpose; None before it is made."""
    it = tx.get(SecretRow, purpose)
    return it.secret if it else None


def add(tx: Transaction, act: Provenance, purpose: str, secret: bytes) -> bytes:
    """Keep a new one."""
    tx.add(SecretRow(purpose=purpose, secret=secret, created_at=act.at))
    tx.flush()
    return secret
