"""One table moves a session."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.errors import ForbiddenMoveError
from lifecycle_core.retraining.session import (
    ENDINGS,
    OPEN,
    TRANSITIONS,
    Answer,
    Event,
    Review,
    Session,
    Status,
    after,
    ended,
    moved,
    session_id,
)
from lifecycle_core.retraining.triggers import TriggerCheck
from lifecycle_core.retraining.verdict import Verdict

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def standing(status):
    trigger = TriggerCheck(should_retrain=True, reason="Drift detected")
    given = {"session_id": session_id("baseline", AT), "variant": "baseline", "key": "k", "opened_by": "test"}
    return Session(**given, status=status, incumbent_version=1, trigger=trigger, seed=1, started_at=AT)


ENDED = [status for status in Status if status not in OPEN]


def test_a_session_has_the_twelve_words():
    assert len(Status) == 12
    assert sorted(ENDINGS) == sorted(ENDED)


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_never_moves(status):
    assert not any(start is status for start, _ in TRANSITIONS)
    with pytest.raises(ForbiddenMoveError, match=f"has ended: {status}; it cannot take 'cancel' any more"):
        after(standing(status), Event.CANCEL)


@pytest.mark.parametrize("status", OPEN)
def test_whatever_goes_on_can_be_rolled_back_cancelled_or_fail(status):
    events = (Event.ROLL_BACK, Event.CANCEL, Event.FAIL)
    assert [after(standing(status), event) for event in events] == [Status.ROLLED_BACK, Status.CANCELLED, Status.FAILED]


def test_only_a_test_or_its_review_leads_to_a_promotion():
    assert [start for start, event in TRANSITIONS if event is Event.PROMOTE] == [Status.SHADOW_TESTING, Status.AWAITING_REVIEW]


def test_only_a_test_is_invalid_before_a_person_is_asked():
    assert [start for start, event in TRANSITIONS if event is Event.INVALIDATE] == [Status.SHADOW_TESTING]


def test_the_steps_follow_one_another():
    it = standing(Status.COLLECTING_DATA)
    for event in (Event.DATA_COLLECTED, Event.FAILURES_ANALYZED, Event.CANDIDATE_REGISTERED, Event.SHADOW_STARTED, Event.REVIEW_ASKED):
        it = moved(it, event)
    assert it.status is OPEN[-1]


def test_an_unlawful_move_says_where_the_session_stands_and_where_it_would_have_to():
    told = "session retrain_baseline_1759838400000 is analyzing; 'promote' needs one that is shadow_testing or awaiting_review"
    with pytest.raises(ForbiddenMoveError, match=told):
        after(standing(Status.ANALYZING), Event.PROMOTE)


def test_it_waits_for_a_verdict_until_its_deadline_and_for_an_answer_until_the_reviews():
    testing = replace(standing(Status.SHADOW_TESTING), deadline_at=AT + DAY)
    asking = replace(standing(Status.AWAITING_REVIEW), review_asked_at=AT)
    answered = replace(asking, review=Review(answer=Answer.REJECT, reason="worse", by="ada", at=AT))
    verdict = replace(testing, shadow_analysis=ShadowAnalysis(verdict=Verdict.FUTILE, n=100, level=20.0))
    assert [it.waits(AT) for it in (testing, asking, answered, verdict, standing(Status.IMPROVING))] == [True, True, False, False, False]
    assert [testing.waits(AT + DAY), asking.waits(AT + 6 * DAY), asking.waits(AT + 7 * DAY)] == [False, True, False]


def test_an_ending_has_its_instant_and_its_reasons():
    it = ended(standing(Status.IMPROVING), Event.ROLL_BACK, AT, "no candidate")
    assert (it.status, it.completed_at, it.reasons, it.open, it.success) == (Status.ROLLED_BACK, AT, ("no candidate",), False, False)
