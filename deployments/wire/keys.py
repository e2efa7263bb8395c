"""Keys on the wire: made, listed, revoked; a key itself is told once, by the answer that made it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from deployments.wire.base import AskedWire, CopiedWire, Wire, Zulu
from lifecycle_core.access import Key, Role, Secret

Name = Annotated[str, Field(min_length=1, max_length=200)]
Why = Annotated[str, Field(max_length=1000, description="Kept in the audit log.")]


class CreateKeyRequest(AskedWire):
    """A key to make."""

    name: Name = Field(description="What the audit log calls its holder; no other key may have it.")
    roles: list[Role] = Field(min_length=1, description="read, ingest, operate, approve, admin; each includes what it needs.")
    expires_days: Annotated[int, Field(ge=1, le=3650, strict=True)] | None = Field(
        default=None, description="For ever where it is left out."
    )
    reason: Why = ""


class RevokeKeyRequest(AskedWire):
    """A key to revoke."""

    name: Name = Field(description="Its name, or its id.")
    reason: Why = ""


class KeyWire(CopiedWire):
    """A key as it is kept. `state`: good, expired or revoked."""

    id: str
    name: str
    roles: list[Role]
    state: str
    created_at: Zulu
    created_by: str
    expires_at: Zulu | None
    last_used_at: Zulu | None = Field(description="To the minute or so.")
    revoked_at: Zulu | None
    revoked_by: str | None

    @classmethod
    def at(cls, it: Key, at: datetime) -> Self:
        """Shape it as it stands at that instant."""
        told = {name: getattr(it, name) for name in cls.model_fields if name != "state"}
        return cls.model_validate({**told, "state": it.state(at)})


class MadeKeyWire(KeyWire):
    """A key that was just made; `key` is told here and never again."""

    key: str

    @classmethod
    def made(cls, it: Key, secret: Secret, at: datetime) -> Self:
        """Shape it."""
        return cls(**KeyWire.at(it, at).model_dump(by_alias=False), key=secret.text)


class KeysWire(Wire):
    """Every key that was ever made, the newest first. `open`: nobody needs one, for none was made yet."""

    keys: list[KeyWire]
    open: bool

    @classmethod
    def of(cls, found: list[Key], at: datetime, *, loopback: bool) -> Self:
        """Shape them."""
        return cls(keys=[KeyWire.at(it, at) for it in found], open=loopback and not found)


class WhoamiWire(Wire):
    """Who asks, as the audit log will say, and every role that the key includes."""

    by: str
    roles: list[Role]
