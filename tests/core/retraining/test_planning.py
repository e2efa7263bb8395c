"""A plan tells beforehand what the real test would do."""

from dataclasses import replace

import numpy as np
import pytest

from lifecycle_core.policy import Policy, RetrainingPolicy, ShadowPolicy, ShadowSource
from lifecycle_core.retraining.planning import Basis, expected, most_samples, plan

KNOWN = Basis(
    success_rate=0.75,
    disagreement_rate=0.23,
    escalation_rate=0.05,
    replay_usd=0.01,
    goals_a_day=200.0,
    recorded_goals=150,
    told_by={},
)
RECORDED = Policy(shadow=ShadowPolicy(source=ShadowSource.RECORDED))


def planned(basis=KNOWN, policy=None, **asked):
    return plan(basis, policy or Policy(), np.random.default_rng(1), **{"effect": 0.10, **asked})


def test_its_power_is_that_of_the_designs_table():
    it = expected(replace(KNOWN, escalation_rate=0.0), Policy(), np.random.default_rng(1), replays=4, effect=0.09)

    assert it.power == pytest.approx(0.998, abs=0.03)
    assert it.mean_samples == pytest.approx(158, abs=12)


@pytest.mark.slow
def test_the_same_chance_gives_the_same_plan():
    assert planned() == planned()


def test_a_true_gain_is_found_more_often_the_larger_it_is():
    power = [it.power for it in planned().by_effect]

    assert power == sorted(power)
    assert power[0] == 0.0


def test_goals_that_come_too_late_find_nothing_and_it_says_what_is_there_instead():
    it = planned(replace(KNOWN, goals_a_day=10.0))

    assert (it.recommended, {one.power for one in it.by_effect}) == (None, {0.0})
    assert it.advice[0] == "Only 70 goals come within 7 days, and nothing is promoted before 100 samples"
    assert it.advice[1].startswith("The last weeks hold 150 goals of use: shadow.source=recorded")


def test_a_test_takes_its_days_from_the_goals_that_come():
    asked = next(it for it in planned(replace(KNOWN, goals_a_day=20.0)).by_effect if it.effect == 0.10)

    assert (asked.most_samples, asked.mean_days) == (140, pytest.approx(asked.mean_samples / 20))


def test_recorded_goals_are_there_at_once():
    it = expected(KNOWN, RECORDED, np.random.default_rng(1), replays=4, effect=0.2)

    assert (most_samples(KNOWN, RECORDED), it.mean_days) == (150, None)


def test_a_scenario_costs_both_versions_and_now_and_then_the_incumbent_again():
    it = expected(KNOWN, Policy(), np.random.default_rng(1), replays=4, effect=0.0)

    assert it.most_usd == pytest.approx(500 * 4 * 2.1 * 0.01)


def test_what_passes_the_budget_is_told():
    poor = Policy(retraining=RetrainingPolicy(budget_usd=10.0))

    assert any("past the budget of $10.00" in it for it in planned(policy=poor).advice)


def test_no_goals_and_no_cost_are_told_as_they_are():
    it = expected(replace(KNOWN, goals_a_day=0.0, replay_usd=None), Policy(), np.random.default_rng(1), replays=4, effect=0.1)

    assert (it.most_samples, it.power, it.mean_samples, it.mean_usd) == (0, 0.0, 0.0, None)


@pytest.mark.parametrize("success", [0.0, 1.0])
def test_an_agent_that_always_or_never_succeeds_can_be_planned_for(success):
    assert 0 <= expected(replace(KNOWN, success_rate=success), Policy(), np.random.default_rng(1), replays=2, effect=0.1).power <= 1
