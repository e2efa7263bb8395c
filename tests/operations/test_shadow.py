"""Draw goals, keep samples, find the verdict, and refuse what is no sample."""

from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks._sessions import in_shadow_test, later, samples, served
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations import evidence, promotion, retraining, shadow, traffic
from lifecycle_core.policy import ShadowSource
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.errors import ForbiddenMoveError, NotReadyError, SampleRefusedError
from lifecycle_core.retraining.session import Status
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from lifecycle_core.retraining.verdict import Verdict
from lifecycle_core.store import samples as rows
from lifecycle_core.store.tables import ShadowSampleRow

pytestmark = pytest.mark.slow

MASKER = Masker(b"secret")


@pytest.fixture
def session(any_database, act):
    """A session in its shadow test, in a database of each kind."""
    return in_shadow_test(any_database, act).session_id


def pair(act, number=1, **others):
    given = {"incumbent": Arm(replays=1, successes=0), "candidate": Arm(replays=1, successes=1)}
    return shadow.Posted(**{"scenario_id": f"p{number}", "ended_at": act.at + timedelta(minutes=number), **given, **others})


def goals(database, act, session, limit=10):
    return [it.scenario.id for it in shadow.goals(database, act, session, limit, MASKER)]


def new_traffic(database, act, count):
    traffic.ingest(database, act, [replace(it, id=f"new{it.id}") for it in served(act, count)])


def test_new_goals_are_those_of_conversations_that_ended_since_it_began(any_database, act, session):
    assert goals(any_database, act, session) == []
    after = later(act, hours=4)
    new_traffic(any_database, after, 6)
    assert goals(any_database, after, session) == ["newc3", "newc2", "newc1", "newc0"]


def test_a_goal_carries_how_its_conversation_went_and_every_tenth_is_served_twice(database, act):
    it = in_shadow_test(database, act)
    after = later(act, hours=20)
    new_traffic(database, after, 15)
    found = shadow.goals(database, after, it.session_id, 100, MASKER)
    assert [one.again for one in found] == [place % 10 == 0 for place in range(15)]
    assert [one.live_success for one in found[-4:]] == [True, True, True, False]


def test_recorded_goals_are_the_newest_that_nobody_learnt_from(database, act):
    it = in_shadow_test(database, act, shadow_source=ShadowSource.RECORDED, max_samples=5)
    held_out = [one.id for one in served(act, 60) if split_of(one.goal) is Split.HELD_OUT]
    assert goals(database, act, it.session_id) == held_out[:5][::-1]
    assert goals(database, later(act, hours=1), it.session_id, 2) == held_out[3:5][::-1]


def test_a_goal_is_masked_before_it_is_kept(database, act):
    it, after = in_shadow_test(database, act), later(act, hours=4)
    traffic.ingest(database, after, [replace(served(after, 1)[0], id="new", goal="Call me at (212) 555-0147 about a deep clean")])
    found = shadow.goals(database, after, it.session_id, 10, MASKER)[0].scenario.goal
    assert found == MASKER("Call me at (212) 555-0147 about a deep clean")
    assert "555" not in found


def test_a_goal_that_was_served_is_not_drawn_again(any_database, act, session):
    after = later(act, hours=4)
    new_traffic(any_database, after, 4)
    first = shadow.goals(any_database, after, session, 1, MASKER)[0].scenario
    done = replace(samples(act, 1)[0], scenario_id=first.id, ended_at=first.ended_at)
    shadow.record_samples(any_database, after, session, [done])
    assert goals(any_database, after, session) == ["newc2", "newc1", "newc0"]


def test_a_scenario_has_one_sample_and_the_first_stays(any_database, act, session):
    first = samples(act, 3)
    assert shadow.record_samples(any_database, act, session, first) == shadow.Recorded(kept=3, known=0, samples=3)
    again = shadow.record_samples(any_database, act, session, samples(act, 4, incumbent=0))
    assert again == shadow.Recorded(kept=1, known=3, samples=4)
    assert shadow.recorded_samples(any_database, session)[:3] == first


def test_an_ended_session_takes_no_more_samples(any_database, act, session):
    promotion.cancel(any_database, act, session)
    assert shadow.record_samples(any_database, act, session, samples(act, 3)).kept == 0


