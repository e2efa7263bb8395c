from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from lifecycle_core.policy import Policy, ShadowPolicy
from lifecycle_core.retraining.analysis import ShadowAnalysis, analyze, differences, recompute
from lifecycle_core.retraining.shadow import Arm, Source
from tests.core.retraining.shadow_samples import samples_of

POLICY = Policy()
ROWS = {
    "promote": samples_of(230, a=(3,), b=(4, 3)),
    "harm": samples_of(230, a=(3,), b=(1, 2)),
    "futile": samples_of(320, a=(3,), b=(3,)),
    "gates": samples_of(500, a=(3,), b=(4, 3), candidate_cost=(0.0046,)),
    "inconclusive": samples_of(140, a=(4, 2, 3, 3), b=(3, 4, 4, 2, 4, 2, 4, 2)),
    "invalid": samples_of(130, a=(3,), b=(4, 3), live_success=False),
    "to_a_person": samples_of(130, a=(3,), b=(4, 3), cost=(None,)),
}
CLOSED = {"inconclusive"}


@pytest.fixture(params=ROWS)
def verdict(request):
    return request.param


def told(verdict):
    return analyze(ROWS[verdict], POLICY, closed=verdict in CLOSED, offline_score=0.9)


def test_each_of_these_rows_reaches_its_verdict(verdict):
    assert told(verdict).verdict == verdict


def test_a_verdict_is_recomputed_from_its_rows_whatever_came_after(verdict):
    stored = told(verdict)

    assert differences(stored, recompute(stored, reversed(ROWS[verdict]), POLICY)) == ()


def test_a_verdict_is_the_same_after_it_was_written_and_read(verdict):
    known = TypeAdapter(ShadowAnalysis)
    stored = known.validate_json(known.dump_json(told(verdict)))

    assert differences(stored, recompute(stored, ROWS[verdict], POLICY)) == ()


def test_a_row_that_was_changed_is_told():
    rows = list(ROWS["promote"])
    rows[17] = replace(rows[17], candidate=Arm(replays=4, successes=0, cost_usd=0.004))

    found = differences(told("promote"), recompute(told("promote"), rows, POLICY))

    assert any(it.startswith("e_better is stored as ") for it in found)
    assert any(it.startswith("gates[success].value is stored as ") for it in found)


def test_a_row_that_is_missing_is_told():
    assert "n is stored as 100, and its rows give 99" in differences(
        told("promote"), recompute(told("promote"), ROWS["promote"][1:], POLICY)
    )


def test_rounding_is_no_difference():
    stored = told("promote")

    assert differences(stored, replace(stored, e_better=stored.e_better * (1 + 1e-12))) == ()
    assert len(differences(stored, replace(stored, e_better=stored.e_better * (1 + 1e-8)))) == 1


def test_more_samples_after_a_verdict_do_not_change_it():
    assert differences(told("promote"), analyze(ROWS["promote"][:130], POLICY, offline_score=0.9)) == ()


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
