"""A version of a variant: what an agent is told and how it is run; immutable."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

READY_FOR_ROLLBACK = 3
"""How many activations back a rollback reaches."""


class Tag(StrEnum):
    """The tags that the system moves by itself."""

    PRODUCTION = "production"
    ROLLBACK = "rollback"
    EXPERIMENTAL = "experimental"
    STABLE = "stable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One registered version.

    metadata : description, createdBy, changes, and whatever else its author says.
    tags : label -> description.
    content_hash : the identity; see `content_hash`.
    revision : that of the activation that made it active last; see `Activation`.
    """

    variant_name: str
    version: int
    system_prompt: str
    content_hash: str
    created_at: datetime
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    model: str | None = None
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    tools: Sequence[JsonValue] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = False
    activated_at: datetime | None = None
    revision: int | None = None

    @property
    def etag(self) -> str:
        """16 hexadecimal digits that change with everything that may change about the version: its tags, and when it was made active.

        >>> from dataclasses import replace
        >>> from datetime import UTC
        >>> given = {"variant_name": "baseline", "version": 1, "system_prompt": "Be kind.", "content_hash": "2bcc"}
        >>> it = Version(**given, created_at=datetime(2025, 10, 7, tzinfo=UTC))
        >>> it.etag == replace(it, tags={"stable": ""}).etag
        False
        """
        activated_at = self.activated_at.isoformat() if self.activated_at else None
        said = [self.variant_name, self.version, self.content_hash, dict(self.tags), self.is_active, activated_at, self.revision]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def content_hash(system_prompt: str, model: str | None, parameters: Mapping[str, JsonValue], tools: Sequence[JsonValue]) -> str:
    """A version's identity: SHA-256 over prompt, model, parameters and tool schema, in hexadecimal.

    >>> content_hash("Be kind.", None, {}, [])[:12]
    '2bcca453d6c7'
    """
    identity = json.dumps([system_prompt, model, dict(parameters), list(tools)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(identity.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One change of the active version.

    kind : "activate" or "rollback"; previous_version : None for a variant's first activation.
    revision : 1 for a variant's first, and one more with each that follows; none is ever missing.
    popped : a later rollback has taken it back; session_id : the retraining whose evidence it rests on, None for one by hand.
    """

    variant_name: str
    revision: int
    version: int
    previous_version: int | None
    at: datetime
    by: str
    why: str
    kind: str = "activate"
    popped: bool = False
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What a rollback did; `revision` is its own among the variant's activations."""

    variant_name: str
    previous_version: int
    current_version: int
    rolled_back_at: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """What setting a tag did.

    version : the one that has it now.
    lost_by : the number of the one that had it before, None where no other had (of a tag that was taken off, where it had none).
    lost_description : what the tag said of that one.
    """

    version: Version
    lost_by: int | None = None
    lost_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What the traffic of one version came to, over all its time; None where nothing is known.

    The n beside a figure counts the conversations that know it; cost_zero_n those that cost nothing, which have no logarithm.
    log_cost, log_cost_squared : sums over the others. first_hour, last_hour : in which its conversations ended.
    """

    version: int
    total_conversations: int
    bookings: int
    booked_n: int
    escalations: int
    escalated_n: int
    avg_cost_usd: float | None
    cost_n: int
    avg_tokens: float | None
    tokens_n: int
    cost_zero_n: int = 0
    log_cost: float = 0.0
    log_cost_squared: float = 0.0
    first_hour: datetime | None = None
    last_hour: datetime | None = None

    @property
    def booking_rate(self) -> float | None:
        """Bookings over the conversations whose outcome is known."""
        return self.bookings / self.booked_n if self.booked_n else None

    @property
    def escalation_rate(self) -> float | None:
        """Escalations over the conversations that tell."""
        return self.escalations / self.escalated_n if self.escalated_n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSummary:
    """One variant in the list of all."""

    variant_name: str
    latest_version: int | None
    total_versions: int
    active_version: int | None
    conversations: int
    last_ended_at: datetime | None
