"""Every verdict of the table, reached."""

from dataclasses import replace

import numpy as np
import pytest

from lifecycle_core.policy import DifferenceMode, EvidenceMode, Policy, RetrainingPolicy, ShadowPolicy
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.gates import Offline
from lifecycle_core.retraining.shadow import Pairs, Source
from lifecycle_core.retraining.verdict import ORDER, Verdict, end
from tests.core.retraining.shadow_samples import samples_of

POLICY = Policy()
BETTER = {"a": (3,), "b": (4, 3)}
A_LITTLE = {"a": (4, 2, 3, 3), "b": (3, 4, 4, 2, 4, 2, 4, 2)}


def judged(samples, policy=POLICY, *, offline_score=0.9, **more):
    return analyze(samples, policy, offline_score=offline_score, **more)


def shadow(**changes):
    return replace(POLICY, shadow=ShadowPolicy(**changes))


def gate(analysis, name):
    return next(it for it in analysis.gates if it.name == name)


def test_fewer_samples_than_the_first_look_needs_are_collected():
    assert judged(samples_of(99, **BETTER)).verdict is Verdict.COLLECTING


def test_a_better_candidate_is_promoted_at_the_first_look():
    found = judged(samples_of(100, **BETTER))

    assert (found.verdict, found.n, found.reasons) == (Verdict.PROMOTE, 100, ())


def test_between_two_looks_nothing_is_promoted():
    late = samples_of(100, a=(3,), b=(3,)) + samples_of(140, **BETTER)[100:]

    assert judged(late).verdict is Verdict.COLLECTING


def test_harm_ends_the_test_at_its_twentieth_sample():
    found = judged(samples_of(60, a=(3,), b=(1, 2)))

    assert (found.verdict, found.n, found.harmful) == (Verdict.HARM, 20, True)
    assert found.reasons[0].startswith("The candidate succeeds less often than the incumbent (e = ")


def test_harm_ends_the_test_at_any_later_sample():
    good, bad = samples_of(30, a=(3,), b=(3,)), samples_of(90, a=(3,), b=(0,))[30:]

    assert judged(good + bad).n == 39


def test_more_hand_offs_are_harm_too():
    found = judged(samples_of(60, a=(3,), b=(3,), b_escalated=(1, 0)))

    assert found.verdict is Verdict.HARM
    assert found.reasons[0].startswith("The candidate hands over more often")


def test_a_candidate_that_gains_nothing_is_futile():
    found = judged(samples_of(300, a=(3,), b=(3,)))

    assert (found.verdict, found.futility >= 10) == (Verdict.FUTILE, True)
    assert found.reasons[1] == "Minimal performance improvement (0.00% < 5.00%)"


def test_futility_does_not_end_a_test_before_the_first_look():
    found = judged(samples_of(300, a=(4,), b=(4, 4, 3, 4, 4)), shadow(evidence_level=1e9))

    assert (found.verdict, found.n) == (Verdict.FUTILE, 100)


def test_a_better_candidate_that_costs_too_much_is_refused_by_the_gates_at_the_end():
    found = judged(samples_of(500, **BETTER, candidate_cost=(0.0046,)))

    assert (found.verdict, found.n) == (Verdict.GATES, 500)
    assert found.reasons == ("High cost increase (15.00% > 10.00%)",)


def test_the_gates_refuse_when_time_is_up():
    assert judged(samples_of(120, **BETTER, candidate_cost=(0.0046,)), closed=True).verdict is Verdict.GATES


def test_every_refusal_is_listed_with_its_numbers():
    found = judged(
        samples_of(120, a=(4, 3, 3, 3, 3), b=(0, 4, 4, 4, 4), candidate_cost=(0.0046,), b_escalated=(0, 0, 0, 0, 1)),
        shadow(evidence_level=2.0),
        offline_score=0.75,
        closed=True,
    )

    assert [it.split(" (")[0] for it in found.refusals] == [
        "Minimal performance improvement",
        "Higher escalation rate",
        "High cost increase",
        "High difference rate",
        "Low offline score",
    ]


def test_no_more_is_shown_by_the_last_sample_is_inconclusive_and_tells_what_would_have_been_needed():
    found = judged(samples_of(120, **A_LITTLE), shadow(max_samples=120))

    assert (found.verdict, found.n) == (Verdict.INCONCLUSIVE, 120)
    assert found.needed_n > 120
    assert any(f"About {found.needed_n:,} samples like these" in it for it in found.reasons)


def test_as_many_samples_as_were_needed_would_have_shown_it():
    found = judged(samples_of(120, **A_LITTLE), shadow(max_samples=120))
    more = judged(samples_of(found.needed_n + 50, **A_LITTLE), shadow(max_samples=100_000))

    assert more.e_better >= 20 if found.needed_for == "better" else more.verdict is Verdict.FUTILE


def test_time_that_is_up_before_the_first_look_is_inconclusive():
    found = judged(samples_of(63, **BETTER), closed=True)

    assert (found.verdict, found.reasons[0]) == (Verdict.INCONCLUSIVE, "It ended with 63 of 100 samples")


def test_fewer_samples_at_most_than_at_least_promote_nothing():
    found = judged(samples_of(60, **BETTER), shadow(max_samples=50))

    assert (found.verdict, found.n, found.looks) == (Verdict.INCONCLUSIVE, 50, ())


def test_a_test_without_any_sample_ends_inconclusive():
    assert judged([], closed=True).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"candidate_cost": (0.001, 0.001, 0.001, 0.014)}, "The cost may have risen"),
        ({"cost": (None,)}, "The cost's change is not judged"),
        ({"live_success": True, "a": (4, 4, 4, 4, 4, 4, 3, 3, 3, 3), "b": (4,)}, "The simulator's success rate lies -10.0 points"),
    ],
    ids=["cost may be high", "cost unknown", "simulator apart"],
)
def test_a_doubtful_figure_asks_a_person(more, doubt):
    found = judged(samples_of(100, **{**BETTER, **more}))

    assert found.verdict is Verdict.TO_A_PERSON
    assert [it.startswith(doubt) for it in found.reasons] == [True]


