"""What a session made before its test, on the wire: its training data, the improved prompt, the offline evaluation."""

from typing import Self

from pydantic import Field, field_validator

from deployments.wire.base import CopiedWire, WindowWire, Wire
from lifecycle_core.replay.faithfulness import Faithfulness
from lifecycle_core.retraining.cases import CaseSource
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement


class SplitsWire(Wire):
    """How many conversations are for what, by the goals of their customers."""

    train: int = Field(description="To learn from.")
    select: int = Field(description="To choose a candidate by.")
    held_out: int = Field(description="To report on; nothing learns from them.")


class DataCheckWire(CopiedWire):
    """One thing that was asked of all of them."""

    asked: str
    found: str
    holds: bool
    needed: bool = Field(description="Where it does not hold, nothing is learnt.")


class TrainingDataWire(CopiedWire):
    """What the session learnt from; the conversations themselves stay where they are."""

    size: int
    successes: int
    failures: int
    escalations: int
    left_out: int = Field(description="Over one customer's share.")
    duplicates: int = Field(description="Left out because a newer one has the same words and the same outcome.")
    splits: SplitsWire | None = Field(description="null where the session is older than this.")
    checks: list[DataCheckWire]
    window: WindowWire | None
    simulated: bool

    @field_validator("splits", mode="before")
    @classmethod
    def _known(cls, given: object) -> object:
        return given or None


class EditWire(CopiedWire):
    """One change to a section of the prompt."""

    section: str
    action: str = Field(description="add, replace or remove.")
    text: str
    old: str
    cites: str = Field(description="The mined issue that asks for it.")
    motive: str


class CandidateWire(Wire):
    """A prompt that was proposed."""

    number: int
    edits: list[EditWire]
    refusals: list[str] = Field(description="Why it may not be used; empty where it may.")
    score: float | None = Field(description="On the cases that select; null where it was not run.")

    @classmethod
    def of(cls, it: Candidate) -> Self:
        """Shape it."""
        edits = [EditWire.of(edit) for edit in it.edits]
        return cls(number=it.number, edits=edits, refusals=list(it.refusals), score=it.score)


class PromptImprovementWire(Wire):
    """What the improver made of the failures."""

    improvements: list[str]
    suggested_changes: list[str]
    engine: str
    candidates: list[CandidateWire]
    chosen: int | None = Field(description="The number of the candidate that goes on; null where none may, and `why` says so.")
    why: str
    simulated: bool = Field(description="A scripted model wrote it.")

    @classmethod
    def of(cls, it: PromptImprovement) -> Self:
        """Shape it."""
        return cls(
            improvements=list(it.improvements),
            suggested_changes=list(it.suggested_changes),
            engine=it.engine,
            candidates=[CandidateWire.of(candidate) for candidate in it.candidates],
            chosen=it.chosen,
            why=it.why,
            simulated=it.simulated,
        )


class FaithfulnessWire(Wire):
    """How faithful the simulated customers were to their goals."""

    replays: int
    faithful: int
    interval: tuple[float, float] = Field(description="Of their share, 95%.")
    lapses: dict[str, int] = Field(description="Replays that show a lapse, by its kind.")
    left: int = Field(description="Customers who left unserved; no lapse.")

    @classmethod
    def of(cls, it: Faithfulness) -> Self:
        """Shape it."""
        lapses = {lapse.value: count for lapse, count in it.lapses.items()}
        return cls(replays=it.replays, faithful=it.faithful, interval=(it.low, it.high), lapses=lapses, left=it.left)


class JudgementWire(CopiedWire):
    """What a model prefers, asked in both orders; a guard beside the score, which decides nothing."""

    model: str
    wins: int = Field(description="Cases in which the candidate is preferred.")
    losses: int
    ties: int
    turned: int = Field(description="Ties because the answer turned with the order.")
    unreadable: int
    worse: bool = Field(description="The incumbent is preferred more often than chance prefers: the sign test, one-sided at 5%.")
    simulated: bool


class CaseWire(CopiedWire):
    """One case of the evaluation."""

    id: str
    source: CaseSource = Field(description="own, mined of the variant's conversations, or built_in.")
    goal: str
    failed_live: bool
    issue: str | None
    score: float
    incumbent_score: float
    booked: float = Field(description="Share of replays.")
    incumbent_booked: float
    failed: list[str] = Field(description="What the candidate did not do.")


class EvaluationWire(Wire):
    """The offline evaluation; the cases in which the two differ most come first."""

    score: float
    interval: tuple[float, float] = Field(description="95%.")
    needed: float
    passed: bool
    incumbent_score: float
    incumbent_spread: float | None = Field(description="How far the incumbent's own runs lie apart.")
    gain: float
    gain_interval: tuple[float, float] | None = Field(description="95%, over cases; null with one case.")
    reused: int = Field(description="Replays that were served before, within a week.")
    missing_tools: list[str] = Field(description="The agent's tools that nothing stands in for.")
    customers: FaithfulnessWire | None = Field(description="null where the session is older than this.")
    judged: JudgementWire | None = Field(description="null where nobody chose a model.")
    lost: int = Field(description="Cases that the infrastructure took.")
    cases: list[CaseWire]
    simulated: bool

    @classmethod
    def of(cls, it: EvaluationReport) -> Self:
        """Shape it."""
        return cls(
            score=it.score,
            interval=(it.low, it.high),
            needed=it.needed,
            passed=it.passed,
            incumbent_score=it.incumbent_score,
            incumbent_spread=it.incumbent_spread,
            gain=it.gain,
            gain_interval=(it.gain_low, it.gain_high) if it.gain_low is not None and it.gain_high is not None else None,
            reused=it.reused,
            missing_tools=list(it.missing_tools),
            customers=FaithfulnessWire.of(it.customers) if it.customers is not None else None,
            judged=JudgementWire.of(it.judged) if it.judged is not None else None,
            lost=it.lost,
            cases=[CaseWire.of(case) for case in it.cases],
            simulated=it.simulated,
        )
