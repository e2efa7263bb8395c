"""The ten steps of a retraining as Prefect's tasks; what each made is kept in the session's row, and read from there.

They pass ids and words, never what a customer said.
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from prefect.runtime import flow_run

from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import arms, promotion, retraining, shadow, training
from lifecycle_core.retraining.errors import ForbiddenMoveError, StaleEvidenceError
from lifecycle_core.retraining.failures import FailureAnalysis, analyze
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.read_issues import joined, to_read
from lifecycle_core.retraining.reading import read
from lifecycle_core.retraining.report import ending
from lifecycle_core.retraining.report import steps as told
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.retraining.training_data import TrainingData, collect
from tasks import artifacts, context, reports, runs, secrets
from tasks.evaluation import evaluated
from tasks.improvement import expect_engine, improved
from tasks.metered import Metered
from tasks.replays import model, simulated
from tasks.steps import Standing, act, may_pass, named, note, step
from tasks.training_suite import check_training_data

WATCH_SHADOW: Final = "watch-shadow/watch-shadow"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session to go on with, or why there is none."""

    id: str
    refusal: str = ""

    @property
    def refused(self) -> bool:
        """Whether there is none."""
        return not self.id


@named("01 begin retraining")
def begin_retraining(variant: str, session_id: str | None, reason: str) -> Begun:
    """Steps 1 and 2: a session with the evidence that it starts from; the run of an open session goes on with that one."""
    try:
        if session_id is None:
            key = str(flow_run.id or "")
            session_id = retraining.begin(context.database(), act(), variant, key, Options(reason=reason)).session_id
        first = retraining.session(context.database(), session_id).flow_process is None
        it = note(session_id)
    except LifecycleError as error:
        if may_pass(error):
            raise
        return Begun("", str(error))
    if it.variant != variant:
        return Begun("", f"session {session_id} is of variant {it.variant!r}, not of {variant!r}; leave session_id empty")
    if first and it.open:
        _link(it)
    return Begun(it.session_id)


@step("03 collect training data")
def collect_training_data(it: Session) -> Session:
    """Step 3: 50 to 500 conversations of known outcome, masked, as the quality suite wants them."""
    if it.training_data is not None:
        return it
    expect_engine(it)
    data = training_data(it)
    checks = check_training_data(data, it.policy.retraining)
    it = training.keep_training_data(context.database(), act(), it.session_id, data, checks)
    artifacts.leave(it, told.training_data(it))
    return it


@step("04 analyze failures")
def analyze_failures(it: Session) -> Session:
    """Step 4: what sets failures apart from successes."""
    if it.failure_analysis is None:
        it = retraining.keep_failures(context.database(), act(), it.session_id, _analyzed(it))
        artifacts.leave(it, told.failures(it))
    return it


@step("05 improve prompt")
def improve_prompt(it: Session) -> Session:
    """Step 5: candidates for a better prompt, and the one that serves best on the cases that select."""
    if it.prompt_improvement is not None or it.failure_analysis is None:
        return it
    incumbent = arms.arms(context.database(), it.session_id).incumbent
    improvement = improved(it, incumbent, training_data(it).conversations, it.failure_analysis)
    it = retraining.keep_improvement(context.database(), act(), it.session_id, improvement)
    if improvement.choice is None:
        artifacts.leave(it, told.prompt(it, incumbent, None))
    return it


@step("06 register candidate")
def register_candidate(it: Session) -> Session:
    """Step 6: the candidate as a version, tagged `experimental`."""
    if not it.version:
        it = retraining.register_candidate(context.database(), act(), it.session_id)
        both = arms.arms(context.database(), it.session_id)
        artifacts.leave(it, told.prompt(it, both.incumbent, both.candidate))
    return it


@step("07 evaluate offline")
def evaluate_offline(it: Session) -> Session:
    """Step 7: cases of one's own, goals that were held out, and built-in ones, served by both versions and graded by code."""
    if it.evaluation is not None or it.failure_analysis is None:
        return it
    report = evaluated(it, training_data(it).conversations, it.failure_analysis)
    it = retraining.keep_evaluation(context.database(), act(), it.session_id, report)
    artifacts.leave(it, told.evaluation(it))
    return it


