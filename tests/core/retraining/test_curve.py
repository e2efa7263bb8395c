"""The evidence as it grew ends where the verdict stands."""

from dataclasses import replace

import pytest

from lifecycle_core.retraining.curve import MOST_POINTS, curve
from lifecycle_core.retraining.shadow import Arm
from tests.core.retraining.shadow_samples import POLICY, ROWS, sample, samples_of, told


def test_its_last_point_is_the_evidence_of_the_verdict():
    found = told("promote")
    last = curve(ROWS["promote"][: found.n], POLICY).points[-1]

    assert (last.e_better, last.e_worse, last.futility) == pytest.approx((found.e_better, found.e_worse, found.futility), rel=1e-12)
    assert (last.incumbent_rate, last.candidate_rate) == pytest.approx((found.incumbent.success_rate, found.candidate.success_rate))


def test_it_has_a_point_for_each_sample_and_says_where_gates_were_asked():
    found = curve(samples_of(160, a=(3,), b=(4, 3)), POLICY)

    assert [it.n for it in found.points] == list(range(1, 161))
    assert [it.n for it in found.points if it.look] == [100, 150]


def test_a_scenario_that_the_infrastructure_took_has_no_point():
    found = curve([*samples_of(10), replace(sample(99, 0, 0), incumbent=Arm(replays=4, successes=0, lost=1))], POLICY)

    assert (len(found.points), found.removed) == (10, 1)


def test_a_long_test_has_so_many_points_and_all_its_looks():
    found = curve(samples_of(1_700), POLICY, looks=(123,))

    assert len(found.points) <= MOST_POINTS + 30
    assert 123 in {it.n for it in found.points if it.look}
    assert found.points[-1].n == 1_700


def test_nothing_that_is_past_a_scenario_still_served_is_shown():
    rows = samples_of(10)

    assert curve(rows, POLICY, pending=[rows[4].key]).points[-1].n == 4


def test_without_samples_there_is_no_curve():
    assert curve([], POLICY).points == ()
