"""The chain of the audit log: what one row of it says, and the hash that it has by all that it says and the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = ""
"""The hash before the first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of state, as the log keeps it.

    number : its row; later rows have greater ones, with gaps where a change was taken back.
    at, by, why, request_id : of its `Provenance`.
    subject : what changed, a table and the row's key: "model_versions:baseline/2".
    before, after : the audited columns that changed, as they were and as they are.
    """

    number: int
    at: datetime
    by: str
    why: str
    request_id: str | None
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    previous_hash: str
    hash: str

    @property
    def whole(self) -> bool:
        """Whether it is as it was written: its hash is that of what it says."""
        try:
            return self.hash == link(
                self.previous_hash,
                at=self.at,
                by=self.by,
                why=self.why,
                request_id=self.request_id,
                subject=self.subject,
                before=self.before,
                after=self.after,
            )
        except (AttributeError, TypeError, ValueError):  # a value that cannot have been written, or a text that no encoding has
            return False


def link(
    previous_hash: str,
    *,
    at: datetime,
    by: str,
    why: str,
    request_id: str | None,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> str:
    """The hash of one change: SHA-256 over the hash before it and all that the log says of it, in hexadecimal.

    >>> link(GENESIS, at=datetime(2025, 10, 7, tzinfo=UTC), by="a", why="", request_id=None, subject="t:1", before={}, after={})[:8]
    '57debdee'
    """
    said = [previous_hash, at.astimezone(UTC).isoformat(), by, why, request_id, subject, before, after]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