def test_a_look_never_passes_a_goal_that_is_still_being_served(database, act):
    it = in_shadow_test(database, act)
    after = later(act, hours=1.5)
    new_traffic(database, after, 1)
    goals(database, after, it.session_id)
    shadow.record_samples(database, after, it.session_id, samples(act, 60))
    assert shadow.analysis(database, it.session_id, after.at).n == 0


def test_the_verdict_is_kept_once_the_samples_allow_one(any_database, act, session):
    shadow.record_samples(any_database, act, session, samples(act, 99))
    assert shadow.keep_verdict(any_database, act, session).shadow_analysis is None
    shadow.record_samples(any_database, act, session, samples(act, 1, first=99))
    kept = shadow.keep_verdict(any_database, act, session)
    assert (kept.status, kept.shadow_analysis.verdict, kept.shadow_analysis.n) == (Status.SHADOW_TESTING, Verdict.PROMOTE, 100)
    assert shadow.keep_verdict(any_database, later(act, hours=1), session) == kept == retraining.session(any_database, session)


def test_where_the_verdict_asks_a_person_the_review_begins(any_database, act):
    it = in_shadow_test(any_database, act, manual_review=True)
    shadow.record_samples(any_database, act, it.session_id, samples(act, 100))
    kept = shadow.keep_verdict(any_database, act, it.session_id)
    assert (kept.status, kept.shadow_analysis.verdict, kept.review_asked_at) == (Status.AWAITING_REVIEW, Verdict.TO_A_PERSON, act.at)


def test_harm_ends_the_test_before_its_hundred_samples(database, act):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, samples(act, 30, incumbent=4, candidate=0))
    kept = shadow.keep_verdict(database, act, it.session_id)
    assert (kept.status, kept.shadow_analysis.verdict, kept.shadow_analysis.n) == (Status.SHADOW_TESTING, Verdict.HARM, 20)


def test_at_the_deadline_there_is_a_verdict_whatever_came_in(database, act):
    it = in_shadow_test(database, act)
    kept = shadow.keep_verdict(database, later(act, days=7), it.session_id)
    assert (kept.shadow_analysis.verdict, kept.shadow_analysis.reasons) == (Verdict.INCONCLUSIVE, ("No sample came in before it ended",))


def test_a_stored_verdict_is_what_its_rows_give(any_database, act, session):
    shadow.record_samples(any_database, act, session, samples(act, 120))
    shadow.keep_verdict(any_database, act, session)
    found = evidence.verify(any_database, session)
    assert (found.differences, found.bit_for_bit) == ((), True)


def test_a_verdict_whose_rows_were_changed_is_found_out(database, act):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, samples(act, 100))
    shadow.keep_verdict(database, act, it.session_id)
    with database.write(act) as tx:
        row = tx.get(ShadowSampleRow, (it.session_id, "s0005"))
        row.sample = {**row.sample, "candidate": {**row.sample["candidate"], "successes": 0}}
    assert any("e_better" in told for told in evidence.verify(database, it.session_id).differences)


def test_without_a_verdict_there_is_nothing_to_verify(database, act):
    with pytest.raises(NotReadyError, match="is shadow_testing and has no verdict to verify"):
        evidence.verify(database, in_shadow_test(database, act).session_id)


def test_before_its_test_a_session_has_no_analysis(database, act):
    it = in_shadow_test(database, act)
    promotion.cancel(database, act, it.session_id)
    with pytest.raises(ForbiddenMoveError, match="is collecting_data; it has no shadow test yet"):
        shadow.analysis(database, retraining.begin(database, act, "baseline", "k2").session_id, act.at)


def test_progress_counts_samples_and_estimates_the_rest(database, act):
    it = in_shadow_test(database, act)
    for hour in range(4):
        shadow.record_samples(database, later(act, hours=hour), it.session_id, samples(act, 10, first=10 * hour))
    told = shadow.progress_of(database, it.session_id, act.at + timedelta(hours=4))
    assert (told.n, told.needed, told.samples_per_hour, told.hours_left) == (40, 100, 10.0, 6.0)


def test_posted_pairs_are_samples_of_their_own_kind(any_database, act, session):
    batch = [pair(act, number) for number in range(3)]
    assert shadow.post_samples(any_database, later(act, hours=1), session, batch).kept == 3
    assert {it.source for it in shadow.recorded_samples(any_database, session)} == {"posted"}


