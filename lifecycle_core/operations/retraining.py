"""A retraining, step by step: each is one transaction, and answers from the session's row where it is done already.

1. Whoever moves a session holds its variant's lock, so that of any number of callers one is first and the others find it done.
2. A step that is done answers the session and changes nothing; one that is not yet, or no longer, lawful is refused.
3. No call to the world is made in here: what a model or a sandbox said comes in as a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lifecycle_core.errors import IdempotencyKeyReusedError
from lifecycle_core.operations.checked import report_of
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.cases import Case, Side
from lifecycle_core.retraining.errors import ForbiddenMoveError, RetrainingRefusedError
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.failures import FailureAnalysis
from lifecycle_core.retraining.improvement import PromptImprovement
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import RETRAINER, Event, Session, Status, ended, label, moved, seed_of
from lifecycle_core.retraining.triggers import Past, TriggerCheck, should_retrain, standing_refusals
from lifecycle_core.store import answers, calls, candidates, cases, checks, figures, policies, sessions, variants, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Tag, Version, content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingStatus:
    """How retraining stands over all variants.

    by_status : sessions that stand or ended so. success_rate : promoted among those that were decided by evidence; None before the first.
    """

    open: tuple[Session, ...]
    newest: tuple[Session, ...]
    by_status: dict[Status, int]

    @property
    def success_rate(self) -> float | None:
        """Promoted over promoted, rolled back and inconclusive."""
        decided = sum(self.by_status[it] for it in (Status.PROMOTED, Status.ROLLED_BACK, Status.INCONCLUSIVE))
        return self.by_status[Status.PROMOTED] / decided if decided else None


def check(database: Database, variant: str, at: datetime) -> TriggerCheck:
    """Whether the triggers would start a retraining of `variant` at `at`, with every refusal; changes nothing.

    Raises UnknownVariantError.
    """
    with database.read() as tx:
        variants.expect(tx, variant)
        return _check(tx, variant, at)


def begin(
    database: Database, act: Provenance, variant: str, key: str, options: Options | None = None, *, triggered: bool = False
) -> Session:
    """Open a session of `variant`, with the evidence that it starts from, in one act; the same `key` gets the same session.

    An idempotency key that is kept no more does not get a session that has ended: whoever asks means another one.

    triggered : a drift starts it, so the triggers must hold; by hand neither a drift nor the cooldown is asked for.
    Raises UnknownVariantError, IdempotencyKeyReusedError, and RetrainingRefusedError with every reason.
    """
    options = options or Options()
    with database.write(act, "begin") as tx:
        first = answers.claim(tx, act, ("begin", variant, options))
        variants.lock(tx, variant)
        known = sessions.of_key(tx, variant, key)
        if known is not None:
            _expect_same(act, known, first=first)
            return known
        found = _check(tx, variant, act.at)
        incumbent = versions.active(tx, variant)
        refusals = found.refusals if triggered else standing_refusals(variant, _past(tx, variant, act.at))
        if refusals or incumbent is None:
            message = "; ".join(refusals)
            raise RetrainingRefusedError(message)
        policy = options.applied_to(policies.of(tx, variant))
        _expect_enough(tx, variant, incumbent.version, act.at, policy.retraining.min_training_examples)
        name = sessions.free_id(tx, variant, act.at)
        return sessions.add(
            tx,
            Session(
                session_id=name,
                variant=variant,
                key=key,
                opened_by=act.by,
                reason=options.reason or act.why or (found.reason if triggered else "started by hand"),
                incumbent_version=incumbent.version,
                trigger=found,
                options=options,
                policy=policy,
                seed=options.seed if options.seed is not None else seed_of(name),
                started_at=act.at,
            ),
        )


def session(database: Database, session_id: str) -> Session:
    """One session; raises UnknownSessionError."""
    with database.read() as tx:
        return sessions.get(tx, session_id)


def open_sessions(database: Database) -> list[Session]:
    """Every open session, the oldest first."""
    with database.read() as tx:
        return sessions.all_open(tx)


def history(database: Database, variant: str | None, limit: int, before_id: int | None = None) -> list[Session]:
    """The newest `limit` sessions of `variant`, or of all, newest first; those under `before_id` where it is given."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return sessions.newest(tx, variant, limit, before_id)


