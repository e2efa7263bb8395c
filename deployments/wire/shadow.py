"""A shadow test on the wire: how far it has come, what it says, and the pairs that a deployed agent posts."""

from typing import Annotated, Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import AskedWire, CopiedWire, Wire, ZonedInstant, Zulu
from lifecycle_core.operations.shadow import Posted, Recorded
from lifecycle_core.operations.standing import Standing
from lifecycle_core.retraining.analysis import ArmFigures, ShadowAnalysis
from lifecycle_core.retraining.gate_report import Gate
from lifecycle_core.retraining.options import MAX_REPLAYS
from lifecycle_core.retraining.shadow import Arm

MAX_SAMPLES = 1000
"""How many pairs one request may post."""


class ProgressWire(CopiedWire):
    """How far a shadow test has come."""

    samples: int = Field(validation_alias="n", description="Those that count.")
    needed_samples: int = Field(validation_alias="needed", description="At which it is looked at next.")
    max_samples: int = Field(validation_alias="most", description="At which it ends, whatever it says.")
    samples_per_hour: float | None
    hours_left: float | None = Field(description="To the next look, or to the deadline where that is sooner; null where nothing tells.")
    message: str = Field(validation_alias="sentence", description="The same in words.")


class ArmFiguresWire(Wire):
    """What one version came to, over scenarios."""

    success_rate: str
    success_rate_value: float
    escalation_rate: str
    escalation_rate_value: float
    cost: str | None
    cost_value: float | None = Field(description="US dollars a replay.")
    response_time: str | None
    response_time_value: float | None = Field(description="Seconds.")

    @classmethod
    def of(cls, it: ArmFigures) -> Self:
        """Shape it."""
        return cls(
            success_rate=f"{it.success_rate:.2%}",
            success_rate_value=it.success_rate,
            escalation_rate=f"{it.escalation_rate:.2%}",
            escalation_rate_value=it.escalation_rate,
            cost=formats.dollars(it.cost_usd),
            cost_value=it.cost_usd,
            response_time=formats.seconds(it.latency_s),
            response_time_value=it.latency_s,
        )


class GateWire(Wire):
    """One gate: its figure, what that may be, and what it says."""

    name: str = Field(description="success, escalation, cost, difference, regressions or offline.")
    figure: str | None
    figure_value: float | None
    interval: tuple[float, float] | None = Field(description="95%.")
    limit: str | None
    limit_value: float
    passed: bool | None = Field(description="Null where it cannot judge; then a person decides.")
    message: str

    @classmethod
    def of(cls, it: Gate) -> Self:
        """Shape it."""
        return cls(
            name=it.name,
            figure=formats.gate_figure(it.name, it.value),
            figure_value=it.value,
            interval=None if it.low is None or it.high is None else (it.low, it.high),
            limit=formats.gate_figure(it.name, it.limit),
            limit_value=it.limit,
            passed=it.passed,
            message=it.sentence,
        )


class BreakageWire(CopiedWire):
    """Scenarios that the candidate breaks, beside those that the incumbent would break of itself; the difference gate is the excess."""

    share: float
    floor: float | None = Field(description="By chance; null where nothing tells it reliably.")
    measured: float | None = Field(description="Of the scenarios that the incumbent served twice; null without any.")
    twice: int = Field(description="How many it served twice.")


class ShadowEvidenceWire(Wire):
    """The e-values of a shadow test, which hold at every look."""

    better: float
    worse: float
    worse_escalation: float
    futility: float
    level: float = Field(description="What the first three must reach.")


class ShadowAnalysisWire(Wire):
    """What a shadow test says."""

    verdict: str = Field(description="collecting, promote, to_a_person, harm, futile, gates, inconclusive or invalid.")
    samples: int
    removed_samples: int = Field(description="Scenarios that the infrastructure took.")
    looks: list[int] = Field(description="The numbers of samples at which the gates were asked.")
    success_rate_change: str | None
    success_rate_change_value: float | None = Field(description="(candidate - incumbent) / incumbent")
    incumbent: ArmFiguresWire | None
    candidate: ArmFiguresWire | None
    evidence: ShadowEvidenceWire
    gates: list[GateWire]
    reasons: list[str] = Field(description="Why it is not promoted by itself.")
    doubts: list[str] = Field(description="Why a person is asked.")
    needed_samples: int | None = Field(description="So many like these would have shown neededFor: better or futile.")
    needed_for: str | None
    breakage: BreakageWire | None
    disagreement_rate: str | None
    disagreement_rate_value: float | None = Field(description="How often two replays of the incumbent on one scenario differ.")
    simulator_gap_value: float | None = Field(description="The incumbent's simulated success less its live success, same scenarios.")
    simulator_gap_interval: tuple[float, float] | None
    offline_score: float | None
    judged_worse: bool = Field(description="A judge preferred the incumbent's conversations offline, beyond chance; a person is asked.")
    sources: list[str] = Field(description="new, recorded or posted; posted pairs are never mixed with replays.")
    closed: bool = Field(description="Time was up.")
    simulated: bool = Field(description="A scripted agent had a part in it.")
    note: str = Field(description="What such evidence can show.")

    @classmethod
    def of(cls, it: ShadowAnalysis) -> Self:
        """Shape it."""
        gained = next((gate.value for gate in it.gates if gate.name == "success"), None)
        low, high = it.simulator_gap_low, it.simulator_gap_high
        return cls(
            verdict=it.verdict,
            samples=it.n,
            removed_samples=it.removed,
            looks=list(it.looks),
            success_rate_change=formats.change(gained),
            success_rate_change_value=gained,
            incumbent=ArmFiguresWire.of(it.incumbent) if it.incumbent else None,
            candidate=ArmFiguresWire.of(it.candidate) if it.candidate else None,
            evidence=ShadowEvidenceWire(
                better=it.e_better, worse=it.e_worse, worse_escalation=it.e_worse_escalation, futility=it.futility, level=it.level
            ),
            gates=[GateWire.of(gate) for gate in it.gates],
            reasons=list(it.reasons),
            doubts=list(it.doubts),
            needed_samples=it.needed_n,
            needed_for=it.needed_for,
            breakage=BreakageWire.of(it.breakage) if it.breakage else None,
            disagreement_rate=formats.percent(it.disagreement_rate),
            disagreement_rate_value=it.disagreement_rate,
            simulator_gap_value=it.simulator_gap,
            simulator_gap_interval=None if low is None or high is None else (low, high),
            offline_score=it.offline_score,
            judged_worse=it.judged_worse,
            sources=[source.value for source in it.source],
            closed=it.closed,
            simulated=it.simulated,
            note=it.note,
        )


