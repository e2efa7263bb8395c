"""Bugs put in on purpose, one at a time, for as long as a block lasts: a simulation that is worth anything sees each of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

from benchmarks._actors import VARIANT
from deployments.supervisor import reconciler
from lifecycle_core.operations import promotion, retraining
from lifecycle_core.operations.arms import evidence_hash
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining import session as table
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.promotion import Decision, decide
from lifecycle_core.retraining.session import ENDINGS, Answer, Event, Review, Session, Status
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.retraining.triggers import Past, TriggerCheck, should_retrain, standing_refusals
from lifecycle_core.retraining.verdict import Verdict
from lifecycle_core.store import audit, samples, sessions, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.store.tables import Audited, VersionRow
from lifecycle_core.versions.stack import Stack
from lifecycle_core.versions.version import Activation
from tasks import context

_ONE_SESSION: Final = "DROP INDEX one_open_session"
_ONE_ACTIVE: Final = "DROP INDEX one_active_version"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug.

    place : where a session stands when it shows; put : (what holds a name, the name) -> what is put in its place.
    schema : what is done to the database's.
    """

    place: str
    put: Mapping[tuple[object, str], object]
    schema: tuple[str, ...] = ()

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Let the program have the bug."""
        with ExitStack() as stack:
            for (holder, name), found in self.put.items():
                stack.enter_context(patch.object(holder, name, found))
            yield


_begin = retraining.begin


def _begin_unlocked(
    database: Database, act: Provenance, variant: str, key: str, options: Options | None = None, *, triggered: bool = False
) -> Session:
    with database.read() as tx:
        refusals = standing_refusals(variant, retraining._past(tx, variant, act.at))  # noqa: SLF001 - what it looks at
    if refusals:
        raise RetrainingRefusedError(refusals[0])
    with patch.object(retraining, "standing_refusals", lambda *_past: []):
        return _begin(database, act, variant, key, options, triggered=triggered)


def _decide_again(
    database: Database, act: Provenance, session_id: str, answer: Answer, reason: str, _evidence: str | None = None
) -> Session:
    with database.write(act, "record_decision") as tx:
        it = sessions.locked(tx, session_id)
        retraining.expect(it, Status.AWAITING_REVIEW, "a decision")
        review = Review(answer=answer, reason=reason, by=act.by, at=act.at, evidence=evidence_hash(tx, it))
        return sessions.save(tx, replace(it, review=review))


def _any_move(session: Session, event: Event) -> Status:
    ends = {leads: status for status, leads in ENDINGS.items()}
    return ends.get(event) or table.TRANSITIONS[session.status, event]


_switch = versions._switch  # noqa: SLF001 - what is put back


def _both_active(
    tx: Transaction,
    act: Provenance,
    now: VersionRow,
    marked: Sequence[VersionRow],
    below: int | None,
    **which: Any,  # noqa: ANN401 - as the real one
) -> Activation:
    before = next((it for it in marked if it.is_active), None)
    done = _switch(tx, act, now, marked, below, **which)
    if before is not None:
        before.is_active = 1
        tx.flush()
    return done


def _never_cools(report: Any, past: Past, policy: Policy, at: Any) -> TriggerCheck:  # noqa: ANN401 - as the real one
    return should_retrain(report, replace(past, last_began_at=None), policy, at)


_change = audit._change  # noqa: SLF001 - what is put back


def _without_answers(row: Audited) -> tuple[dict[str, Any], dict[str, Any]] | None:
    found = _change(row)
    return None if found is not None and "review" in found[1] else found


_stack = versions.stack


def _to_the_oldest(tx: Transaction, variant: str) -> Stack:
    found = _stack(tx, variant)
    return replace(found, versions=(*found.versions[:1], *reversed(found.versions[1:])))


_record = samples.record


def _record_again(tx: Transaction, act: Provenance, session_id: str, batch: list[Sample]) -> int:
    nth = samples.count(tx, session_id)
    return _record(tx, act, session_id, [replace(it, scenario_id=f"{it.scenario_id}/{nth}") for it in batch])


def _unasked(analysis: ShadowAnalysis, **given: Any) -> Decision:  # noqa: ANN401 - as the real one
    asks = analysis.verdict is Verdict.TO_A_PERSON and given["review"] is None
    return decide(replace(analysis, verdict=Verdict.PROMOTE) if asks else analysis, **given)


def _early(analysis: ShadowAnalysis, **given: Any) -> Decision:  # noqa: ANN401 - as the real one
    collects = analysis.verdict is Verdict.COLLECTING
    return decide(replace(analysis, verdict=Verdict.PROMOTE) if collects else analysis, **given)


async def _begin_another(it: Session) -> None:
    act = Provenance("system:reconciler", it.started_at)
    with patch.object(retraining, "standing_refusals", lambda *_past: []):
        retraining.begin(context.database(), act, VARIANT, f"{it.key} again")


async def _resume_nobody(_it: Session) -> None:
    """Let every run wait."""


def _always(*_given: object) -> bool:
    return True


def _nothing(*_given: object) -> str:
    return ""


MUTANTS: Final[Mapping[str, Mutant]] = {
    "a start without its lock, and no index of open sessions": Mutant("nothing", {(retraining, "begin"): _begin_unlocked}, (_ONE_SESSION,)),
    "a start that does not know its own key": Mutant("promoted", {(sessions, "of_key"): lambda *_key: None}),
    "a cooldown that is not asked for": Mutant("collecting", {(retraining, "should_retrain"): _never_cools}),
    "an answer that overwrites another": Mutant("review", {(promotion, "record_decision"): _decide_again}),
    "an approval that is not bound to its evidence": Mutant("review", {(promotion, "expect_same"): lambda *_evidence: None}),
    "a run that goes on without the answer": Mutant("review", {(promotion, "decide"): _unasked}),
    "a finalize that does not wait for the verdict": Mutant("testing", {(promotion, "decide"): _early}),
    "an ending that does not ask the table": Mutant("promoted", {(table, "after"): _any_move}),
    "a promotion over another version than it was compared with": Mutant("decided", {(promotion, "replaced"): _nothing}),
    "a promotion that leaves the old version active, and no index of it": Mutant(
        "decided", {(versions, "_switch"): _both_active}, (_ONE_ACTIVE,)
    ),
    "a rollback to the oldest version": Mutant("promoted", {(versions, "stack"): _to_the_oldest}),
    "a sample that counts as often as it comes": Mutant("testing", {(samples, "record"): _record_again}),
    "an answer that the audit log does not tell": Mutant("review", {(audit, "_change"): _without_answers}),
    "a review that is over at once": Mutant("review", {(promotion, "_late"): _always}),
    "a reconciler that begins another session, and no index of open ones": Mutant(
        "collecting", {(reconciler, "_begin"): _begin_another}, (_ONE_SESSION,)
    ),
    "a reconciler that lets nobody go on": Mutant("decided", {(reconciler, "_resume"): _resume_nobody}),
}
"""What is wrong with the program -> how it is made so."""
