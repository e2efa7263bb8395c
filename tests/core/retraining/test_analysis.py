from dataclasses import replace

import pytest

from lifecycle_core.policy import ShadowPolicy
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.shadow import Source
from tests.core.retraining.shadow_samples import POLICY, ROWS, samples_of, told


@pytest.fixture(params=ROWS)
def verdict(request):
    return request.param


def test_each_of_these_rows_reaches_its_verdict(verdict):
    assert told(verdict).verdict == verdict


def test_more_samples_after_a_verdict_do_not_change_it():
    assert analyze(ROWS["promote"][:130], POLICY, offline_score=0.9) == told("promote")


def test_every_gate_is_told_with_its_numbers():
    gates = {it.name: it for it in told("promote").gates}

    assert list(gates) == ["success", "escalation", "cost", "difference", "regressions", "offline"]
    assert gates["success"].low < gates["success"].value < gates["success"].high
    assert gates["success"].sentence == "Success changed by +16.67% (at least 5.00%)"


def test_what_each_version_came_to_stands_beside_the_verdict():
    found = told("promote")

    assert (found.incumbent.success_rate, found.candidate.success_rate, found.incumbent.cost_usd) == (0.75, 0.875, pytest.approx(0.001))


def test_a_scripted_agent_is_told():
    assert analyze(samples_of(3, simulated=True), POLICY).simulated


def test_replayed_evidence_says_what_it_can_show():
    assert "only live traffic" in told("promote").note


def test_posted_evidence_says_whose_word_it_is():
    assert "deployed agent" in analyze(samples_of(3, source=Source.POSTED), POLICY).note


def test_a_test_under_way_tells_its_figures_so_far():
    found = analyze(samples_of(63, a=(3,), b=(4, 3)), POLICY)

    assert (found.verdict.value, found.n, found.e_better > 20, found.looks) == ("collecting", 63, True, ())


def test_the_most_samples_close_a_test_by_themselves():
    found = analyze(samples_of(200, a=(4, 2, 3, 3), b=(3, 4, 4, 2, 4, 2, 4, 2)), replace(POLICY, shadow=ShadowPolicy(max_samples=140)))

    assert (found.verdict.value, found.n) == ("inconclusive", 140)


def test_an_incumbent_that_never_succeeds_is_beaten_by_any_success():
    found = analyze(samples_of(100, a=(0,), b=(4, 3)), POLICY, offline_score=0.9)

    assert (found.verdict.value, found.gates[0].value) == ("promote", None)


def test_a_free_incumbent_has_no_relative_cost():
    found = analyze(samples_of(100, a=(3,), b=(4, 3), cost=(0.0,)), POLICY, offline_score=0.9)

    assert (found.verdict.value, found.gates[2].passed) == ("to_a_person", None)


def test_two_free_versions_cost_the_same():
    assert analyze(samples_of(100, a=(3,), b=(4, 3), cost=(0.0,), candidate_cost=(0.0,)), POLICY, offline_score=0.9).gates[2].passed


def test_what_the_candidate_breaks_is_told_beside_what_the_incumbent_would():
    found = analyze(samples_of(19, a=(3, 4), b=(1, 4), twice_every=5, again=1), POLICY).breakage

    assert (found.share, found.twice, found.measured) == (10 / 19, 4, 0.5)


def test_a_floor_that_is_not_what_was_measured_is_not_told():
    assert analyze(samples_of(19, a=(3, 4), b=(1, 4), twice_every=5, again=1), POLICY).breakage.floor is None
    assert analyze(samples_of(19, a=(3, 4), b=(1, 4), twice_every=5), POLICY).breakage.floor is not None
