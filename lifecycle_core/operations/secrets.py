"""What this installation signs with: made when it is first needed, the same for all its processes."""

from lifecycle_core.provenance import Provenance
from lifecycle_core.store import answers, secrets
from lifecycle_core.store.database import Database


def of_purpose(database: Database, act: Provenance, purpose: str, chance: bytes) -> bytes:
    """The secret for `purpose`; `chance` becomes it where there is none yet, and whoever comes second finds the first one's."""
    with database.read() as tx:
        found = secrets.get(tx, purpose)
    if found is not None:
        return found
    with database.write(act) as tx:
        answers.lock(tx, "secrets", purpose)
        return secrets.get(tx, purpose) or secrets.add(tx, act, purpose, chance)
