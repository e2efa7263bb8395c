"""What must hold in each state of a simulation and between two of them, beside what `lifecycle db verify` asks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from benchmarks._actors import BATCH, WATCH
from lifecycle_core.operations.arms import evidence_hash
from lifecycle_core.retraining.probations import ProbationStatus
from lifecycle_core.retraining.session import Answer, Review, Session, Status
from lifecycle_core.retraining.verdict import Verdict
from lifecycle_core.store import audit_checks, invariants, probations, samples, session_checks, sessions, verification, versions
from lifecycle_core.store.database import Database, Transaction

OPENERS: Final = frozenset({"starter", WATCH})
SCENARIOS: Final = frozenset(f"s{number:02}" for number in range(2 * BATCH))


@dataclass(frozen=True, slots=True)
class Told:
    """What of a session must never change once it is so: its answer, and when it has ended all of it; a verdict; its samples."""

    status: Status
    review: Review | None
    verdict: Verdict | None
    ended: int
    samples: Mapping[str, int]


def looked_at(database: Database, *, log: bool) -> tuple[dict[str, Told], list[str]]:
    """What is told of each session, and a sentence for each thing that does not hold; log : the audit log is looked at, too."""
    with database.read() as tx:
        found = sessions.newest(tx, None, 10)
        kept = {it.session_id: samples.recorded(tx, it.session_id) for it in found}
        problems = [
            *invariants.broken(tx),
            *session_checks.unlawful(tx),
            *verification.versions(tx),
            *(audit_checks.broken_links(tx) if log else ()),
            *(audit_checks.unexplained(tx) if log else ()),
            *_of_sessions(tx, found),
            *_of_probations(tx),
        ]
        for name, taken in kept.items():
            unheard = {it.scenario_id for it in taken} - SCENARIOS
            problems += [f"session {name} has samples of scenarios that nobody served: {', '.join(sorted(unheard))}"] * bool(unheard)
    told = {
        it.session_id: Told(
            status=it.status,
            review=it.review,
            verdict=it.shadow_analysis.verdict if it.shadow_analysis else None,
            ended=0 if it.open else hash(repr(it)),
            samples={one.scenario_id: hash(repr(one)) for one in kept[it.session_id]},
        )
        for it in found
    }
    return told, problems


def changed(before: Mapping[str, Told], after: Mapping[str, Told]) -> Iterator[str]:
    """A sentence for each thing that was decided, and is decided otherwise."""
    for name, was in before.items():
        now = after.get(name)
        if now is None:
            yield f"session {name} is gone"
        elif was.ended and now.ended != was.ended:
            yield f"session {name} had ended as {was.status}, and changed"
        elif was.review is not None and now.review != was.review:
            yield f"session {name} was decided by {was.review.by}, and now by {now.review.by if now.review else 'nobody'}"
        elif was.verdict is not None and now.verdict is not was.verdict:
            yield f"the verdict of session {name} was {was.verdict}, and is {now.verdict}"
        elif not was.samples.items() <= now.samples.items():
            yield f"samples of session {name} changed after they were kept"


def _of_sessions(tx: Transaction, found: Sequence[Session]) -> Iterator[str]:
    for later, earlier in pairwise(found):
        cooled = earlier.started_at + timedelta(days=later.policy.retraining.cooldown_days)
        if later.opened_by == WATCH and later.started_at < cooled:
            yield f"session {later.session_id} was started by a trigger at {later.started_at}, before the cooldown was over at {cooled}"
    for it in found:
        if it.opened_by not in OPENERS:
            yield f"session {it.session_id} was opened by {it.opened_by}"
        if it.status is Status.PROMOTED:
            yield from _of_promotion(tx, it)
        elif not it.open:
            yield from _of_expiry(it)


def _of_promotion(tx: Transaction, it: Session) -> Iterator[str]:
    analysis = it.shadow_analysis
    yes = it.review is not None and it.review.answer is Answer.PROMOTE
    if it.force is None and not yes and (analysis is None or analysis.verdict is not Verdict.PROMOTE):
        yield f"session {it.session_id} is promoted, and neither its evidence nor a person said so"
    made = next((one for one in versions.activations(tx, it.variant, 50) if one.session_id == it.session_id), None)
    if made is not None and made.previous_version != it.incumbent_version:
        yield f"session {it.session_id} compared with version {it.incumbent_version}, and was promoted over {made.previous_version}"
    if it.force is None and it.review is not None and not yes:
        yield f"session {it.session_id} is promoted, and was rejected by {it.review.by}"
    if analysis is not None and analysis.harmful:
        yield f"session {it.session_id} is promoted, and its evidence is of harm"
    if it.review is not None and yes and it.review.evidence != evidence_hash(tx, it):
        yield f"session {it.session_id} is promoted on other evidence than was approved"


def _of_expiry(it: Session) -> Iterator[str]:
    if it.completed_at is None:
        return
    unanswered = it.reasons[:1] and it.reasons[0].startswith("nobody answered")
    if unanswered and it.review_deadline_at is not None and it.completed_at < it.review_deadline_at:
        yield f"the review of session {it.session_id} was over at {it.completed_at}, before {it.review_deadline_at}"
    timed_out = it.shadow_analysis is not None and it.shadow_analysis.closed and it.shadow_analysis.n < it.policy.shadow.max_samples
    if timed_out and it.deadline_at is not None and it.completed_at < it.deadline_at:
        yield f"the shadow test of session {it.session_id} was over at {it.completed_at}, before {it.deadline_at}"


def _of_probations(tx: Transaction) -> Iterator[str]:
    for it in probations.newest(tx, None, 10):
        trail = versions.activations(tx, it.variant, 50)
        back = [one for one in trail if one.kind == "rollback" and one.previous_version == it.version and one.at == it.ended_at]
        if it.status is ProbationStatus.HARM and not back:
            yield f"the probation of version {it.version} ended as harm, and nothing took it back"
