"""Versions on the wire: the plan's requests and replies."""

from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import Field, JsonValue

from deployments.wire.base import AskedWire, CopiedWire, Wire, Zulu, zulu
from lifecycle_core.operations.versions_asked import Evidence, History
from lifecycle_core.versions.version import VariantSummary, Version

VariantName = Annotated[str, Field(min_length=1, max_length=200, description="The variant: an agent's prompt line.")]
Number = Annotated[int, Field(ge=1, lt=2**31, strict=True, description="The version's number within its variant.")]
Tag = Annotated[str, Field(min_length=1, max_length=200, description="A name of your own, or `experimental` or `stable`.")]
Why = Annotated[str, Field(max_length=1000, description="Kept in the audit log.")]


class RegisterRequest(AskedWire):
    """A version to keep."""

    variant_name: VariantName
    system_prompt: str = Field(min_length=1, description="What the agent is told before a conversation begins.")
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="description, createdBy, changes, and whatever else.")
    model: str | None = Field(default=None, description="The model that it is made for; a part of what a version is.")
    parameters: dict[str, JsonValue] = Field(default_factory=dict, description="What the model is called with, such as temperature.")
    tools: list[JsonValue] = Field(default_factory=list, description="The tools that it may call, as the model is told of them.")


class ActivateRequest(AskedWire):
    """The version to activate."""

    variant_name: VariantName
    version: Number
    reason: Why = ""


class RollbackRequest(AskedWire):
    """The variant to bring back."""

    variant_name: VariantName
    reason: Why = ""


class UntagRequest(AskedWire):
    """A tag to take off."""

    variant_name: VariantName
    version: Number
    tag: Tag
    reason: Why = ""


class TagRequest(AskedWire):
    """A tag to set, or to move here."""

    variant_name: VariantName
    version: Number
    tag: Tag
    description: str = Field(default="", max_length=1000, description="What the tag says of the version.")
    reason: Why = ""


class VersionWire(Wire):
    """One version. `metadata` has what its author gave, and `createdAt`; `revision` is that of the activation that made it active last."""

    variant_name: str
    version: int
    system_prompt: str
    metadata: dict[str, JsonValue]
    model: str | None
    parameters: dict[str, JsonValue]
    tools: list[JsonValue]
    tags: dict[str, str]
    is_active: bool
    activated_at: Zulu | None
    revision: int | None
    content_hash: str
    etag: str = Field(description="What `If-Match` insists on.")

    @classmethod
    def of(cls, it: Version) -> Self:
        """Shape it."""
        return cls(
            variant_name=it.variant_name,
            version=it.version,
            system_prompt=it.system_prompt,
            metadata={**it.metadata, "createdAt": zulu(it.created_at)},
            model=it.model,
            parameters=dict(it.parameters),
            tools=list(it.tools),
            tags=dict(it.tags),
            is_active=it.is_active,
            activated_at=it.activated_at,
            revision=it.revision,
            content_hash=it.content_hash,
            etag=it.etag,
        )


class ActivationWire(CopiedWire):
    """A change of the active version; `revision` counts those of its variant, `sessionId` names the retraining that it rests on."""

    variant_name: str
    revision: int
    version: int
    previous_version: int | None
    activated_at: Zulu = Field(validation_alias="at")
    by: str
    reason: str = Field(validation_alias="why")
    kind: str = Field(description="activate or rollback")
    rolled_back: bool = Field(validation_alias="popped", description="A later rollback has taken it back.")
    session_id: str | None


class EvidenceWire(Wire):
    """What made a version active for the first time; `by` hand there are no figures."""

    basis: Literal["retraining", "by hand"]
    activation: ActivationWire
    session_id: str | None
    e_better: float | None
    samples: int | None
    link: str | None = Field(description="Where the session is told whole.")

    @classmethod
    def of(cls, it: Evidence) -> Self:
        """Shape it."""
        return cls(
            basis="by hand" if it.session_id is None else "retraining",
            activation=ActivationWire.of(it.activation),
            session_id=it.session_id,
            e_better=it.e_better,
            samples=it.samples,
            link=None if it.session_id is None else f"/api/lifecycle/retraining/status?sessionId={quote(it.session_id)}",
        )


class OneVersionWire(VersionWire):
    """One version, and what it rests on; null where it was never active."""

    evidence: EvidenceWire | None

    @classmethod
    def told(cls, it: Version, evidence: Evidence | None) -> Self:
        """Shape it."""
        found = EvidenceWire.of(evidence) if evidence else None
        return cls(**VersionWire.of(it).model_dump(by_alias=False), evidence=found)


class RollbackWire(CopiedWire):
    """What a rollback did."""

    variant_name: str
    previous_version: int
    current_version: int
    rolled_back_at: Zulu


class VersionHistoryWire(Wire):
    """A variant's versions and the changes of the active one, both newest first."""

    variant_name: str
    versions: list[VersionWire]
    activations: list[ActivationWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones of both; null at the end.")

    @classmethod
    def of(cls, variant: str, it: History, limit: int) -> Self:
        """Shape it; where either page is full there is a next one."""
        oldest = (it.versions[-1].version if it.versions else 1, it.activations[-1].revision if it.activations else 1)
        more = limit in {len(it.versions), len(it.activations)}
        return cls(
            variant_name=variant,
            versions=[VersionWire.of(version) for version in it.versions],
            activations=[ActivationWire.of(activation) for activation in it.activations],
            next_cursor=f"{oldest[0]}.{oldest[1]}" if more else None,
        )


def place(cursor: str | None) -> tuple[int | None, int | None]:
    """The version and the revision under which a page of `VersionHistoryWire` begins.

    >>> place("17.42"), place(None)
    ((17, 42), (None, None))
    """
    if cursor is None:
        return None, None
    version, revision = cursor.split(".")
    return int(version), int(revision)


class VariantWire(CopiedWire):
    """A variant in the list; `variant_name` is written as the plan writes it."""

    variant_name: str = Field(alias="variant_name")
    latest_version: int | None
    total_versions: int
    active_version: int | None
    conversations: int
    last_conversation_at: Zulu | None = Field(validation_alias="last_ended_at")


class VariantsWire(Wire):
    """The variants, by name."""

    variants: list[VariantWire]
    next_cursor: str | None = Field(description="Ask with it for those that follow; null at the end.")

    @classmethod
    def of(cls, found: list[VariantSummary], limit: int) -> Self:
        """Shape them; a full page has a next one."""
        return cls(variants=[VariantWire.of(it) for it in found], next_cursor=found[-1].variant_name if len(found) == limit else None)
