"""Batches of sources that were taken in whole, known by the digest of their bytes: what comes again need not be read again.

The row is written in the transaction of the conversations: it is there if, and only if, they are.
"""

from datetime import datetime

from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, insert_into, to_json
from lifecycle_core.store.tables import TakenBatchRow
from lifecycle_core.traffic.summary import TakenBatch


def get(tx: Transaction, digest: str) -> TakenBatch | None:
    """What was taken in under this digest; None where nothing was."""
    found = tx.get(TakenBatchRow, digest)
    return None if found is None else from_json(TakenBatch, found.document)


def add(tx: Transaction, digest: str, it: TakenBatch, source: str, at: datetime) -> None:
    """Keep that a batch was taken in; of two that did so at once the first one tells."""
    made = insert_into(tx, TakenBatchRow).values(digest=digest, source=source, document=to_json(it), taken_at=at)
    tx.execute(made.on_conflict_do_nothing(index_elements=["digest"]))
