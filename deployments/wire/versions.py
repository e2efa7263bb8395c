"""Versions on the wire: the plan's requests and replies."""

from typing import Annotated, Self

from pydantic import Field, JsonValue

from deployments.wire.base import AskedWire, CopiedWire, Wire, Zulu, zulu
from lifecycle_core.operations.versions import History
from lifecycle_core.versions.compare import Comparison
from lifecycle_core.versions.diff import Diff
from lifecycle_core.versions.version import VariantSummary, Version

VariantName = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=1, lt=2**31, strict=True)]
Why = Annotated[str, Field(max_length=1000, description="Kept in the audit log.")]


class RegisterRequest(AskedWire):
    """A version to keep."""

    variant_name: VariantName
    system_prompt: str = Field(min_length=1)
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="description, createdBy, changes, and whatever else.")
    model: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    tools: list[JsonValue] = Field(default_factory=list)


class ActivateRequest(AskedWire):
    """The version to activate."""

    variant_name: VariantName
    version: Number
    reason: Why = ""


class RollbackRequest(AskedWire):
    """The variant to bring back."""

    variant_name: VariantName
    reason: Why = ""


class TagRequest(AskedWire):
    """A tag to set, or to move here."""

    variant_name: VariantName
    version: Number
    tag: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=1000)


class VersionWire(Wire):
    """One version. `metadata` has what its author gave, and `createdAt`."""

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
    content_hash: str

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
            content_hash=it.content_hash,
        )


class ActivationWire(CopiedWire):
    """A change of the active version."""

    variant_name: str
    version: int
    previous_version: int | None
    activated_at: Zulu = Field(validation_alias="at")
    by: str
    reason: str = Field(validation_alias="why")
    kind: str = Field(description="activate or rollback")
    rolled_back: bool = Field(validation_alias="popped", description="A later rollback has taken it back.")


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
    next_cursor: str | None = Field(description="Ask with it for the older versions; null at the end.")

    @classmethod
    def of(cls, variant: str, it: History, limit: int) -> Self:
        """Shape it; a full page has a next one."""
        more = str(it.versions[-1].version) if len(it.versions) == limit else None
        return cls(
            variant_name=variant,
            versions=[VersionWire.of(version) for version in it.versions],
            activations=[ActivationWire.of(activation) for activation in it.activations],
            next_cursor=more,
        )


class PerformanceWire(CopiedWire):
    """What a version's traffic came to; null where nothing is known. `…N` counts the conversations that know a figure."""

    version: int
    total_conversations: int
    bookings: int
    escalations: int
    avg_cost: float | None = Field(validation_alias="avg_cost_usd")
    avg_tokens: float | None
    booking_rate: float | None
    escalation_rate: float | None
    booked_n: int
    escalated_n: int
    cost_n: int
    tokens_n: int


class DifferencesWire(Wire):
    """Relative changes from the first to the second, in percent; null where undefined."""

    booking_rate: float | None
    escalation_rate: float | None
    avg_cost: float | None
    avg_tokens: float | None


class CompareWire(Wire):
    """Two versions side by side."""

    variant_name: str
    version1: PerformanceWire
    version2: PerformanceWire
    differences: DifferencesWire
    warning: str = "the two versions served at different times, not side by side at random: a difference may be the time's"

    @classmethod
    def of(cls, it: Comparison) -> Self:
        """Shape it."""
        found = it.differences
        return cls(
            variant_name=it.variant_name,
            version1=PerformanceWire.of(it.version1),
            version2=PerformanceWire.of(it.version2),
            differences=DifferencesWire(
                booking_rate=_percent(found.booking_rate),
                escalation_rate=_percent(found.escalation_rate),
                avg_cost=_percent(found.avg_cost_usd),
                avg_tokens=_percent(found.avg_tokens),
            ),
        )


def _percent(change: float | None) -> float | None:
    return None if change is None else round(100 * change, 2)


class SideWire(CopiedWire):
    """One version of a diff."""

    version: int
    prompt_length: int
    changes: list[str]


class DiffWire(Wire):
    """How the second version differs from the first."""

    variant_name: str
    version1: SideWire
    version2: SideWire
    length_diff: int
    same_prompt: bool
    unified_diff: list[str]
    also_different: list[str] = Field(description="model, parameters, tools: those that differ.")

    @classmethod
    def of(cls, it: Diff) -> Self:
        """Shape it."""
        return cls(
            variant_name=it.variant_name,
            version1=SideWire.of(it.version1),
            version2=SideWire.of(it.version2),
            length_diff=it.length_diff,
            same_prompt=it.same_prompt,
            unified_diff=list(it.unified),
            also_different=list(it.run_with),
        )


class VariantWire(CopiedWire):
    """A variant in the list; `variant_name` is written as the plan writes it."""

    variant_name: str = Field(alias="variant_name")
    latest_version: int | None
    total_versions: int
    active_version: int | None
    conversations: int
    last_conversation_at: Zulu | None = Field(validation_alias="last_ended_at")


class VariantsWire(Wire):
    """All variants."""

    variants: list[VariantWire]

    @classmethod
    def of(cls, found: list[VariantSummary]) -> Self:
        """Shape them."""
        return cls(variants=[VariantWire.of(it) for it in found])