def status(database: Database, limit: int = 10) -> RetrainingStatus:
    """How retraining stands over all variants; the newest `limit` sessions with it."""
    with database.read() as tx:
        return RetrainingStatus(
            open=tuple(sessions.all_open(tx)), newest=tuple(sessions.newest(tx, None, limit)), by_status=sessions.by_status(tx)
        )


def keep_failures(database: Database, act: Provenance, session_id: str, analysis: FailureAnalysis) -> Session:
    """Step 4: what sets failures apart."""
    with database.write(act, "keep_failures") as tx:
        it = sessions.locked(tx, session_id)
        if it.failure_analysis is not None:
            return it
        return sessions.save(tx, replace(moved(it, Event.FAILURES_ANALYZED), failure_analysis=analysis))


def keep_improvement(database: Database, act: Provenance, session_id: str, improvement: PromptImprovement) -> Session:
    """Step 5: the candidates that were proposed, a row each, and which of them goes on; without one the session ends."""
    with database.write(act, "keep_improvement") as tx:
        it = sessions.locked(tx, session_id)
        if it.prompt_improvement is not None:
            return it
        expect(it, Status.IMPROVING, "a candidate")
        candidates.add(tx, session_id, improvement.candidates, act.at)
        it = replace(it, prompt_improvement=improvement)
        if improvement.choice is None:
            it = ended(it, Event.ROLL_BACK, act.at, f"no candidate may be used: {improvement.why or 'every one was refused'}")
        return sessions.save(tx, it)


def register_candidate(database: Database, act: Provenance, session_id: str) -> Session:
    """Step 6: the chosen candidate as a version, tagged `experimental`; one of the same content is that version.

    A candidate that is the incumbent itself ends the session.
    """
    with database.write(act, "register_candidate") as tx:
        it = sessions.locked(tx, session_id)
        if it.version:
            return it
        choice = it.prompt_improvement.choice if it.prompt_improvement is not None else None
        if choice is None:
            expect(it, Status.IMPROVING, "registering")
            message = f"session {session_id} has no candidate yet; improve the prompt first"
            raise ForbiddenMoveError(message)
        version = _version_of(tx, act, it, choice.prompt)
        known = versions.with_content(tx, it.variant, version.content_hash)
        if known is not None and known.version == it.incumbent_version:
            same = f"the candidate is version {known.version}, the incumbent itself"
            return sessions.save(tx, ended(it, Event.ROLL_BACK, act.at, same))
        it = moved(it, Event.CANDIDATE_REGISTERED)
        if known is not None:
            versions.tag(tx, it.variant, known.version, Tag.EXPERIMENTAL, f"candidate of {session_id}")
        number = (known or versions.add(tx, version)).version
        return sessions.save(tx, replace(it, version=number, new_variant=label(it.variant, number)))


def keep_case_results(
    database: Database, act: Provenance, session_id: str, side: Side, replays: Sequence[Replay], *, case: Case | None = None
) -> int:
    """Keep replays of the evaluation's cases as they come, those that are not known yet, and tell how many these were.

    case : whose they are, graded by what it asserts.
    """
    with database.write(act, "keep_case_results") as tx:
        it = sessions.locked(tx, session_id)
        if it.evaluation is not None:
            return 0
        expect(it, Status.EVALUATING, "a case's result")
        return cases.record(tx, session_id, side, replays, act.at, case=case)


def case_results(database: Database, session_id: str) -> dict[Side, dict[str, list[Replay]]]:
    """Side -> case -> its replays so far, by number; raises UnknownSessionError."""
    with database.read() as tx:
        name = sessions.get(tx, session_id).session_id
        return {side: cases.of(tx, name, side) for side in Side}


def keep_evaluation(database: Database, act: Provenance, session_id: str, report: EvaluationReport) -> Session:
    """Step 7: what the offline evaluation came to; a score below the policy's ends the session."""
    with database.write(act, "keep_evaluation") as tx:
        it = sessions.locked(tx, session_id)
        if it.evaluation is not None:
            return it
        expect(it, Status.EVALUATING, "an evaluation")
        it = replace(it, evaluation=report)
        needed = it.policy.retraining.min_evaluation_score
        if report.score < needed:
            it = ended(it, Event.ROLL_BACK, act.at, f"Low offline score ({report.score:.2f} < {needed:.2f})")
        return sessions.save(tx, it)


