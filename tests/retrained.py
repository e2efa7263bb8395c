"""A variant that can be retrained, and a session taken as far as a test asks."""

from dataclasses import replace
from datetime import timedelta

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.operations import retraining, shadow, traffic, versions
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.failures import FailureAnalysis, Other
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from lifecycle_core.retraining.training_data import TrainingData

PROMPT = "Be kind."
BETTER = "Be kind. Check the calendar before you offer a time."
FAILURES = FailureAnalysis(
    total_failures=25,
    total_successes=75,
    escalations=5,
    avg_messages_before_failure=8.5,
    authors={},
    common_issues=(),
    other=Other(count=25, share=1.0, phrases=()),
    findings=(),
)
IMPROVEMENT = PromptImprovement(
    engine="rules",
    improvements=("Always check availability",),
    suggested_changes=("Check the calendar",),
    candidates=(Candidate(number=1, prompt=BETTER, score=0.9), Candidate(number=2, prompt="", refusals=("it is empty",))),
    chosen=1,
)
EVALUATION = EvaluationReport(cases=(), score=0.9, low=0.6, high=0.98, incumbent_score=0.7, incumbent_spread=0.05, needed=0.8)


def served(act, count, **others):
    """Conversations of `baseline`, one an hour up to an hour ago, a quarter of them not booked."""
    given = {"variant": "baseline", "version": 1, "escalated": False, **others}
    return [
        Conversation(
            id=f"c{number}", ended_at=act.at - timedelta(hours=1 + number), booked=number % 4 > 0, goal=f"a deep clean at {number}", **given
        )
        for number in range(count)
    ]


def ready(database, act, count=60):
    """The database, with a variant that may be retrained."""
    traffic.ingest(database, act, served(act, count))
    versions.register(database, act, variant="baseline", system_prompt=PROMPT)
    versions.activate(database, act, "baseline", 1)
    return database


def samples(act, count, *, incumbent=2, candidate=4, source=Source.NEW, first=0):
    """Samples with so many successes in four replays; differences of them vary a little, as differences do."""
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


STEPS = (
    lambda it, act, name: retraining.keep_training_data(it, act, name, training_data(act)),
    lambda it, act, name: retraining.keep_failures(it, act, name, FAILURES),
    lambda it, act, name: retraining.keep_improvement(it, act, name, IMPROVEMENT),
    retraining.register_candidate,
    lambda it, act, name: retraining.keep_evaluation(it, act, name, EVALUATION),
    shadow.start_shadow,
)


def training_data(act):
    conversations = tuple(served(act, 60))
    return TrainingData(conversations=conversations, window=Window(conversations[-1].ended_at, act.at))


def taken(database, act, steps, options=None):
    """A session after so many of its steps."""
    it = retraining.begin(database, act, "baseline", "k", options)
    for step in STEPS[:steps]:
        it = step(database, act, it.session_id)
    return it


def in_shadow_test(database, act, **options):
    return taken(ready(database, act), act, len(STEPS), Options(**options))


def later(act, **span):
    return replace(act, at=act.at + timedelta(**span))
