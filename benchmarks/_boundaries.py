"""Kill this process with SIGKILL at a named boundary: inside the transaction of a step, or just after it.

A step's transaction has the step's name (`Database.write`). Inside it there are
two moments: when its first rows are written and others may not be, and when all
are and nothing is kept yet. The third is just after, when all is kept and nobody
was told. A transaction that finds its step done already, or not due yet, writes
nothing and is passed over.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from lifecycle_core.provenance import Provenance
from lifecycle_core.store.audit import WriteSession
from lifecycle_core.store.database import Database, Transaction


class Moment(StrEnum):
    """Where in a transaction the process ends."""

    BEGUN = "begun"
    WRITTEN = "written"
    KEPT = "kept"


def kill_at(step: str, moment: Moment) -> None:
    """From now on this process ends at `moment` of the first transaction called `step` that writes; there is no way back."""
    write, flush, chosen = Database.write, WriteSession.flush, (step, moment)

    @contextmanager
    def watched(self: Database, act: Provenance, step: str = "", *, urgent: bool = False) -> Iterator[Transaction]:
        with write(self, act, step, urgent=urgent) as tx:
            tx.info["changes"] = _changes(tx)
            yield tx
            tx.flush()
            wrote = _wrote(tx)
            end(step, Moment.WRITTEN, wrote=wrote)
        end(step, Moment.KEPT, wrote=wrote)

    def flushed(self: WriteSession, objects: object = None) -> None:
        flush(self, objects)
        end(self.info["step"], Moment.BEGUN, wrote=_wrote(self))

    def end(step: str, moment: Moment, *, wrote: bool) -> None:
        if wrote and (step, moment) == chosen:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.write = watched  # type: ignore[method-assign]
    WriteSession.flush = flushed  # type: ignore[method-assign]


def _changes(tx: Transaction) -> int | None:
    """The rows that this connection has changed since it was opened, where its driver counts them."""
    return getattr(tx.connection().connection.driver_connection, "total_changes", None)


def _wrote(tx: Transaction) -> bool:
    before, now = tx.info.get("changes"), _changes(tx)
    return before is None or now is None or now > before
