"""One ending, by the evidence, by a person or by force; once, and never against harm."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmarks._sessions import in_shadow_test, later, proved, ready, samples, taken
from lifecycle_core.errors import ForbiddenError, InvalidInputError, LifecycleError
from lifecycle_core.operations import policies, probation, promotion, retraining, shadow, versions, versions_asked
from lifecycle_core.operations.database import verify
from lifecycle_core.policy import Policy, RetrainingPolicy
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError, UnknownSessionError
from lifecycle_core.retraining.session import Answer, Status
from lifecycle_core.store import samples as rows
from lifecycle_core.versions.version import Tag

pytestmark = pytest.mark.slow


@pytest.fixture
def better(any_database, act):
    """A session whose candidate is proved to be better, in a database of each kind."""
    return judged(any_database, act, proved(act, 100))


def judged(database, act, recorded, **options):
    it = in_shadow_test(database, act, **options)
    shadow.record_samples(database, act, it.session_id, recorded)
    shadow.keep_verdict(database, act, it.session_id)
    return it.session_id


def asked(database, act):
    """A session whose verdict waits for a person."""
    return judged(database, act, proved(act, 100), manual_review=True)


def tags(database):
    return {tag: it.version for it in versions_asked.history(database, "baseline", 10).versions for tag in it.tags}


def test_a_promotion_is_one_act(any_database, act, better):
    done = promotion.promote_or_roll_back(any_database, act, better)
    assert (done.status, done.success, done.completed_at, done.reasons) == (Status.PROMOTED, True, act.at, ())
    assert versions_asked.active(any_database, "baseline").version == 2
    assert tags(any_database) == {Tag.PRODUCTION: 2, Tag.ROLLBACK: 1}
    opened = probation.of_session(any_database, better)
    assert (opened.version, opened.previous_version, opened.open) == (2, 1, True)
    assert verify(any_database).problems == ()


def test_the_activation_tells_which_session_and_what_evidence(any_database, act, better):
    promotion.promote_or_roll_back(any_database, act, better)
    newest = versions_asked.history(any_database, "baseline", 1).activations[0]
    assert newest.why.startswith(f"promoted by {better}: e = ")


def test_it_happens_once_whoever_calls_it_how_often(any_database, act, better):
    done = promotion.promote_or_roll_back(any_database, act, better)
    assert promotion.promote_or_roll_back(any_database, later(act, hours=1), better) == done
    assert promotion.finalize(any_database, later(act, hours=1), better) == done
    assert len(versions_asked.history(any_database, "baseline", 10).activations) == 2
    assert retraining.session(any_database, better) == done


def test_harm_is_rolled_back_and_leaves_the_incumbent(any_database, act):
    name = judged(any_database, act, samples(act, 30, incumbent=4, candidate=0))
    done = promotion.promote_or_roll_back(any_database, act, name)
    assert (done.status, done.success) == (Status.ROLLED_BACK, False)
    assert "The candidate succeeds less often than the incumbent" in done.reasons[0]
    assert versions_asked.active(any_database, "baseline").version == 1


def test_no_difference_is_no_promotion(any_database, act):
    name = judged(any_database, act, samples(act, 120, incumbent=3, candidate=3))
    done = promotion.promote_or_roll_back(any_database, act, name)
    assert done.status is Status.ROLLED_BACK
    assert done.reasons


def test_a_candidate_is_promoted_over_no_other_version_than_it_was_compared_with(any_database, act, better):
    versions.register(any_database, act, variant="baseline", system_prompt="by hand")
    versions.activate(any_database, act, "baseline", 3)
    done = promotion.promote_or_roll_back(any_database, act, better)
    assert done.status is Status.INCONCLUSIVE
    assert done.reasons == ("the test compared with version 1, and version 3 is active now",)
    assert versions_asked.active(any_database, "baseline").version == 3


def test_before_the_samples_are_in_the_count_and_an_estimate_are_told(database, act):
    it = in_shadow_test(database, act)
    for hour in range(3):
        shadow.record_samples(database, later(act, hours=hour), it.session_id, samples(act, 21, first=21 * hour))
    told = r"shadow test of baseline_v2 has 63 of 100 samples, about 2 h left; wait, or pass force=true with a reason"
    with pytest.raises(NotReadyError, match=told) as refused:
        promotion.finalize(database, later(act, hours=3), it.session_id)
    assert (refused.value.samples, refused.value.needed, round(refused.value.seconds_left)) == (63, 100, 7992)
    assert retraining.session(database, it.session_id) == it


def test_a_session_before_its_test_cannot_be_finalized(database, act):
    it = taken(ready(database, act), act, 3)
    with pytest.raises(ForbiddenMoveError, match="is improving; it has no shadow test yet"):
        promotion.finalize(database, act, it.session_id)


def test_an_unknown_session_cannot_be_finalized(database, act):
    with pytest.raises(UnknownSessionError):
        promotion.finalize(database, act, "retrain_baseline_1")


@pytest.mark.parametrize("reason", ["", "   "])
def test_force_needs_a_reason(database, act, reason):
    it = in_shadow_test(database, act)
    with pytest.raises(InvalidInputError, match="needs a reason"):
        promotion.finalize(database, act, it.session_id, force=True, reason=reason)


def test_force_decides_now_by_the_gates_and_its_reason_is_kept(any_database, act):
    it = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, it.session_id, proved(act, 30))
    done = promotion.finalize(any_database, act, it.session_id, force=True, reason="the trade fair begins")
    assert (done.status, done.force.reason, done.force.by) == (Status.PROMOTED, "the trade fair begins", "test")


def test_force_cannot_override_harm(any_database, act):
    it = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, it.session_id, samples(act, 30, incumbent=4, candidate=0))
    done = promotion.finalize(any_database, act, it.session_id, force=True, reason="I want it")
    assert done.status is Status.ROLLED_BACK
    assert versions_asked.active(any_database, "baseline").version == 1


@pytest.mark.parametrize("count", [0, 19])
def test_force_without_the_fewest_samples_that_harm_is_tested_by_is_told_so(database, act, count):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, proved(act, count))
    with pytest.raises(NotReadyError, match=f"has {count} of 100 samples, .*; force needs 20, the fewest that harm is tested by"):
        promotion.finalize(database, act, it.session_id, force=True, reason="now")


def test_force_past_the_deadline_of_a_test_without_samples_ends_it_undecided(database, act):
    it = in_shadow_test(database, act)
    done = promotion.finalize(database, later(act, days=8), it.session_id, force=True, reason="now")
    assert (done.status, done.reasons) == (Status.INCONCLUSIVE, ("No sample came in before it ended",))


def test_a_force_past_a_review_that_nobody_answered_says_so(database, act):
    name = asked(database, act)
    promotion.finalize(database, act, name, force=True, reason="now")
    why = versions_asked.history(database, "baseline", 1).activations[0].why
    assert why.endswith("; forced by test, before anybody answered the review: now")


def test_a_verdict_that_needs_a_person_waits_for_one(any_database, act):
    name = asked(any_database, act)
    assert promotion.promote_or_roll_back(any_database, act, name).status is Status.AWAITING_REVIEW
    with pytest.raises(NotReadyError, match="waits for a person's decision on baseline_v2; approve or reject it"):
        promotion.finalize(any_database, act, name)


def test_a_finalize_that_finds_the_samples_in_begins_the_review(database, act):
    it = in_shadow_test(database, act, manual_review=True)
    shadow.record_samples(database, act, it.session_id, proved(act, 100))
    with pytest.raises(NotReadyError, match="waits for a person"):
        promotion.finalize(database, act, it.session_id)
    assert retraining.session(database, it.session_id).status is Status.AWAITING_REVIEW


@pytest.mark.parametrize(("answer", "status"), [(Answer.PROMOTE, Status.PROMOTED), (Answer.REJECT, Status.ROLLED_BACK)])
def test_a_persons_answer_decides(any_database, act, answer, status):
    name = asked(any_database, act)
    promotion.record_decision(any_database, act, name, answer, "looked at ten pairs")
    done = promotion.promote_or_roll_back(any_database, act, name)
    assert (done.status, done.review.reason) == (status, "looked at ten pairs")
    assert done.reasons == (() if answer is Answer.PROMOTE else ("Rejected by test: looked at ten pairs",))


def test_a_second_answer_is_refused_with_the_first_one(any_database, act):
    name = asked(any_database, act)
    promotion.record_decision(any_database, act, name, Answer.PROMOTE, "good")
    with pytest.raises(ForbiddenMoveError, match="was decided by test at 2025-10-07T12:00:00Z: promote"):
        promotion.record_decision(any_database, replace(act, by="bob"), name, Answer.REJECT, "bad")


def test_the_same_answer_again_changes_nothing(any_database, act):
    name = asked(any_database, act)
    first = promotion.record_decision(any_database, act, name, Answer.PROMOTE, "good")
    assert promotion.record_decision(any_database, later(act, minutes=1), name, Answer.PROMOTE, "good") == first


def test_an_answer_after_the_ending_is_refused(any_database, act, better):
    promotion.promote_or_roll_back(any_database, act, better)
    with pytest.raises(ForbiddenMoveError, match="has ended: promoted; a decision needs one that is awaiting_review"):
        promotion.record_decision(any_database, act, better, Answer.REJECT, "bad")


def test_an_answer_that_nobody_asked_for_is_refused(database, act):
    it = in_shadow_test(database, act)
    with pytest.raises(ForbiddenMoveError, match="is shadow_testing; a decision needs one that is awaiting_review"):
        promotion.record_decision(database, act, it.session_id, Answer.PROMOTE, "good")


def test_a_review_that_nobody_answers_leaves_the_incumbent(database, act):
    name, week = asked(database, act), later(act, days=7)
    with pytest.raises(ForbiddenMoveError, match="was open for 7 days and is over"):
        promotion.record_decision(database, week, name, Answer.PROMOTE, "good")
    done = promotion.promote_or_roll_back(database, week, name)
    assert (done.status, done.reasons[0]) == (Status.INCONCLUSIVE, "nobody answered the review within 7 days")


def test_a_cancelled_session_says_by_whom_and_why(any_database, act):
    it = in_shadow_test(any_database, act)
    done = promotion.cancel(any_database, act, it.session_id, "the agent is being rebuilt")
    assert (done.status, done.reasons) == (Status.CANCELLED, ("Cancelled by test: the agent is being rebuilt",))
    assert promotion.cancel(any_database, later(act, hours=1), it.session_id) == done


def test_what_has_ended_cannot_be_cancelled(any_database, act, better):
    promotion.promote_or_roll_back(any_database, act, better)
    with pytest.raises(ForbiddenMoveError, match="has ended: promoted; it cannot take 'cancel' any more"):
        promotion.cancel(any_database, act, better)


def test_a_failed_session_keeps_its_reason(any_database, act):
    it = in_shadow_test(any_database, act)
    done = promotion.fail(any_database, act, it.session_id, "the run died nine times")
    assert (done.status, done.reasons) == (Status.FAILED, ("the run died nine times",))


def test_a_failure_after_the_ending_changes_nothing(any_database, act, better):
    done = promotion.promote_or_roll_back(any_database, act, better)
    assert promotion.fail(any_database, act, better, "the run died") == done


def test_a_shadow_test_is_not_given_up(database, act):
    it = in_shadow_test(database, act)
    with pytest.raises(ForbiddenMoveError, match="is shadow_testing; its evidence decides"):
        promotion.give_up(database, act, it.session_id, "why not")


def test_forty_calls_at_once_end_a_session_once(any_database, act, better):
    calls = [
        lambda at: promotion.finalize(any_database, at, better).status,
        lambda at: promotion.promote_or_roll_back(any_database, at, better).status,
        lambda at: promotion.cancel(any_database, at, better).status,
        lambda at: promotion.record_decision(any_database, at, better, Answer.REJECT, "no").status,
    ]
    with ThreadPoolExecutor(8) as at_once:
        told = list(at_once.map(lambda number: _answer(calls[number % 4], later(act, seconds=number)), range(40)))
    ended = retraining.session(any_database, better)
    assert {it for it in told if it is not None} == {ended.status}
    with any_database.read() as tx:
        assert len(rows.recorded(tx, better)) == 100
    assert len(versions_asked.history(any_database, "baseline", 10).activations) == 1 + ended.success


def _answer(call, act):
    try:
        return call(act)
    except LifecycleError:
        return None


def test_with_four_eyes_who_began_a_session_may_reject_it_and_somebody_else_approves(any_database, act):
    ready(any_database, act)
    policies.set_policy(any_database, act, "baseline", Policy(retraining=RetrainingPolicy(four_eyes=True)))
    name = judged(any_database, act, proved(act, 100), manual_review=True)
    with pytest.raises(ForbiddenError, match="somebody else approves it"):
        promotion.record_decision(any_database, act, name, Answer.PROMOTE, "good")
    promotion.record_decision(any_database, replace(act, by="bob"), name, Answer.PROMOTE, "good")
    assert promotion.promote_or_roll_back(any_database, act, name).success
