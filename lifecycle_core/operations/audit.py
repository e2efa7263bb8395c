"""Ask the audit log."""

from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit
from lifecycle_core.store.database import Database


def acts(database: Database, subject: str) -> list[Provenance]:
    """Who changed `subject`, a table and the row's key as in "drift_detections:baseline/1", and when; the oldest first."""
    with database.read() as tx:
        return audit.acts(tx, subject)


def of_request(database: Database, request_id: str) -> tuple[int, ...]:
    """The numbers of the rows that one request wrote, in order; none where it changed nothing."""
    with database.read() as tx:
        return audit.of_request(tx, request_id)
