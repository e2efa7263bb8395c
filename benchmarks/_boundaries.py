"""Kill this process with SIGKILL at a named boundary: inside the transaction of a step, or just after it.

A step's transaction has the step's name (`Database.write`). Inside it there are
two moments: when its first rows are written and others may not be, and when all
are and nothing is kept yet. The third is just after, when all is kept and nobody
was told.
"""

import os
import signal
from enum import StrEnum

from sqlalchemy import event
from sqlalchemy.orm import Session

from lifecycle_core.store.audit import WriteSession


class Moment(StrEnum):
    """Where in a transaction the process ends."""

    BEGUN = "begun"
    WRITTEN = "written"
    KEPT = "kept"


_EVENTS = {Moment.BEGUN: "after_flush_postexec", Moment.WRITTEN: "before_commit", Moment.KEPT: "after_commit"}


def kill_at(step: str, moment: Moment) -> None:
    """From now on this process ends at `moment` of the first transaction called `step`; there is no way back."""

    def end(session: Session, *_: object) -> None:
        if session.info.get("step") == step:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(WriteSession, _EVENTS[moment], end)