def test_posting_takes_the_place_of_goals_that_wait(any_database, act, session):
    after = later(act, hours=4)
    new_traffic(any_database, after, 4)
    goals(any_database, after, session)
    shadow.post_samples(any_database, after, session, [pair(act)])
    assert goals(any_database, after, session) == []
    assert shadow.analysis(any_database, session, after.at).n == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"candidate": None}, "scenario 'p2' has no outcome of the candidate; post both of a pair"),
        ({"incumbent": None}, "scenario 'p2' has no outcome of the incumbent"),
        ({"scenario_id": "p1"}, "scenario 'p1' has a sample already"),
        ({"incumbent": Arm(replays=21, successes=0)}, "scenario 'p2' has 21 replays of one version; post up to 20"),
        ({"ended_at": None}, "scenario 'p2' ended at 2025-10-08T12:00:00\\+00:00, which is still to come"),
    ],
    ids=["no candidate", "no incumbent", "twice", "too many replays", "from the future"],
)
def test_one_wrong_pair_refuses_the_whole_batch(database, act, wrong, told):
    it = in_shadow_test(database, act)
    given = {name: act.at + timedelta(days=1) if name == "ended_at" else value for name, value in wrong.items()}
    with pytest.raises(SampleRefusedError, match=told):
        shadow.post_samples(database, later(act, hours=1), it.session_id, [pair(act, 1), replace(pair(act, 2), **given)])
    assert shadow.recorded_samples(database, it.session_id) == []


def test_a_pair_that_was_posted_before_is_refused(database, act):
    it = in_shadow_test(database, act)
    shadow.post_samples(database, later(act, hours=1), it.session_id, [pair(act)])
    with pytest.raises(SampleRefusedError, match="a scenario counts once; nothing was written"):
        shadow.post_samples(database, later(act, hours=1), it.session_id, [pair(act)])


def test_a_batch_sent_again_under_its_key_is_answered_as_the_first_time(any_database, act, session):
    keyed = replace(later(act, hours=1), idempotency_key="batch-1")
    first = shadow.post_samples(any_database, keyed, session, [pair(act)])
    assert shadow.post_samples(any_database, keyed, session, [pair(act)]) == first


def test_a_closed_test_takes_no_pairs(database, act):
    it = in_shadow_test(database, act)
    promotion.cancel(database, act, it.session_id)
    with pytest.raises(SampleRefusedError, match=r"the shadow test of session \S+ is closed: the session is cancelled"):
        shadow.post_samples(database, act, it.session_id, [pair(act)])


def test_replayed_and_posted_samples_are_never_mixed(database, act):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, samples(act, 1))
    with pytest.raises(SampleRefusedError, match="are replayed, and a verdict never mixes kinds"):
        shadow.post_samples(database, later(act, hours=1), it.session_id, [pair(act)])


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(InvalidInputError, match="successes is 5"):
        Arm(replays=4, successes=5)


def test_samples_come_in_the_order_in_which_their_conversations_ended(database, act):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, samples(act, 5)[::-1])
    with database.read() as tx:
        assert [one.scenario_id for one in rows.recorded(tx, it.session_id)] == [f"s{number:04}" for number in range(5)]


def test_goals_wait_from_the_first_new_conversation_until_each_has_its_sample(database, act):
    it = in_shadow_test(database, act)
    assert not shadow.goals_wait(database, it.session_id, later(act, hours=2).at)
    traffic.ingest(database, later(act, hours=2), [replace(served(act, 1)[0], id="new", ended_at=later(act, hours=1).at)])
    assert shadow.goals_wait(database, it.session_id, later(act, hours=2).at)
    [goal] = shadow.goals(database, later(act, hours=2), it.session_id, 5, MASKER)
    arm = Arm(replays=1, successes=1)
    sample = Sample(scenario_id=goal.scenario.id, ended_at=goal.scenario.ended_at, source=Source.NEW, incumbent=arm, candidate=arm)
    shadow.record_samples(database, later(act, hours=2), it.session_id, [sample])
    assert not shadow.goals_wait(database, it.session_id, later(act, hours=2).at)