def note_flow_run(database: Database, act: Provenance, session_id: str, flow_run_id: str, process: int | None = None) -> Session:
    """Which flow run executes the session, and in which process; an ended session is left as it is.

    Who began a run and does not know its process may come after the run itself, which has told it.
    """
    with database.write(act, "note_flow_run") as tx:
        it = sessions.locked(tx, session_id)
        if not it.open or (it.flow_run_id == flow_run_id and process in {None, it.flow_process}):
            return it
        return sessions.save(tx, replace(it, flow_run_id=flow_run_id, flow_process=process))


def reached(database: Database, session_id: str) -> tuple[Status, int]:
    """How far a session has come: its status, and how many calls were answered. Raises UnknownSessionError."""
    with database.read() as tx:
        return sessions.get(tx, session_id).status, calls.count_answered(tx, session_id)


def revived(database: Database, act: Provenance, session_id: str) -> Session:
    """Count that the session's run was started again after it died; an ended session is left as it is."""
    with database.write(act, "revived") as tx:
        it = sessions.locked(tx, session_id)
        return sessions.save(tx, replace(it, attempts=it.attempts + 1, flow_process=None)) if it.open else it


def expect(it: Session, status: Status, step: str) -> None:
    """Raise ForbiddenMoveError unless the session stands where `step` is taken."""
    if it.status is not status:
        ended = "has ended: " if not it.open else "is "
        message = f"session {it.session_id} {ended}{it.status}; {step} needs one that is {status}"
        raise ForbiddenMoveError(message)


def _expect_same(act: Provenance, known: Session, *, first: bool) -> None:
    if first and act.idempotency_key is not None and not known.open:
        began = f"began session {known.session_id} at {known.started_at:%Y-%m-%dT%H:%M:%SZ}, which has ended: {known.status}"
        message = f"Idempotency-Key {act.idempotency_key!r} {began}; give a new start a new key"
        raise IdempotencyKeyReusedError(message, field="Idempotency-Key")


def _version_of(tx: Transaction, act: Provenance, it: Session, prompt: str) -> Version:
    """The version that a candidate becomes: its prompt, with the incumbent's model, parameters and tools."""
    incumbent = versions.get(tx, it.variant, it.incumbent_version)
    improvement = it.prompt_improvement
    return Version(
        variant_name=it.variant,
        version=versions.latest_number(tx, it.variant) + 1,
        system_prompt=prompt,
        content_hash=content_hash(prompt, incumbent.model, incumbent.parameters, incumbent.tools),
        created_at=act.at,
        metadata={
            "createdBy": RETRAINER,
            "description": f"Made of version {incumbent.version} by {it.session_id}",
            "changes": list(improvement.suggested_changes) if improvement else [],
            "simulated": improvement.simulated if improvement else False,
        },
        model=incumbent.model,
        parameters=incumbent.parameters,
        tools=incumbent.tools,
    )


def _check(tx: Transaction, variant: str, at: datetime) -> TriggerCheck:
    return should_retrain(report_of(tx, variant, at), _past(tx, variant, at), policies.of(tx, variant), at)


def _past(tx: Transaction, variant: str, at: datetime) -> Past:
    active, going_on = versions.active(tx, variant), sessions.open_of(tx, variant)
    needed = policies.of(tx, variant).retraining.require_consecutive
    return Past(
        last_began_at=sessions.last_began_at(tx, variant, at),
        open_session=going_on.session_id if going_on else None,
        active_version=active.version if active else None,
        active_since=active.activated_at if active else None,
        checks=checks.newest(tx, variant, at.replace(minute=0, second=0, microsecond=0), needed - 1) if needed > 1 else (),
    )


def _expect_enough(tx: Transaction, variant: str, version: int, at: datetime, needed: int) -> None:
    found = figures.learnable(tx, variant, version, at)
    if found < needed:
        message = (
            f"variant {variant!r} has {found} conversations under version {version} that tell how they went; "
            f"a retraining needs {needed}: wait for more, or lower minTrainingExamples"
        )
        raise RetrainingRefusedError(message)
