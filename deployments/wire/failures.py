"""A failure analysis on the wire: the plan's shape, and beside it the evidence, and what did not count."""

from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, Wire
from lifecycle_core.retraining.failures import FailureAnalysis, Issue, Other
from lifecycle_core.retraining.findings import Finding
from lifecycle_core.retraining.reading import ReadSummary


class QuoteWire(CopiedWire):
    """Words out of a masked conversation."""

    conversation_id: str
    text: str


class IssueWire(Wire):
    """A kind of failure that the traffic gives evidence of."""

    issue: str
    count: int
    percentage: str
    percentage_value: float = Field(description="Of all failures.")
    author: str = Field(description="Who is at fault: agent, customer or environment. A prompt mends the agent's faults alone.")
    lift: float = Field(description="Its share among failures over its share among successes.")
    lift_interval: tuple[float, float] = Field(description="95%.")
    p: float
    q: float = Field(description="Benjamini and Hochberg's, among all signs.")
    support: int = Field(description="Conversations that show it, failures and successes.")
    explained: float = Field(description="Failures beyond what successes would show, at least.")
    signs: tuple[str, ...]
    feedback: str
    quotes: tuple[QuoteWire, ...]
    conversations: tuple[str, ...] = Field(description="The ids of the failures that show it.")

    @classmethod
    def of(cls, it: Issue) -> Self:
        """Shape it."""
        return cls(
            issue=it.issue,
            count=it.count,
            percentage=formats.percent(it.share) or "",
            percentage_value=it.share,
            author=it.author,
            lift=it.lift,
            lift_interval=(it.lift_low, it.lift_high),
            p=it.p,
            q=it.q,
            support=it.support,
            explained=it.explained,
            signs=it.signs,
            feedback=it.feedback,
            quotes=tuple(QuoteWire.of(quote) for quote in it.quotes),
            conversations=it.conversations,
        )


class PhraseWire(CopiedWire):
    """A phrase that sets the unexplained failures apart."""

    speaker: str
    text: str
    failures: int
    successes: int
    z: float
    q: float


class OtherWire(Wire):
    """The agent's failures that no issue explains."""

    count: int
    percentage: str
    percentage_value: float
    phrases: tuple[PhraseWire, ...]

    @classmethod
    def of(cls, it: Other) -> Self:
        """Shape it."""
        return cls(
            count=it.count,
            percentage=formats.percent(it.share) or "",
            percentage_value=it.share,
            phrases=tuple(PhraseWire.of(phrase) for phrase in it.phrases),
        )


class NotCountedWire(CopiedWire):
    """A sign that failures show, and that does not count."""

    sign: str = Field(validation_alias="name")
    code: str
    count: int
    in_successes: int
    lift: float
    why_not: str


class ReadingWire(Wire):
    """What a model that read conversations saw; it counts nothing by itself, and each quote was looked up."""

    model: str
    read: int = Field(description="Conversations, failures and successes.")
    unreadable: int = Field(description="Conversations to which it gave no answer that can be read.")
    unsupported: int = Field(description="Faults for which it quoted what nobody said; they are left out.")
    read_twice: int
    agreement: float | None = Field(description="Of the codes that either reading saw, the mean share that both did.")
    not_counted: tuple[NotCountedWire, ...]
    simulated: bool

    @classmethod
    def of(cls, it: ReadSummary) -> Self:
        """Shape it."""
        return cls(
            model=it.model,
            read=it.read,
            unreadable=it.unreadable,
            unsupported=it.unsupported,
            read_twice=it.read_twice,
            agreement=it.agreement,
            not_counted=tuple(NotCountedWire.of(finding) for finding in it.findings if _shown(finding)),
            simulated=it.simulated,
        )


class FailureAnalysisWire(Wire):
    """Why conversations failed."""

    total_failures: int
    total_successes: int
    escalations: int
    avg_messages_before_failure: float | None
    common_issues: tuple[IssueWire, ...]
    other: OtherWire
    not_counted: tuple[NotCountedWire, ...] = Field(description="Signs that failures show, and why they are no issue.")
    authors: dict[str, int] = Field(description="Failures by who was at fault.")
    reading: ReadingWire | None = Field(description="What a model saw; null where none read them.")
    simulated: bool

    @classmethod
    def of(cls, it: FailureAnalysis) -> Self:
        """Shape it."""
        return cls(
            total_failures=it.total_failures,
            total_successes=it.total_successes,
            escalations=it.escalations,
            avg_messages_before_failure=it.avg_messages_before_failure,
            common_issues=tuple(map(IssueWire.of, it.common_issues)),
            other=OtherWire.of(it.other),
            not_counted=tuple(NotCountedWire.of(finding) for finding in it.findings if _shown(finding)),
            authors={author.value: count for author, count in it.authors.items()},
            reading=ReadingWire.of(it.reading) if it.reading else None,
            simulated=it.simulated,
        )


def _shown(it: Finding) -> bool:
    return it.count > 0 and not it.counts
