"""Ask the audit log."""

from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit
from lifecycle_core.store.database import Database


def acts(database: Database, subject: str) -> list[Provenance]:
    """Who changed `subject`, a table and the row's key as in "drift_detections:baseline/1", and when; the oldest first."""
    with database.read() as tx:
        return audit.acts(tx, subject)
