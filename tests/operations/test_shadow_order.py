"""What comes late changes nothing that was looked at, what cannot be served is waited for no longer, and a test that can end does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks._sessions import in_shadow_test, later, proved, samples, served
from lifecycle_core.operations import promotion, shadow, traffic, versions
from lifecycle_core.policy import ShadowSource
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.errors import NotReadyError, SampleRefusedError
from lifecycle_core.retraining.session import Status
from lifecycle_core.retraining.shadow import Arm
from lifecycle_core.retraining.verdict import Verdict

pytestmark = pytest.mark.slow

MASKER = Masker(b"secret")
DONE = Arm(replays=1, successes=1)


@pytest.fixture
def session(database, act):
    """A session in its shadow test."""
    return in_shadow_test(database, act).session_id


def pairs(act, count, minute=1, *, successes=1):
    arms = {"incumbent": Arm(replays=1, successes=0), "candidate": Arm(replays=1, successes=successes)}
    ends = [act.at + timedelta(minutes=minute, seconds=number) for number in range(count)]
    return [shadow.Posted(scenario_id=f"m{minute}n{number}", ended_at=end, **arms) for number, end in enumerate(ends)]


def comes(database, act, name, **others):
    traffic.ingest(database, act, [replace(served(act, 1)[0], **{"id": name, "goal": f"a deep clean, {name}", **others})])


def drawn(database, act, session):
    return [it.scenario for it in shadow.goals(database, act, session, 100, MASKER)]


def serve(database, act, session, *scenarios, incumbent=DONE):
    sample = samples(act, 1)[0]
    made = [replace(sample, scenario_id=it.id, ended_at=it.ended_at, incumbent=incumbent, candidate=DONE) for it in scenarios]
    return shadow.record_samples(database, act, session, made).kept


def order(database, session):
    return [it.scenario_id for it in shadow.recorded_samples(database, session)]


def test_pairs_that_are_posted_later_stand_behind_those_that_were_looked_at(any_database, act):
    name, after = in_shadow_test(any_database, act).session_id, later(act, hours=1)
    shadow.post_samples(any_database, after, name, pairs(act, 30, minute=9, successes=0))
    before = shadow.analysis(any_database, name, after.at)
    shadow.post_samples(any_database, after, name, pairs(act, 3, minute=1))
    assert order(any_database, name)[30:] == ["m1n0", "m1n1", "m1n2"]
    assert shadow.recorded_samples(any_database, name)[before.n - 1].key == before.until


def test_a_late_conversation_is_served_behind_those_that_were_drawn(database, act, session):
    after = later(act, hours=5)
    comes(database, after, "punctual", ended_at=later(act, hours=2).at)
    [first] = drawn(database, after, session)
    serve(database, after, session, first)
    comes(database, after, "late", ended_at=later(act, hours=1).at)
    serve(database, after, session, *drawn(database, after, session))
    assert order(database, session) == ["punctual", "late"]


def test_a_pair_from_before_the_test_is_refused(database, act, session):
    with pytest.raises(SampleRefusedError, match=r"'m-9n0' ended at .*, before the shadow test began at 2025-10-07T12:00:00"):
        shadow.post_samples(database, later(act, hours=1), session, pairs(act, 1, minute=-9))


def test_a_replay_that_ends_after_pairs_were_posted_is_not_kept(any_database, act):
    name, after = in_shadow_test(any_database, act).session_id, later(act, hours=1)
    comes(any_database, after, "new", ended_at=later(act, minutes=30).at)
    scenarios = drawn(any_database, after, name)
    shadow.post_samples(any_database, after, name, pairs(act, 1))
    assert serve(any_database, after, name, *scenarios) == 0
    assert shadow.keep_verdict(any_database, after, name).status is Status.SHADOW_TESTING


def test_a_scenario_that_the_infrastructure_took_gives_its_place_to_another(database, act):
    name, after = in_shadow_test(database, act, max_samples=1).session_id, later(act, hours=5)
    comes(database, after, "first", ended_at=later(act, hours=1).at)
    comes(database, after, "second", ended_at=later(act, hours=2).at)
    [first] = drawn(database, after, name)
    serve(database, after, name, first, incumbent=Arm(replays=1, successes=0, lost=1))
    assert shadow.goals_wait(database, name, after.at)
    assert [it.id for it in drawn(database, after, name)] == ["second"]


def test_a_goal_of_which_masking_leaves_nothing_is_not_waited_for(any_database, act):
    name, after = in_shadow_test(any_database, act).session_id, later(act, hours=5)
    comes(any_database, after, "void", ended_at=later(act, hours=1).at)
    blank = Masker(b"secret")
    nothing = type("Nothing", (), {"conversation": lambda _, it: replace(blank.conversation(it), goal="")})()
    assert shadow.goals(any_database, after, name, 9, nothing) == []
    assert not shadow.goals_wait(any_database, name, after.at)
    assert shadow.analysis(any_database, name, after.at).n == 0


def test_recorded_goals_that_cannot_be_enough_end_the_test_with_their_number(any_database, act):
    it = in_shadow_test(any_database, act, shadow_source=ShadowSource.RECORDED)
    assert shadow.goals_wait(any_database, it.session_id, act.at)
    assert drawn(any_database, act, it.session_id) == []
    ended = shadow.keep_verdict(any_database, act, it.session_id)
    assert (ended.status, ended.completed_at) == (Status.INCONCLUSIVE, act.at)
    assert "recorded goals that nobody learnt from, and a shadow test needs 100" in ended.reasons[0]
    assert not shadow.goals_wait(any_database, it.session_id, act.at)


def test_a_test_of_recorded_goals_closes_when_the_last_is_served(database, act):
    held_out = sum(split_of(one.goal) is Split.HELD_OUT for one in served(act, 60))
    it = in_shadow_test(database, act, shadow_source=ShadowSource.RECORDED, max_samples=held_out - 1)
    scenarios = drawn(database, act, it.session_id)
    serve(database, act, it.session_id, *scenarios, incumbent=Arm(replays=1, successes=0, lost=1))
    while more := drawn(database, act, it.session_id):
        assert not {one.id for one in more} & {one.id for one in scenarios}
        serve(database, act, it.session_id, *more)
    verdict = shadow.keep_verdict(database, act, it.session_id).shadow_analysis
    assert (verdict.verdict, verdict.removed > 0, verdict.closed) == (Verdict.INCONCLUSIVE, True, True)


@pytest.mark.parametrize(("count", "options"), [(30, {}), (100, {"manual_review": True})], ids=["collecting", "to a person"])
def test_a_test_whose_incumbent_was_replaced_ends_undecided(database, act, count, options):
    name = in_shadow_test(database, act, **options).session_id
    shadow.record_samples(database, act, name, proved(act, count))
    versions.register(database, act, variant="baseline", system_prompt="by hand")
    versions.activate(database, act, "baseline", 3)
    ended = shadow.keep_verdict(database, act, name)
    assert (ended.status, ended.reasons) == (Status.INCONCLUSIVE, ("the test compared with version 1, and version 3 is active now",))


def test_the_count_of_a_refusal_stops_before_a_goal_that_is_still_being_served(database, act, session):
    after = later(act, hours=1)
    comes(database, after, "slow", ended_at=later(act, minutes=1).at)
    drawn(database, after, session)
    shadow.record_samples(database, after, session, samples(act, 60))
    with pytest.raises(NotReadyError, match="has 0 of 100 samples"):
        promotion.finalize(database, after, session)
