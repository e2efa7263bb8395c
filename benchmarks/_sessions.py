"""A variant that can be retrained, and a session taken as far as is asked: values in place of models, for races, kills and tests."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.operations import retraining, shadow, traffic, training, versions
from lifecycle_core.policy import Engine
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.failures import FailureAnalysis, Other
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from lifecycle_core.retraining.training_data import TrainingData
from lifecycle_core.store.database import Database

PROMPT: Final = "Be kind."
BETTER: Final = "Be kind. Check the calendar before you offer a time."
FAILURES: Final = FailureAnalysis(
    total_failures=25,
    total_successes=75,
    escalations=5,
    avg_messages_before_failure=8.5,
    authors={},
    common_issues=(),
    other=Other(count=25, share=1.0, phrases=()),
    findings=(),
)
IMPROVEMENT: Final = PromptImprovement(
    engine=Engine.RULES,
    improvements=("Always check availability",),
    suggested_changes=("Check the calendar",),
    candidates=(Candidate(number=1, prompt=BETTER, score=0.9), Candidate(number=2, prompt="", refusals=("it is empty",))),
    chosen=1,
)
EVALUATION: Final = EvaluationReport(
    cases=(), score=0.9, low=0.6, high=0.98, incumbent_score=0.7, incumbent_spread=0.05, needed=0.8, simulated=True
)

Step = Callable[[Database, Provenance, str], Session]


def served(act: Provenance, count: int, **others: Any) -> list[Conversation]:  # noqa: ANN401 - any field of a conversation
    """Conversations of `baseline`, one an hour up to an hour ago, a quarter of them not booked."""
    given = {"variant": "baseline", "version": 1, "escalated": False, **others}
    return [
        Conversation(
            id=f"c{number}", ended_at=act.at - timedelta(hours=1 + number), booked=number % 4 > 0, goal=f"a deep clean at {number}", **given
        )
        for number in range(count)
    ]


def ready(database: Database, act: Provenance, count: int = 60, variant: str = "baseline") -> Database:
    """The database, with a variant that may be retrained."""
    traffic.ingest(database, act, served(act, count, variant=variant))
    versions.register(database, act, variant=variant, system_prompt=PROMPT)
    versions.activate(database, act, variant, 1)
    return database


def samples(
    act: Provenance, count: int, *, incumbent: int = 2, candidate: int = 4, source: Source = Source.NEW, first: int = 0
) -> list[Sample]:
    """Samples with so many successes in four replays."""
    return [
        Sample(
            scenario_id=f"s{number:04}",
            ended_at=act.at + timedelta(minutes=number),
            source=source,
            incumbent=Arm(replays=4, successes=incumbent, cost_usd=0.001),
            candidate=Arm(replays=4, successes=candidate, cost_usd=0.001),
        )
        for number in range(first, first + count)
    ]


def proved(act: Provenance, count: int = 100) -> list[Sample]:
    """Samples of a candidate that books more, the incumbent served twice now and then: nothing is left to a person."""
    every = samples(act, count, incumbent=3)
    return [replace(it, again=it.incumbent) if place % 10 == 0 else it for place, it in enumerate(every)]


def training_data(act: Provenance) -> TrainingData:
    """The conversations of a variant that is ready."""
    conversations = tuple(served(act, 60))
    return TrainingData(conversations=conversations, window=Window(conversations[-1].ended_at, act.at))


STEPS: Final[Sequence[Step]] = (
    lambda it, act, name: training.keep_training_data(it, act, name, training_data(act)),
    lambda it, act, name: retraining.keep_failures(it, act, name, FAILURES),
    lambda it, act, name: retraining.keep_improvement(it, act, name, IMPROVEMENT),
    retraining.register_candidate,
    lambda it, act, name: retraining.keep_evaluation(it, act, name, EVALUATION),
    shadow.start_shadow,
)
"""What a session goes through before its samples come, in order."""


def taken(database: Database, act: Provenance, steps: int, options: Options | None = None, variant: str = "baseline") -> Session:
    """A session after so many of its steps; one that is there goes on."""
    it = retraining.begin(database, act, variant, "k", options)
    for step in STEPS[:steps]:
        it = step(database, act, it.session_id)
    return it


def in_shadow_test(database: Database, act: Provenance, variant: str = "baseline", **options: Any) -> Session:  # noqa: ANN401 - any option
    """A session in its shadow test, of a variant that was ready or is made so."""
    return taken(ready(database, act, variant=variant), act, len(STEPS), Options(**options), variant)


def later(act: Provenance, **span: float) -> Provenance:
    """The same caller, so much later."""
    return replace(act, at=act.at + timedelta(**span))
