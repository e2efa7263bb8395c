"""What every page has around it: who looks, what that person may do, and whether the watch itself goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecycle_core.access import Role
from lifecycle_core.alerts.thresholds import STALLED_AFTER

DONE = {
    "checked": "Checked, and recorded.",
    "started": "The retraining has begun.",
    "rolled-back": "Rolled back.",
    "activated": "Activated.",
    "silenced": "Silenced.",
    "lifted": "The silence has ended.",
    "known": "Kept as meant; the comparison begins anew.",
    "approved": "Approved. The way back is on the page of its variant.",
    "rejected": "Rejected; the version in production stays.",
    "cancelled": "Cancelled; the version in production stays.",
    "tested": "A trial message is on its way.",
    "resent": "Dead deliveries are tried anew.",
    "signed-in": "Signed in.",
}
"""What a page says after an act, by the name that its address carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Around one page.

    by : who looks; signed_in : with a key, which can be given back; token : what forms carry. at : now, or the instant that is asked for.
    checked_at : the last check of any variant; interval_s : seconds between two checks. done : see `DONE`. path : of the page.
    """

    by: str
    roles: frozenset[Role]
    signed_in: bool
    token: str
    at: datetime
    checked_at: datetime | None
    interval_s: float
    path: str
    done: str | None = None

    def may(self, role: str) -> bool:
        """Whether who looks has a role."""
        return Role(role) in self.roles

    @property
    def said(self) -> str | None:
        """What the act before came to."""
        return DONE.get(self.done or "")

    @property
    def late(self) -> bool:
        """Whether the watch stands still: no check for over twice its interval."""
        return self.checked_at is not None and self.at - self.checked_at > timedelta(seconds=STALLED_AFTER * self.interval_s)

    @property
    def age(self) -> timedelta | None:
        """Since the last check."""
        return None if self.checked_at is None else self.at - self.checked_at
