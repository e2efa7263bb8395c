"""Cases on the wire: written, kept, run; and what stands in for an agent's tools."""

from typing import Annotated, Final, Self

from pydantic import Field, TypeAdapter, ValidationError

from deployments.wire.base import AskedWire, CopiedWire, Wire, Zulu
from deployments.wire.improvement import EvaluationWire, FaithfulnessWire
from deployments.wire.versions import VariantName
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations.cases import CasesChanged
from lifecycle_core.provenance import MAX_REASON_CHARACTERS
from lifecycle_core.replay.episode import MAX_GOAL_CHARACTERS
from lifecycle_core.replay.setting import MOST_FAILING, MOST_TAKEN, Outcome
from lifecycle_core.replay.toolbox import Act, Toolbox
from lifecycle_core.retraining.case_runs import RunReport
from lifecycle_core.retraining.cases import Case, CaseSource
from lifecycle_core.retraining.written_cases import MAX_ASSERTED_CHARACTERS, MOST_ASSERTED, MOST_CASES, KeptCase, WrittenCase
from lifecycle_core.spending import Spent

Why = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS, description="Kept in the audit log.")]
Name = Annotated[str, Field(min_length=1, max_length=80, description="Small letters, digits, `.`, `_` and `-`.")]
Texts = Annotated[list[Annotated[str, Field(min_length=1, max_length=MAX_ASSERTED_CHARACTERS)]], Field(max_length=MOST_ASSERTED)]
Place = Annotated[str, Field(min_length=1, max_length=40)]


class CaseRequest(AskedWire):
    """A case as it is written."""

    name: Name
    goal: Annotated[str, Field(min_length=1, max_length=MAX_GOAL_CHARACTERS, description="What the customer wants, in words; masked.")]
    outcome: Outcome = Field(default=Outcome.BOOKED, description="How it has to end.")
    taken: Annotated[list[Place], Field(max_length=MOST_TAKEN)] | None = Field(
        default=None, description='Slots that are gone, "Thursday 14:00", or whole days; chance decides where it is left out.'
    )
    has: Place | None = Field(default=None, description='Where the customer\'s appointment stands already, "Tuesday 10:00".')
    has_service: str = Field(default="", max_length=80, description="Of which service that is.")
    failing: Annotated[int, Field(ge=0, le=MOST_FAILING, strict=True)] | None = Field(
        default=None, description="How many of the first looks into the calendar time out; chance decides where it is left out."
    )
    calls: Texts = Field(
        default_factory=list, description="Tools, or what tools do (check, book, cancel, price, escalate), in this order, others between."
    )
    never_calls: Texts = Field(default_factory=list, description="Tools, or what tools do, that are wrong here.")
    says: Texts = Field(default_factory=list, description="What the agent has to say, capitals left aside.")
    never_says: Texts = Field(default_factory=list, description="What it must not say.")

    def value(self) -> WrittenCase:
        """The value that it stands for; raises InvalidInputError."""
        return _WRITTEN.validate_python(self.model_dump(by_alias=False))


_LINE: Final = TypeAdapter(CaseRequest)
_WRITTEN: Final = TypeAdapter(WrittenCase)


def read_case(line: str, place: str) -> WrittenCase:
    """The case that a line of JSON writes; raises InvalidInputError that names the field and the `place` where it stands.

    >>> read_case('{"name": "late", "goal": "A clean on Friday.", "hour": 9}', "line 1")
    Traceback (most recent call last):
    ...
    lifecycle_core.errors.InvalidInputError: line 1: hour: extra inputs are not permitted
    """
    try:
        return _LINE.validate_json(line).value()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"{place}: {where + ': ' if where else ''}{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InvalidInputError(message, field=where or None) from None
    except InvalidInputError as error:
        message = f"{place}: {error}"
        raise InvalidInputError(message, field=error.field) from None


class AddCasesRequest(AskedWire):
    """Cases to keep, all or none."""

    variant: VariantName
    cases: list[CaseRequest] = Field(min_length=1, max_length=MOST_CASES, description="Each of a name of its own.")
    reason: Why = ""


class NamedCasesRequest(AskedWire):
    """Cases to remove, or to bring back, all or none."""

    variant: VariantName
    names: list[Name] = Field(min_length=1, max_length=MOST_CASES, description="Their names.")
    reason: Why = ""


