"""How a session ends: promoted, rolled back, left undecided, cancelled or failed; once, whoever asks how often.

1. An ending is one transaction: versions, tags, decision, evidence and probation together, or nothing.
2. Whoever comes second finds the session ended, and is answered from its row.
3. A candidate is promoted over the version that the evidence compares with, and over no other.
4. A person's yes holds for the evidence that was shown, and for no other.
"""

from dataclasses import replace

from lifecycle_core.errors import ForbiddenError, InvalidInputError
from lifecycle_core.operations import probation
from lifecycle_core.operations.arms import evidence_hash
from lifecycle_core.operations.retraining import expect
from lifecycle_core.operations.shadow import analysis_of, not_ready, replaced
from lifecycle_core.provenance import MAX_REASON_CHARACTERS, Provenance, expect_reason
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError
from lifecycle_core.retraining.fingerprint import SHOWN, expect_same
from lifecycle_core.retraining.promotion import Decision, decide
from lifecycle_core.retraining.session import OPEN, Answer, Event, Force, Review, Session, Status, ended, moved
from lifecycle_core.store import answers, sessions, versions
from lifecycle_core.store.database import Database, Transaction

_BEFORE_ITS_TEST = OPEN[: OPEN.index(Status.SHADOW_TESTING)]


def promote_or_roll_back(database: Database, act: Provenance, session_id: str) -> Session:
    """Step 10: end the session as its evidence, and a person's answer where one was asked, say; an ended one is answered as it ended.

    Raises UnknownSessionError, ForbiddenMoveError before its shadow test, and NotReadyError before there is a verdict. Where a person is
    asked and has not answered, the session comes back as it is.
    """
    with database.write(act, "promote_or_roll_back") as tx:
        it = sessions.locked(tx, session_id)
        return _conclude(tx, act, it, None) if it.open else it


def finalize(database: Database, act: Provenance, session_id: str, *, force: bool = False, reason: str = "") -> Session:
    """End the session, if its samples are in; an ended one is answered as it ended.

    force : decide now by the gates, for `reason`, which is kept; evidence of harm it cannot override.
    Raises InvalidInputError for a force without a reason, what `promote_or_roll_back` raises, and NotReadyError where a person is asked.
    """
    demand = Force(reason=_reason(reason or act.why), by=act.by, at=act.at) if force else None
    with database.write(act, "finalize") as tx:
        answers.claim(tx, act, ("finalize", session_id, force, reason))
        it = sessions.locked(tx, session_id)
        it = _conclude(tx, act, it, demand) if it.open else it
    if it.status is Status.AWAITING_REVIEW:
        waits = f"session {session_id} waits for a person's decision on {it.new_variant}"
        message = f"{waits}; approve or reject it, or pass force=true with a reason"
        raise NotReadyError(message)
    return it


def record_decision(  # noqa: PLR0917 - an answer, and what it is an answer to
    database: Database, act: Provenance, session_id: str, answer: Answer, reason: str, evidence: str | None = None
) -> Session:
    """Keep a person's answer to the review, once, with the fingerprint of its evidence; what follows `promote_or_roll_back` does.

    evidence : the fingerprint of what that person was shown, or its first eight characters; None = whatever the session shows now.
    The same answer by the same person for the same reason again changes nothing.
    Raises UnknownSessionError, InvalidInputError without a reason, ForbiddenMoveError where no answer is asked for, another was given,
    or it comes late, StaleEvidenceError where other evidence was shown, and ForbiddenError where four eyes are asked for and these are
    the first two.
    """
    with database.write(act, "record_decision") as tx:
        answers.claim(tx, act, ("record_decision", session_id, answer, reason, evidence))
        it = sessions.locked(tx, session_id)
        review = Review(answer=answer, reason=_reason(reason), by=act.by, at=act.at, evidence=evidence_hash(tx, it))
        if it.review is not None:
            if replace(it.review, at=act.at) == review:
                return it
            message = f"session {session_id} was decided by {it.review.by} at {it.review.at:%Y-%m-%dT%H:%M:%SZ}: {it.review.answer}"
            raise ForbiddenMoveError(message)
        expect(it, Status.AWAITING_REVIEW, "a decision")
        if evidence is not None:
            expect_same(evidence, review.evidence, session_id)
        if answer is Answer.PROMOTE and it.policy.retraining.four_eyes and act.by == it.opened_by:
            message = f"{act.by} began session {session_id}, and by retraining.fourEyes somebody else approves it; you may reject it"
            raise ForbiddenError(message)
        if _late(it, act):
            message = (
                f"the review of session {session_id} was open for {it.policy.retraining.review_days} days and is over; the incumbent stays"
            )
            raise ForbiddenMoveError(message)
        return sessions.save(tx, replace(it, review=review))


