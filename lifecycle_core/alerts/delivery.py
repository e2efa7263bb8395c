"""How a message gets to a target: at least once, under one id, again and again later, and at last visibly not.

1. A delivery is pending until it is delivered or dead.
2. Who sends it has claimed it for `LEASE`; of two workers one does. One that dies lets it go by the end of that time.
3. What failed is tried again after each of `PAUSES`; a target that asks for more time is given it, up to `LONGEST_ASKED`.
4. After the last pause, or where the target says that it is gone, it is dead; it stays in the list, and may be sent again by hand.
5. A target that takes a message after it had refused some is back: all that waits for it is due at once.
6. Of one variant a target is told in order: nothing is sent while an older one is pending.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lifecycle_core.alerts.messages import Message

PAUSES: Final = tuple(timedelta(seconds=it) for it in (5, 30, 120, 300, *(600,) * 6, *(1800,) * 10, *(3600,) * 30))
"""A day and a half in all: a target may be away over a night, and one that was for an hour is found back within ten minutes or so."""
LEASE: Final = timedelta(minutes=1)
LONGEST_ASKED: Final = timedelta(hours=1)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message's way to one target.

    message : its number. target : its name, which tells no secret. due_at : when it is tried next. claimed_until : by whoever sends it now.
    error : what the last attempt came to; None after none, and after one that went well.
    """

    message: int
    target: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due_at: datetime
    claimed_until: datetime | None = None
    delivered_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to: None in `error` is well; gone : the target wants no more; after_s : seconds that it asks for."""

    error: str | None = None
    gone: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it stands: `addressed_at` None before it is addressed, and without any delivery where there was nobody to tell."""

    number: int
    message: Message
    written_at: datetime
    addressed_at: datetime | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is this worker's to send, for as long as its lease runs."""

    delivery: Delivery
    message: Message


def next_due(attempts: int, outcome: Outcome, at: datetime) -> datetime | None:
    """When a failed delivery is tried again after so many attempts; None where it is dead.

    >>> from datetime import UTC
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> next_due(1, Outcome(error="503"), noon).isoformat(), next_due(51, Outcome(error="503"), noon)
    ('2025-10-07T12:00:05+00:00', None)
    """
    if outcome.gone or attempts > len(PAUSES):
        return None
    asked = timedelta() if outcome.after_s is None else min(timedelta(seconds=max(0.0, outcome.after_s)), LONGEST_ASKED)
    return at + max(PAUSES[attempts - 1], asked)