class KeptCaseWire(Wire):
    """A case of a variant's own."""

    name: str
    goal: str
    outcome: Outcome
    taken: list[str] | None
    has: str | None
    has_service: str
    failing: int | None
    calls: list[str]
    never_calls: list[str]
    says: list[str]
    never_says: list[str]
    conversation_id: str | None = Field(description="The conversation that it was mined of; null for one that somebody wrote.")
    added_at: Zulu
    added_by: str

    @classmethod
    def of(cls, it: KeptCase) -> Self:
        """Shape it."""
        own = {name: getattr(it.case, name) for name in WrittenCase.__dataclass_fields__}
        return cls.model_validate({**own, "conversation_id": it.conversation_id, "added_at": it.added_at, "added_by": it.added_by})


class BuiltInCaseWire(Wire):
    """A case that every variant has, in the words of its own services."""

    name: str
    goal: str
    outcome: Outcome

    @classmethod
    def of(cls, it: Case) -> Self:
        """Shape it."""
        return cls(name=it.id, goal=it.scenario.goal, outcome=it.scenario.outcome)


class CasesWire(Wire):
    """A variant's cases. All of its own serve in each evaluation; then mined ones up to the policy's number, then built-in ones."""

    variant: str
    cases: list[KeptCaseWire]
    built_in: list[BuiltInCaseWire]

    @classmethod
    def of(cls, variant: str, kept: list[KeptCase], everybodys: list[Case]) -> Self:
        """Shape them."""
        return cls(variant=variant, cases=[KeptCaseWire.of(it) for it in kept], built_in=[BuiltInCaseWire.of(it) for it in everybodys])


class CasesChangedWire(Wire):
    """What a change made of a variant's cases."""

    variant: str
    changed: list[KeptCaseWire]
    unchanged: list[str] = Field(description="Names of those that were so already.")

    @classmethod
    def of(cls, it: CasesChanged) -> Self:
        """Shape it."""
        return cls(variant=it.variant, changed=[KeptCaseWire.of(one) for one in it.changed], unchanged=list(it.unchanged))


class CaseRunWire(CopiedWire):
    """One case as a version served it."""

    id: str
    source: CaseSource
    goal: str
    outcome: Outcome
    runs: int
    score: float | None = Field(description="From 0 to 1; null where it was not served.")
    booked: float | None = Field(description="Share of runs.")
    failed: list[str] = Field(description="What any run failed.")


class RunReportWire(Wire):
    """What cases came to under one version, the worst first."""

    variant: str
    version: int
    score: float | None
    interval: tuple[float, float] | None = Field(description="95%.")
    spread: float | None = Field(description="How far the runs lie apart over the same cases; null with one run.")
    reused: int = Field(description="Replays that were served before, within a week.")
    lost: int = Field(description="Replays that the infrastructure took.")
    missing_tools: list[str] = Field(description="The agent's tools that nothing stands in for.")
    customers: FaithfulnessWire
    cases: list[CaseRunWire]
    simulated: bool

    @classmethod
    def of(cls, it: RunReport) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant,
            version=it.version,
            score=it.score,
            interval=(it.low, it.high) if it.low is not None and it.high is not None else None,
            spread=it.spread,
            reused=it.reused,
            lost=it.lost,
            missing_tools=list(it.missing_tools),
            customers=FaithfulnessWire.of(it.customers),
            cases=[CaseRunWire.of(one) for one in it.cases],
            simulated=it.simulated,
        )


class SpentWire(CopiedWire):
    """What calls to models took."""

    calls: int
    tokens: int
    usd: float


class RanWire(RunReportWire):
    """A run, and what it took; `compared` where another version served the cases too."""

    spent: SpentWire
    compared: EvaluationWire | None

    @classmethod
    def ran(cls, it: RunReport, compared: EvaluationWire | None, spent: Spent) -> Self:
        """Shape it."""
        return cls(**RunReportWire.of(it).model_dump(by_alias=False), spent=SpentWire.of(spent), compared=compared)


class StandInWire(Wire):
    """What stands in for a tool of the agent's; a null name of an argument means that it has none."""

    tool: str
    does: Act
    service: str | None
    day: str | None
    time: str | None


class ToolboxWire(Wire):
    """What stands in for a version's tools in replays: read from their schemas, or told as `x-lifecycle` beside them."""

    stand_ins: list[StandInWire]
    services: list[str] = Field(description="What the booking tool lists; where it lists none, any is right.")
    dated: bool = Field(description="Days are dates, and not the names of weekdays.")
    missing: list[str] = Field(description="Tools that nothing stands in for; a call of one is answered with an error.")

    @classmethod
    def of(cls, it: Toolbox) -> Self:
        """Shape it."""
        told = [
            StandInWire(tool=name, does=one.does, service=one.service, day=one.day, time=one.time) for name, one in it.stand_ins.items()
        ]
        return cls(stand_ins=told, services=list(it.services), dated=it.dated, missing=list(it.missing))
