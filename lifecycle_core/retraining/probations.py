"""A probation as it is kept: whose it is, what was to be beaten, and what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lifecycle_core.retraining.probation import Bars, Record, Standing, Watched


class ProbationStatus(StrEnum):
    """Where a probation stands; `REPLACED` = another version became active before it was over."""

    RUNNING = "running"
    STABLE = "stable"
    HARM = "harm"
    TOO_FEW = "too_few"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probation:
    """The watch over one promoted version.

    id : int; None until it is stored. session_id : the session that promoted it.
    previous_version : what a rollback brings back, and whose `bookings` and `escalations` are the record, which decides.
    healthy : how it booked before it drifted, which is shown beside that; None where no drift was, so that the record is healthy itself.
    ends_at : when it ends at the latest. watched : as of `judged_at`; None before the first look.
    because : one sentence on its ending; None while it runs.
    """

    id: int | None = None
    variant: str
    version: int
    previous_version: int
    session_id: str
    status: ProbationStatus = ProbationStatus.RUNNING
    started_at: datetime
    ends_at: datetime
    bookings: Record
    escalations: Record
    bars: Bars
    healthy: Record | None = None
    watched: Watched | None = None
    judged_at: datetime | None = None
    ended_at: datetime | None = None
    because: str | None = None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None


def looked_at(probation: Probation, watched: Watched, at: datetime) -> Probation:
    """`probation` after a look: as it goes on, or with its ending."""
    seen = replace(probation, watched=watched, judged_at=at)
    if watched.standing is Standing.RUNNING:
        return seen
    passed = f"no harm in {watched.n} conversations over {watched.hours:.0f} hours"
    because = "; ".join(watched.reasons) or passed
    return replace(seen, status=ProbationStatus(watched.standing), ended_at=at, because=because)


def replaced(probation: Probation, version: int | None, at: datetime) -> Probation:
    """`probation` after another version became active."""
    return replace(probation, status=ProbationStatus.REPLACED, ended_at=at, because=f"version {version} became active in its place")