@step("08 start shadow test")
def start_shadow_test(it: Session) -> Session:
    """Step 8: begin the shadow test, and serve its first goals at once."""
    if it.shadow_started_at is None:
        it = shadow.start_shadow(context.database(), act(), it.session_id)
        serve_soon(it)
    return it


@step("09 analyze shadow test")
def analyze_shadow_test(it: Session) -> Session:
    """Step 9: the verdict, and the review where it asks a person."""
    if it.shadow_analysis is None:
        it = shadow.keep_verdict(context.database(), act(), it.session_id)
    if it.status is Status.AWAITING_REVIEW and it.review is None:
        _leave_ending(it)
    return it


@named("10 promote or roll back")
def promote_or_roll_back(session_id: str) -> str:
    """Step 10: end the session as its evidence, and a person's answer, say: -> how it ended, or where it stands."""
    it = retraining.session(context.database(), session_id)
    if it.open:
        try:
            it = promotion.promote_or_roll_back(context.database(), act(), session_id)
        except ForbiddenMoveError as error:
            log.warning("%s", error)
    _leave_ending(it)
    return it.status.value


@named("record the decision")
def record_decision(session_id: str, decision: str, reason: str, evidence_hash: str) -> Standing:
    """Keep what a person answered in Prefect's form, which showed that evidence; one that comes late, or second, changes nothing."""
    it = retraining.session(context.database(), session_id)
    if it.review is None and it.status is Status.AWAITING_REVIEW:
        try:
            person = context.act("prefect:review")
            it = promotion.record_decision(context.database(), person, session_id, Answer(decision), reason, evidence_hash)
        except (ForbiddenMoveError, StaleEvidenceError) as error:
            log.warning("%s", error)
    return Standing.of(it)


def waits_for_samples(session_id: str) -> bool:
    """Whether the shadow test waits for samples and a verdict."""
    it = retraining.session(context.database(), session_id)
    return it.status is Status.SHADOW_TESTING and it.waits(context.now())


def waits_for_a_person(session_id: str) -> bool:
    """Whether a person's answer is waited for."""
    it = retraining.session(context.database(), session_id)
    return it.status is Status.AWAITING_REVIEW and it.waits(context.now())


def serve_soon(it: Session) -> None:
    """Have the goals of a shadow test served now; where Prefect cannot start that, its schedule does."""
    session_id, tags = it.session_id, runs.tags_of(it)
    try:
        runs.now(runs.start(WATCH_SHADOW, {"session_id": session_id}, key=f"{session_id}/serve", tags=tags))
    except runs.RunnerUnavailableError as error:
        log.warning("%s", error)


def training_data(it: Session) -> TrainingData:
    """What the session learns from; the same in every step. Raises RetrainingRefusedError where it is too little."""
    return _training_data(it.session_id)


@lru_cache(maxsize=2)
def _training_data(session_id: str) -> TrainingData:
    source = training.of_session(context.database(), session_id)
    return collect(source.conversations, source.policy, secrets.masker())


def _link(it: Session) -> None:
    """Let the run be found by its session, however it was started, and lead there."""
    artifacts.leave_session(it)
    if flow_run.id:
        try:
            runs.now(runs.tag(str(flow_run.id), runs.tags_of(it)))
        except runs.RunnerUnavailableError as error:
            log.warning("%s", error)


def _leave_ending(it: Session) -> None:
    """Tell how a session stands or ended; a report that cannot be made holds nothing up."""
    artifacts.leave(it, ending.verdict(it, it.shadow_analysis))
    try:
        artifacts.leave_report(it, reports.of_session(it.session_id))
    except LifecycleError as error:
        log.warning("no report is left of %s: %s", it.session_id, error)


def _analyzed(it: Session) -> FailureAnalysis:
    """What signs show, and what a model that somebody chose reads beside them."""
    conversations = training_data(it).conversations
    found, shown = analyze(conversations), to_read(conversations, it.policy.retraining.read_conversations)
    if simulated() or not shown:
        return found
    reading = read(shown, chat=Metered.of(it.session_id), model=model(), marker=secrets.marker(it.session_id), seed=it.seed)
    return joined(found, reading, shown, model())
