"""Who acts, when, why, and in which request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lifecycle_core.errors import InvalidInputError

MAX_REASON_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every writing operation is told of its caller, and what the audit log keeps.

    by : str, who acts: "cli:ada", "http:anonymous", "flow:watch-drift".
    at : datetime, UTC, the instant at which the change counts as made.
    why : str, the reason given; empty where none was asked for.
    request_id : str, names the request in logs and problem documents.
    idempotency_key : str, the caller's own name for the change: asked again under it, the change is not made again.
    dry_run : bool, whether all is done in a rehearsal, which is taken back: nobody outside of the database is told.

    >>> from datetime import UTC
    >>> Provenance("cli:ada", datetime(2025, 10, 7, 12, tzinfo=UTC)).by
    'cli:ada'
    """

    by: str
    at: datetime
    why: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    dry_run: bool = False


def expect_reason(reason: str, field: str = "reason") -> None:
    """Raise InvalidInputError for a reason that is too long to keep, or that a database cannot hold; an empty one is none.

    field : what it is called at the door.

    >>> expect_reason("the new price list is out")
    """
    if len(reason) > MAX_REASON_CHARACTERS or "\x00" in reason:
        message = f"{field} has {len(reason):,} characters; give up to {MAX_REASON_CHARACTERS:,}, none of them NUL"
        raise InvalidInputError(message, field=field)