def give_up(database: Database, act: Provenance, session_id: str, reason: str) -> Session:
    """End a session before its shadow test, for a reason of its own: too little data, no usable candidate, a low score."""
    with database.write(act, "give_up") as tx:
        it = sessions.locked(tx, session_id)
        if not it.open:
            return it
        if it.status not in _BEFORE_ITS_TEST:
            message = f"session {session_id} is {it.status}; its evidence decides, or finalize, or cancel it"
            raise ForbiddenMoveError(message)
        return sessions.save(tx, ended(it, Event.ROLL_BACK, act.at, reason))


def cancel(database: Database, act: Provenance, session_id: str, reason: str = "") -> Session:
    """End an open session by hand; the incumbent stays. A cancelled one is answered; raises ForbiddenMoveError for another ending."""
    reason = reason or act.why
    with database.write(act, "cancel") as tx:
        answers.claim(tx, act, ("cancel", session_id, reason))
        it = sessions.locked(tx, session_id)
        if it.status is Status.CANCELLED:
            return it
        return sessions.save(tx, ended(it, Event.CANCEL, act.at, f"Cancelled by {act.by}{f': {reason}' if reason else ''}"))


def fail(database: Database, act: Provenance, session_id: str, reason: str) -> Session:
    """End an open session whose run cannot go on; an ended one is left as it is."""
    with database.write(act, "fail") as tx:
        it = sessions.locked(tx, session_id)
        return sessions.save(tx, ended(it, Event.FAIL, act.at, reason)) if it.open else it


def _conclude(tx: Transaction, act: Provenance, it: Session, force: Force | None) -> Session:
    analysis = it.shadow_analysis or analysis_of(tx, it, act.at)
    if force is None and (other := _other_evidence(tx, it)):
        return sessions.save(tx, ended(it, Event.LEAVE_UNDECIDED, act.at, other))
    decision = decide(analysis, review=it.review, force=force, fewest=it.policy.shadow.fewest_for_force)
    if decision.event is None:
        raise not_ready(tx, it, act.at, forced=force is not None)
    it = replace(it, shadow_analysis=analysis, force=force)
    if decision.event is not Event.REVIEW_ASKED:
        return _ended(tx, act, it, decision)
    if it.status is not Status.AWAITING_REVIEW:
        return sessions.save(tx, replace(moved(it, Event.REVIEW_ASKED), review_asked_at=act.at))
    if not _late(it, act):
        return it
    unanswered = f"nobody answered the review within {it.policy.retraining.review_days} days"
    return sessions.save(tx, ended(it, Event.LEAVE_UNDECIDED, act.at, unanswered, *analysis.doubts))


def _ended(tx: Transaction, act: Provenance, it: Session, decision: Decision) -> Session:
    if decision.event is None or not decision.promote:
        return sessions.save(tx, ended(it, decision.event or Event.ROLL_BACK, act.at, *decision.reasons))
    gone = replaced(tx, it)
    if gone:
        return sessions.save(tx, ended(it, Event.LEAVE_UNDECIDED, act.at, gone))
    versions.push(tx, replace(act, why=_why(it)), it.variant, it.version, session_id=it.session_id)
    probation.start(tx, act, it)
    return sessions.save(tx, ended(it, Event.PROMOTE, act.at))


def _why(it: Session) -> str:
    analysis = it.shadow_analysis
    evidence = f"e = {analysis.e_better:,.1f} after {analysis.n} samples" if analysis else "no samples"
    unanswered = ", before anybody answered the review" if it.review_asked_at is not None else ""
    by = (
        f"; forced by {it.force.by}{unanswered}: {it.force.reason}"
        if it.force
        else f"; approved by {it.review.by}: {it.review.reason}"
        if it.review
        else ""
    )
    return f"promoted by {it.session_id}: {evidence}{by}"[:MAX_REASON_CHARACTERS]


def _other_evidence(tx: Transaction, it: Session) -> str:
    """Why a yes does not hold: its evidence is no longer what it was given to; "" where it holds, or there is none."""
    if it.review is None or it.review.answer is not Answer.PROMOTE or not it.review.evidence:
        return ""
    found = evidence_hash(tx, it)
    if found == it.review.evidence:
        return ""
    return (
        f"{it.review.by} approved evidence {it.review.evidence[:SHOWN]}, and the session's rows give {found[:SHOWN]} now; "
        "`lifecycle retrain verify` tells where they differ"
    )


def _late(it: Session, act: Provenance) -> bool:
    return it.review_deadline_at is not None and act.at >= it.review_deadline_at


def _reason(reason: str) -> str:
    if not reason.strip():
        message = "a decision by hand needs a reason; say why, it is kept"
        raise InvalidInputError(message, field="reason")
    expect_reason(reason)
    return reason
