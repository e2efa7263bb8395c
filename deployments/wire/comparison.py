"""Two versions on the wire: what their traffic came to, what they say, and what a rollback from one to the other would do."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue

from deployments.wire.base import CopiedWire, Wire, Zulu
from deployments.wire.versions import ActivationWire
from lifecycle_core.operations.versions_asked import NOT_UNDONE, Preview
from lifecycle_core.versions.compare import CONFIDENCE, Certainty, Comparison, Direction, Interval
from lifecycle_core.versions.diff import Diff, Op


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
    first_hour: Zulu | None = Field(description="In which its first conversation ended.")
    last_hour: Zulu | None


class DifferencesWire(Wire):
    """Relative changes from the first to the second, in percent; null where undefined."""

    booking_rate: float | None
    escalation_rate: float | None
    avg_cost: float | None
    avg_tokens: float | None


class IntervalWire(CopiedWire):
    """Between what a figure lies."""

    low: float
    high: float


class CertaintyWire(Wire):
    """How well a difference is known.

    `difference`: of rates in points (0.07 is 7 percentage points), of costs relative. `direction`: higher or lower where the interval
    leaves zero out, else undecided.
    """

    version1: IntervalWire | None
    version2: IntervalWire | None
    n1: int
    n2: int
    difference: IntervalWire | None
    unit: Literal["points", "relative"]
    direction: Direction

    @classmethod
    def of(cls, it: Certainty, unit: Literal["points", "relative"]) -> Self:
        """Shape it."""
        return cls(
            version1=_interval(it.version1),
            version2=_interval(it.version2),
            n1=it.n1,
            n2=it.n2,
            difference=_interval(it.difference),
            unit=unit,
            direction=it.direction,
        )


def _interval(it: Interval | None) -> IntervalWire | None:
    return None if it is None else IntervalWire.of(it)


class IntervalsWire(Wire):
    """The differences whose certainty is known; of tokens no spread is kept."""

    booking_rate: CertaintyWire
    escalation_rate: CertaintyWire
    avg_cost: CertaintyWire


class CompareWire(Wire):
    """Two versions side by side."""

    variant_name: str
    version1: PerformanceWire
    version2: PerformanceWire
    differences: DifferencesWire
    intervals: IntervalsWire
    confidence: float = CONFIDENCE
    randomised: Literal[False] = False
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
            intervals=IntervalsWire(
                booking_rate=CertaintyWire.of(it.booking_rate, "points"),
                escalation_rate=CertaintyWire.of(it.escalation_rate, "points"),
                avg_cost=CertaintyWire.of(it.avg_cost_usd, "relative"),
            ),
        )


def _percent(change: float | None) -> float | None:
    return None if change is None else round(100 * change, 2)


class SideWire(CopiedWire):
    """One version of a diff."""

    version: int
    prompt_length: int
    changes: list[str]


class PieceWire(CopiedWire):
    """Text that both prompts have, or one of them; without the inserted ones they make the first, without the deleted the second."""

    op: Op
    text: str


class ChangedWire(CopiedWire):
    """A value that differs, and where it stands; null where it is not there."""

    path: str
    before: JsonValue
    after: JsonValue


class DiffWire(Wire):
    """How the second version differs from the first."""

    variant_name: str
    version1: SideWire
    version2: SideWire
    length_diff: int
    same_prompt: bool
    unified_diff: list[str]
    words: list[PieceWire]
    also_different: list[str] = Field(description="model, parameters, tools: those that differ.")
    model: list[ChangedWire]
    parameters: list[ChangedWire]
    tools: list[ChangedWire]

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
            words=[PieceWire.of(piece) for piece in it.words],
            also_different=list(it.run_with),
            model=[ChangedWire.of(change) for change in it.model],
            parameters=[ChangedWire.of(change) for change in it.parameters],
            tools=[ChangedWire.of(change) for change in it.tools],
        )


class PreviewWire(Wire):
    """What a rollback would do now, and what it would not undo."""

    variant_name: str
    possible: bool
    because: str | None = Field(description="Why there can be none; null where there can.")
    from_version: int | None
    to_version: int | None
    etag: str | None = Field(description="The active version's: `If-Match` with it rolls back exactly this.")
    ready: list[int] = Field(description="The versions that as many rollbacks in a row would bring back.")
    takes_back: ActivationWire | None
    served: PerformanceWire | None = Field(description="The traffic of the active version so far.")
    changes: DiffWire | None
    tags: dict[str, int] = Field(description="Tags that move, and to which version.")
    ends_probation: bool
    open_session: str | None = Field(description="Its candidate was tested beside the active version: it ends undecided.")
    not_undone: Annotated[list[str], Field(default_factory=lambda: list(NOT_UNDONE))]

    @classmethod
    def of(cls, it: Preview) -> Self:
        """Shape it."""
        return cls(
            variant_name=it.variant_name,
            possible=it.target is not None,
            because=it.because,
            from_version=it.active.version if it.active else None,
            to_version=it.target.version if it.target else None,
            etag=it.active.etag if it.active else None,
            ready=list(it.ready),
            takes_back=ActivationWire.of(it.since) if it.since else None,
            served=PerformanceWire.of(it.served) if it.served else None,
            changes=DiffWire.of(it.changes) if it.changes else None,
            tags=dict(it.tags),
            ends_probation=it.probation,
            open_session=it.session_id,
        )
