from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Policy, ShadowPolicy
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.shadow import Arm, Pairs, Source, complete_prefix, looks_of, progress, serves_twice
from tests.core.retraining.shadow_samples import BEGAN, sample, samples_of


def test_samples_are_ordered_by_the_end_of_their_conversation_then_by_its_id():
    late, early = samples_of(2)[::-1]
    twin = replace(early, scenario_id="b")

    assert [it.scenario_id for it in complete_prefix([late, early, twin])] == ["b", "c0000", "c0001"]


def test_nothing_past_a_scenario_that_is_still_served_is_looked_at():
    samples = samples_of(10)

    assert complete_prefix(samples, [(0, samples[4].ended_at, "c0003b"), samples[7].key]) == tuple(samples[:4])


def test_a_scenario_counts_once():
    with pytest.raises(InvalidInputError, match="scenario c0000 has two samples"):
        complete_prefix([*samples_of(1), *samples_of(1)])


def test_kinds_of_evidence_are_never_mixed():
    with pytest.raises(InvalidInputError, match="posted and others replayed"):
        complete_prefix([sample(0, 3, 3), sample(1, 3, 3, source=Source.POSTED)])


def test_new_and_recorded_goals_are_one_kind():
    assert len(complete_prefix([sample(0, 3, 3), sample(1, 3, 3, source=Source.RECORDED)])) == 2


def test_a_scenario_whose_incumbent_the_infrastructure_took_counts_for_neither():
    taken = replace(sample(5, 0, 4), incumbent=Arm(replays=4, successes=0, lost=1))
    samples = [taken if it.scenario_id == "c0005" else it for it in samples_of(10)]

    found = analyze(samples, Policy())

    assert (found.n, found.removed, found.candidate.success_rate) == (9, 1, 0.75)


def test_what_the_infrastructure_took_of_the_candidate_is_its_failure():
    replays = [played(1, booked=True), played(2, booked=True), played(3, booked=True, broken_by="infrastructure")]

    arm = Arm.of(replays)

    assert (arm.successes, arm.replays, arm.lost) == (2, 3, 1)


def played(number, **more):
    given = {"booked": False, "escalated": False, "cost_usd": 0.002, "input_tokens": 1, "output_tokens": 1, "latency_s": 1.0 * number}
    return Replay(scenario_id="c1", replay=number, **{**given, **more})


def test_an_arm_adds_up_its_replays():
    arm = Arm.of([played(1, booked=True), played(2, escalated=True), played(3, booked=True)])

    assert arm == Arm(replays=3, successes=2, escalations=1, cost_usd=0.006, latency_s=2.0)


def test_an_arm_with_one_unknown_cost_has_none():
    assert Arm.of([played(1), played(2, cost_usd=None)]).cost_usd is None


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ({"replays": 0, "successes": 0}, "replays"),
        ({"replays": 4, "successes": 5}, "successes"),
        ({"replays": 4, "successes": -1}, "successes"),
        ({"replays": 4, "successes": 3, "lost": 2}, "successes"),
        ({"replays": 4, "successes": 3, "escalations": 5}, "escalations"),
        ({"replays": 4, "successes": 3, "cost_usd": float("nan")}, "cost_usd"),
        ({"replays": 4, "successes": 3, "latency_s": -1.0}, "latency_s"),
    ],
)
def test_counts_that_cannot_be_are_refused_by_their_name(counts, field):
    with pytest.raises(InvalidInputError) as refused:
        Arm(**counts)

    assert refused.value.field == field


def test_of_single_replays_every_fifth_scenario_is_served_twice():
    assert [it for it in range(11) if serves_twice(it, ShadowPolicy(replays=1))] == [0, 5, 10]


def test_a_second_serving_that_was_lost_tells_nothing():
    lost = replace(sample(0, 3, 3), again=Arm(replays=4, successes=0, lost=4))

    assert str(Pairs.of([lost]).again.item()) == "nan"


def test_the_last_look_is_at_the_most_samples():
    assert looks_of(ShadowPolicy(max_samples=220), 1000) == (100, 150, 200, 220)


def test_progress_counts_to_the_next_look():
    assert (progress(120, ShadowPolicy()).needed, progress(500, ShadowPolicy()).needed) == (150, 500)


def test_the_time_left_ends_with_the_deadline():
    far = progress(63, ShadowPolicy(), samples_per_hour=1, at=BEGAN, deadline_at=BEGAN + timedelta(hours=5))

    assert far.sentence == "63 of 100 samples, about 5 h left"


def test_without_a_rate_the_deadline_is_no_estimate_and_is_not_told_as_one():
    far = progress(0, ShadowPolicy(), at=BEGAN, deadline_at=BEGAN + timedelta(days=7))

    assert far.sentence == "0 of 100 samples, at most 7 days left"


@pytest.mark.parametrize(
    ("rate", "left"), [(None, "nothing tells yet how long that will take"), (0.2, "about 8 days left"), (74, "about 30 min left")]
)
def test_progress_tells_the_time_left_as_a_person_would(rate, left):
    assert progress(63, ShadowPolicy(), samples_per_hour=rate).sentence == f"63 of 100 samples, {left}"