def test_single_replays_without_any_floor_ask_a_person():
    found = judged(samples_of(100, a=(1, 0, 1), b=(1,), replays=1))

    assert (found.verdict, gate(found, "difference").passed) == (Verdict.TO_A_PERSON, None)


def test_single_replays_with_a_measured_floor_are_promoted():
    assert judged(samples_of(100, a=(1, 0, 1), b=(1,), replays=1, twice_every=5)).verdict is Verdict.PROMOTE


def test_a_test_without_an_offline_evaluation_asks_a_person():
    assert judged(samples_of(100, **BETTER), offline_score=None).verdict is Verdict.TO_A_PERSON


def test_a_judge_who_prefers_the_incumbent_offline_asks_a_person():
    found = judged(samples_of(100, **BETTER), judged_worse=True)

    assert found.verdict is Verdict.TO_A_PERSON
    assert found.reasons == ("A judge prefers the incumbent's conversations in the offline evaluation, beyond chance",)


def test_manual_review_asks_a_person_whenever_it_is_on():
    found = judged(samples_of(100, **BETTER), replace(POLICY, retraining=RetrainingPolicy(manual_review=True)))

    assert (found.verdict, found.reasons) == (Verdict.TO_A_PERSON, ("Manual review is on",))


def test_a_simulator_far_from_production_makes_the_test_invalid():
    found = judged(samples_of(100, **BETTER, live_success=False))

    assert (found.verdict, found.n, found.simulator_gap) == (Verdict.INVALID, 100, 0.75)


def test_a_gap_within_its_interval_is_not_invalid():
    found = judged([replace(it, live_success=place % 12 != 0) for place, it in enumerate(samples_of(100, **BETTER))])

    assert found.verdict is Verdict.TO_A_PERSON
    assert found.simulator_gap < -0.15 < found.simulator_gap_high


def test_harm_goes_before_an_invalid_simulator():
    assert judged(samples_of(100, a=(3,), b=(0,), live_success=False)).verdict is Verdict.HARM


def test_a_rise_of_escalation_within_chance_waits_for_more_samples_and_asks_a_person_at_the_end():
    samples = samples_of(200, **BETTER, b_escalated=(1, *[0] * 199))

    assert judged(samples[:150]).verdict is Verdict.COLLECTING
    found = judged(samples[:150], closed=True)
    assert (found.verdict, gate(found, "escalation").passed) == (Verdict.TO_A_PERSON, None)
    assert any(it.startswith("Escalation is up by 0.17 points, which chance alone may bring") for it in found.doubts)


def test_a_rise_of_escalation_beyond_chance_refuses():
    found = judged(samples_of(120, **BETTER, b_escalated=(1, *[0] * 9)), closed=True)

    assert (found.verdict, found.reasons) == (Verdict.GATES, ("Higher escalation rate (+2.50 points)",))


def test_bare_gates_refuse_any_rise_of_escalation():
    samples = samples_of(100, **BETTER, b_escalated=(1, *[0] * 99))

    assert judged(samples, shadow(evidence=EvidenceMode.GATES)).verdict is Verdict.GATES


def test_a_high_severity_regression_in_latency_refuses():
    found = judged(samples_of(500, **BETTER, latencies=(1.0, 1.6)))

    assert (found.verdict, found.reasons) == (Verdict.GATES, ("High-severity regression: response time",))


def test_bare_gates_promote_without_evidence():
    found = judged(samples_of(100, a=(2,) * 11 + (4,) * 9, b=(4,) * 11 + (2,) * 9), shadow(evidence=EvidenceMode.GATES))

    assert (found.verdict, found.e_better < 20, found.n) == (Verdict.PROMOTE, True, 100)


def test_bare_gates_decide_once_at_the_fewest_samples():
    found = judged(samples_of(150, a=(3,), b=(3,)), shadow(evidence=EvidenceMode.GATES))

    assert (found.verdict, found.n, found.looks) == (Verdict.GATES, 100, (100,))


def test_any_difference_refuses_a_candidate_that_improves():
    found = judged(samples_of(500, **BETTER), shadow(difference_mode=DifferenceMode.ANY))

    assert found.verdict is Verdict.GATES
    assert gate(found, "difference").value == pytest.approx(0.3125)


def test_any_difference_lets_pass_what_never_differs():
    found = judged(samples_of(100, a=(0, *(4,) * 24), b=(4,)), shadow(difference_mode=DifferenceMode.ANY))

    assert gate(found, "difference").passed


def test_posted_samples_are_judged_like_any_others():
    assert judged(samples_of(100, **BETTER, source=Source.POSTED)).verdict is Verdict.PROMOTE


def test_a_thousand_tests_at_once_end_as_each_alone():
    generator = np.random.default_rng(1)
    tests = [samples_of(130, a=tuple(generator.integers(1, 5, 130)), b=tuple(generator.integers(1, 5, 130))) for _ in range(20)]
    policy = shadow(max_samples=130)
    each = [Pairs.of(it) for it in tests]
    together = Pairs(**{name: np.stack([getattr(it, name) for it in each]) for name in Pairs.__dataclass_fields__})

    ending = end(together, policy, closed=True, offline=Offline(0.9))

    alone = [judged(it, policy) for it in tests]
    assert [(ORDER[place], n) for place, n in zip(ending.place, ending.n, strict=True)] == [(it.verdict, it.n) for it in alone]
