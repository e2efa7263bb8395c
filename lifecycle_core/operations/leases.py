"""Leases between processes on any machines: taken, held on to, let go."""

from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.provenance import Provenance
from lifecycle_core.store import leases
from lifecycle_core.store.database import Database

LASTS: Final = timedelta(minutes=1)
"""Whose holder says nothing for so long may be taken over: clocks of machines must agree to a few seconds."""


def take(database: Database, act: Provenance, name: str, holder: str) -> bool:
    """Take a lease for `LASTS`, or hold on to one: -> whether `holder` has it now."""
    with database.write(act, "take_lease") as tx:
        return leases.take(tx, name, holder, act.at, LASTS)


def release(database: Database, act: Provenance, name: str, holder: str) -> None:
    """Let it go; one that is another's by now stays."""
    with database.write(act, "release_lease") as tx:
        leases.release(tx, name, holder)


def sweep(database: Database, act: Provenance) -> int:
    """Let go of leases whose holders said nothing for twice their time: -> how many. Nothing is written where there is none."""
    with database.read() as tx:
        if not leases.any_before(tx, act.at - LASTS):
            return 0
    with database.write(act, "sweep_leases") as tx:
        return leases.sweep(tx, act.at - LASTS)


def holder_of(database: Database, name: str, at: datetime) -> str | None:
    """Who has it; None where nobody does."""
    with database.read() as tx:
        return leases.holder_of(tx, name, at)