class ShadowTestWire(Wire):
    """One shadow test that goes on, or waits for a person."""

    session_id: str
    variant: str
    incumbent_version: int
    new_variant: str | None
    status: str
    started_at: Zulu | None
    deadline_at: Zulu | None
    progress: ProgressWire | None = Field(description="Null once its verdict is in.")
    analysis: ShadowAnalysisWire | None

    @classmethod
    def of(cls, it: Standing) -> Self:
        """Shape it."""
        return cls(
            session_id=it.session.session_id,
            variant=it.session.variant,
            incumbent_version=it.session.incumbent_version,
            new_variant=it.session.new_variant,
            status=it.session.status,
            started_at=it.session.shadow_started_at,
            deadline_at=it.session.deadline_at,
            progress=ProgressWire.of(it.progress) if it.progress else None,
            analysis=ShadowAnalysisWire.of(it.analysis) if it.analysis else None,
        )


class ShadowStatusWire(Wire):
    """Every shadow test that goes on or waits for a person, the oldest first."""

    active: bool
    tests: list[ShadowTestWire]

    @classmethod
    def of(cls, found: list[Standing]) -> Self:
        """Shape them."""
        return cls(active=bool(found), tests=[ShadowTestWire.of(it) for it in found])


Count = Annotated[int, Field(ge=0, strict=True)]


class ArmRequest(AskedWire):
    """What one version made of a scenario."""

    replays: Annotated[int, Field(ge=1, le=MAX_REPLAYS, strict=True)] = Field(default=1, description="How often it served the scenario.")
    successes: Count = Field(description="In how many of them it succeeded.")
    escalations: Count = Field(default=0, description="In how many of them it handed over.")
    lost: Count = Field(default=0, description="Replays that the infrastructure took.")
    cost_usd: float | None = Field(default=None, ge=0, description="Of all replays together.")
    latency_s: float | None = Field(default=None, ge=0, description="Seconds to a reply.")

    def value(self) -> Arm:
        """The value that it stands for; raises InvalidInputError for counts that cannot be."""
        return Arm(**self.model_dump(by_alias=False))


class SampleRequest(AskedWire):
    """One scenario, served by both versions."""

    scenario_id: str = Field(min_length=1, max_length=200, description="The conversation behind it; it counts once.")
    ended_at: ZonedInstant = Field(description="When it ended, with a zone.")
    incumbent: ArmRequest | None = Field(default=None, description="What the active version made of it; both of a pair are needed.")
    candidate: ArmRequest | None = Field(default=None, description="What the version under test made of it.")
    again: ArmRequest | None = Field(default=None, description="The incumbent's second serving: what it breaks of itself.")

    def value(self) -> Posted:
        """The value that it stands for; raises InvalidInputError for counts that cannot be."""
        arms = {name: arm.value() if arm else None for name, arm in self._arms()}
        return Posted(scenario_id=self.scenario_id, ended_at=self.ended_at, **arms)

    def _arms(self) -> list[tuple[str, ArmRequest | None]]:
        return [("incumbent", self.incumbent), ("candidate", self.candidate), ("again", self.again)]


class SamplesRequest(AskedWire):
    """Pairs of a deployed agent's own."""

    session_id: str = Field(min_length=1, max_length=300, description="The retraining whose shadow test it is.")
    samples: list[SampleRequest] = Field(min_length=1, max_length=MAX_SAMPLES, description="All of them are taken, or none.")


class SamplesWire(Wire):
    """What became of them: all were taken, or none."""

    session_id: str
    accepted: int
    samples: int = Field(description="How many the session had then.")

    @classmethod
    def of(cls, session_id: str, it: Recorded) -> Self:
        """Shape it."""
        return cls(session_id=session_id, accepted=it.kept, samples=it.samples)
