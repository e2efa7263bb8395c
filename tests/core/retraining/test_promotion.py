from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.promotion import EVENTS, decide
from lifecycle_core.retraining.session import TRANSITIONS, Answer, Force, Review, Status
from lifecycle_core.retraining.verdict import Verdict
from tests.core.retraining.shadow_samples import samples_of

AT = datetime(2025, 10, 9, tzinfo=UTC)
FORCE = Force(reason="the season begins tomorrow", by="key:ops", at=AT)
YES = Review(answer=Answer.PROMOTE, reason="reads well", by="ada", at=AT)
NO = Review(answer=Answer.REJECT, reason="too pushy", by="ada", at=AT)
PROMOTED = analyze(samples_of(100, a=(3,), b=(4, 3)), Policy(), offline_score=0.9)
DOUBTFUL = analyze(samples_of(100, a=(3,), b=(4, 3), cost=(None,)), Policy(), offline_score=0.9)
HARMFUL = analyze(samples_of(60, a=(3,), b=(1, 2)), Policy(), offline_score=0.9)
UNDER_WAY = analyze(samples_of(63, a=(3,), b=(4, 3)), Policy(), offline_score=0.9)
INVALID = analyze(samples_of(100, a=(3,), b=(4, 3), live_success=False), Policy(), offline_score=0.9)


def test_a_promoted_verdict_promotes_without_a_reason_against_it():
    decision = decide(PROMOTED)

    assert (decision.promote, decision.status, decision.reasons) == (True, Status.PROMOTED, ())


def test_a_test_under_way_stays_where_it_is():
    assert (decide(UNDER_WAY).event, decide(UNDER_WAY).status) == (None, Status.SHADOW_TESTING)


def test_a_doubtful_verdict_asks_a_person_with_its_doubts():
    assert (decide(DOUBTFUL).status, decide(DOUBTFUL).reasons) == (Status.AWAITING_REVIEW, DOUBTFUL.doubts)


@pytest.mark.parametrize(("review", "status"), [(YES, Status.PROMOTED), (NO, Status.ROLLED_BACK)])
def test_a_person_decides_a_doubtful_verdict(review, status):
    assert decide(DOUBTFUL, review=review).status is status


def test_a_rejection_tells_who_and_why():
    assert decide(DOUBTFUL, review=NO).reasons == ("Rejected by ada: too pushy",)


def test_a_person_may_reject_what_the_evidence_would_promote():
    assert decide(PROMOTED, review=NO).status is Status.ROLLED_BACK


@pytest.mark.parametrize("answer", [{"review": YES}, {"force": FORCE}, {"review": YES, "force": FORCE}])
def test_nobody_overrides_evidence_of_harm(answer):
    assert decide(HARMFUL, **answer).status is Status.ROLLED_BACK


def test_no_force_overrides_harm_that_is_not_yet_a_verdict():
    early = analyze(samples_of(15, a=(3,), b=(0,)), Policy(), offline_score=0.9)

    assert early.verdict is Verdict.COLLECTING
    assert decide(early, force=FORCE).status is Status.ROLLED_BACK
    assert decide(early, force=FORCE).reasons[0].startswith("Evidence of harm (e = ")


def test_harm_that_is_not_yet_a_verdict_ends_nothing_by_itself():
    early = analyze(samples_of(15, a=(3,), b=(0,)), Policy(), offline_score=0.9)

    assert decide(early).status is Status.SHADOW_TESTING


def test_force_decides_now_by_the_gates():
    assert decide(UNDER_WAY, force=FORCE).promote


def test_force_does_not_lift_a_gate():
    costly = analyze(samples_of(63, a=(3,), b=(4, 3), candidate_cost=(0.0046,)), Policy(), offline_score=0.9)

    assert decide(costly, force=FORCE).reasons == ("High cost increase (15.00% > 10.00%)",)


def test_force_passes_over_a_gate_that_cannot_judge():
    assert decide(DOUBTFUL, force=FORCE).promote


def test_force_has_nothing_to_decide_by_before_the_first_sample():
    decision = decide(analyze([], Policy()), force=FORCE)

    assert (decision.event, decision.reasons) == (None, ("0 samples are in; 1 are the fewest that harm is tested by",))


def test_force_decides_nothing_by_fewer_samples_than_harm_is_tested_by():
    early = analyze(samples_of(19, a=(3,), b=(4,)), Policy(), offline_score=0.9)

    assert decide(early, force=FORCE, fewest=20).event is None
    assert decide(early, force=FORCE, fewest=19).promote


def test_force_leaves_a_test_that_ended_with_too_few_samples_as_it_ended():
    assert decide(analyze([], Policy(), closed=True), force=FORCE, fewest=20).status is Status.INCONCLUSIVE


def test_force_makes_no_invalid_test_valid():
    assert decide(INVALID, force=FORCE).status is Status.INVALID


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_a_lawful_move_of_a_shadow_test(verdict):
    event, status = EVENTS[verdict]

    assert event is None or TRANSITIONS[Status.SHADOW_TESTING, event] is status


def test_a_review_decides_nothing_that_was_not_promotable():
    inconclusive = replace(PROMOTED, verdict=Verdict.INCONCLUSIVE)

    assert decide(inconclusive, review=YES).status is Status.INCONCLUSIVE
