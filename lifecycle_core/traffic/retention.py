"""How long traffic is kept: what was said for some days, conversations for longer, their hourly sums for ever.

1. What is to go is announced first, as a horizon, and gone after that: what comes in late, from before it, is treated as what is there.
2. A horizon never goes back: what is gone is gone.
3. Conversations go by whole hours; what ended before their horizon is refused: nobody could tell whether it was counted already.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lifecycle_core.conversations import hour_of
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.refusals import Refusal

LEAST_DAYS: Final = {"messages": 7, "conversations": 60}
"""Mining and training read what was said lately; a test of a candidate reads the goals of weeks."""
MOST_DAYS: Final = 3650


class Kept(StrEnum):
    """What is kept for a time of its own. MESSAGES : what was said, customers' goals, and refused records as they came."""

    MESSAGES = "messages"
    CONVERSATIONS = "conversations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """From when on something is kept. reached : up to where all that ended before is gone; `before` lies ahead of it while work is left."""

    what: Kept
    before: datetime
    reached: datetime | None = None


def horizon(what: Kept, days: int, at: datetime) -> datetime:
    """From when on it is kept as of `at`, at a whole hour; raises InvalidInputError for days that cannot be meant.

    >>> from datetime import UTC
    >>> horizon(Kept.MESSAGES, 30, datetime(2025, 10, 7, 12, 30, tzinfo=UTC)).isoformat()
    '2025-09-07T12:00:00+00:00'
    """
    least = LEAST_DAYS[what.value]
    if not least <= days <= MOST_DAYS:
        message = f"{what.value} are to be kept for {days} days; give {least} to {MOST_DAYS:,}"
        raise InvalidInputError(message, field=what.value)
    return hour_of(at - timedelta(days=days))


def too_old(ended_at: datetime, kept_since: datetime) -> Refusal:
    """Why a conversation that ended before the horizon of conversations cannot be taken in."""
    rule = f"conversations from before {kept_since:%Y-%m-%dT%H:%MZ} were let go, and nobody could tell whether it was counted already"
    return Refusal("ended_at", f"{ended_at:%Y-%m-%dT%H:%M:%SZ}", rule)
