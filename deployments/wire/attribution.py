"""What contributes to a drift, on the wire. Names of segments, actions and tools are told as they came: hostile text."""

from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, WindowWire, Wire, Zulu
from lifecycle_core.drift.attribution import Attribution, Explanation, Finding, Label, Quantity


class SegmentWire(CopiedWire):
    """The conversations with one value of a label; "(others)" are those too few to stand alone, "(none)" those without the label."""

    value: str
    recent_n: int
    baseline_n: int = Field(validation_alias="reference_n", description="Conversations that know the figure.")
    recent_share: float
    baseline_share: float = Field(validation_alias="reference_share")
    recent_value: float | None = Field(description="The figure among them, as `quantity` says.")
    baseline_value: float | None = Field(validation_alias="reference_value")
    mix_effect: float = Field(validation_alias="mix", description="What its size adds to `changeInQuantity`.")
    rate_effect: float = Field(validation_alias="rate", description="What happened in it adds.")
    of_change: float | None = Field(description="Both effects over the whole change.")
    q: float | None = Field(description="Of its own change, among all segments looked at (Benjamini-Hochberg); null with too few.")
    size_q: float | None = Field(description="Of the change of its share.")
    apart_q: float | None = Field(description="Of its changing otherwise than the rest.")
    starred: bool


class LabelWire(Wire):
    """One way to divide the conversations; its segments' effects add up to the whole change."""

    label: str
    built_in: bool = Field(description="Ours: hour, weekday, model, version.")
    values: int
    mix_effect: float
    rate_effect: float
    segments: list[SegmentWire]

    @classmethod
    def of(cls, it: Label) -> Self:
        """Shape it."""
        segments = [SegmentWire.of(segment) for segment in it.segments]
        return cls(label=it.name, built_in=it.built_in, values=it.values, mix_effect=it.mix, rate_effect=it.rate, segments=segments)


class FindingWire(Wire):
    """What sets the change apart: a shift between segments (mix), or a segment that changed as the rest did not (rate)."""

    label: str
    built_in: bool
    value: str
    cause: str
    of_change: float = Field(description="The share of the change that it stands for.")
    size: float = Field(description="Its share of the conversations, the mean of both sides.")

    @classmethod
    def of(cls, it: Finding) -> Self:
        """Shape it."""
        return cls(label=it.label, built_in=it.built_in, value=it.segment.value, cause=it.cause, of_change=it.of_change, size=it.size)


class ActionMoveWire(CopiedWire):
    """One action's part in how far the two mixes lie apart."""

    action: str
    recent_share: float
    baseline_share: float = Field(validation_alias="reference_share")
    recent_calls: float = Field(description="A conversation, on average.")
    baseline_calls: float = Field(validation_alias="reference_calls")
    of_g2: float = Field(description="Its share of the likelihood ratio, negative where it fell.")
    residual: float | None = Field(description="Adjusted, over its design effect.")
    q: float | None
    starred: bool


class ErrorKindWire(CopiedWire):
    """Failures of one tool with one kind of message, by the conversations that met one."""

    tool: str | None = Field(description="Null where the conversation itself broke.")
    message: str = Field(description="Without numbers, ids and what is somebody's.")
    provider_fault: bool
    recent_n: int
    baseline_n: int = Field(validation_alias="reference_n")
    recent_share: float
    baseline_share: float = Field(validation_alias="reference_share")
    q: float | None
    starred: bool


class ExampleWire(CopiedWire):
    """A conversation that shows the change, by its id."""

    id: str
    ended_at: Zulu
    why: str


class AttributionWire(Wire):
    """What contributes to one metric's comparison."""

    metric: str
    comparison: str = Field(description="The metric, or its tail.")
    status: str
    decided: bool = Field(description="The comparison that decided the check; else the pair that the reply shows.")
    recent: WindowWire
    baseline: WindowWire
    like_hours: bool = Field(description="Of the baseline only the hours of day that recent covers.")
    baseline_version: int
    recent_n: int
    baseline_n: int
    change: str | None
    change_value: float | None = Field(description="Relative, as the check tells it; of the mix the total variation.")
    recent_value: float | None
    baseline_value: float | None
    quantity: str = Field(description="What is taken apart: rate, mean, geometric_mean (a median does not add), or mix.")
    recent_quantity: float | None
    baseline_quantity: float | None
    change_in_quantity: float | None = Field(description="Recent less baseline; of geometric means the difference of logarithms.")
    finding: FindingWire | None = Field(description="Null where no segment sets the change apart.")
    labels: list[LabelWire]
    actions: list[ActionMoveWire]
    errors: list[ErrorKindWire]
    conversations: list[ExampleWire]
    notes: list[str]

    @classmethod
    def of(cls, it: Attribution) -> Self:
        """Shape it."""
        asked = it.question
        return cls(
            metric=asked.comparison.metric,
            comparison=asked.comparison,
            status=it.status,
            decided=asked.decided,
            recent=WindowWire.of(asked.recent),
            baseline=WindowWire.of(asked.reference),
            like_hours=asked.like_hours,
            baseline_version=asked.reference_version,
            recent_n=it.recent_n,
            baseline_n=it.reference_n,
            change=formats.percent(it.relative_change) if asked.quantity is Quantity.MIX else formats.change(it.relative_change),
            change_value=it.relative_change,
            recent_value=it.recent_value,
            baseline_value=it.reference_value,
            quantity=asked.quantity,
            recent_quantity=it.recent_quantity,
            baseline_quantity=it.reference_quantity,
            change_in_quantity=it.change,
            finding=FindingWire.of(it.finding) if it.finding else None,
            labels=[LabelWire.of(label) for label in it.labels],
            actions=[ActionMoveWire.of(move) for move in it.actions],
            errors=[ErrorKindWire.of(kind) for kind in it.errors],
            conversations=[ExampleWire.of(example) for example in it.examples],
            notes=list(it.notes),
        )


class ExplanationWire(Wire):
    """What contributes to what a check found. It explains an alarm and never raises one."""

    variant: str
    version: int
    timestamp: Zulu
    status: str
    attributions: list[AttributionWire] = Field(description="Of each metric that drifts, else of each suspected; empty where none is.")

    @classmethod
    def of(cls, it: Explanation) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant,
            version=it.version,
            timestamp=it.at,
            status=it.status,
            attributions=[AttributionWire.of(attribution) for attribution in it.attributions],
        )
