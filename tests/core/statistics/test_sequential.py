import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from lifecycle_core.statistics.sequential import BETS, FALL_BETS, e_value, fall_increments, log_e, observations_needed

PLACES = st.lists(st.sampled_from(np.linspace(-1, 1, 9).tolist()), min_size=1, max_size=200)


@given(PLACES)
def test_the_evidence_is_the_mean_over_bets_of_what_each_would_have_won(increments):
    wealth = np.cumsum(np.log1p(np.multiply.outer(BETS, increments)), axis=-1)
    expected = special.logsumexp(wealth, axis=0) - np.log(len(BETS))

    assert log_e(increments) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("increment", [-1.0, 1.0])
def test_ten_thousand_like_observations_overflow_nothing(increment):
    logs = log_e(np.full(10_000, increment))

    assert np.isfinite(logs).all()
    assert logs[-1] == pytest.approx(
        10_000 * np.log1p(max(BETS) * increment if increment > 0 else min(BETS) * increment) - np.log(len(BETS))
    )


@given(PLACES, st.integers(1, 200))
def test_evidence_so_far_does_not_change_with_what_comes_after(increments, n):
    assert log_e(increments)[:n] == pytest.approx(log_e(increments[:n]), abs=1e-12)


def test_many_processes_at_once_are_each_one_alone():
    increments = np.random.default_rng(1).choice([-0.5, 0.0, 0.5], (3, 2, 90))

    assert log_e(increments)[2, 1] == pytest.approx(log_e(increments[2, 1]), abs=1e-12)


@pytest.mark.parametrize("values", [(-1, 1), (-0.25, 0.25), (-0.75, 0.25)])
def test_evidence_against_a_true_null_passes_20_at_any_time_once_in_twenty_at_most(values):
    generator = np.random.default_rng(2)
    chance = values[1] / (values[1] - values[0])
    increments = np.where(generator.random((2000, 400)) < chance, *values)
    passed = int((log_e(increments).max(axis=-1) >= np.log(20)).sum())

    assert stats.binomtest(passed, 2000, 0.05, alternative="greater").pvalue > 0.01


def test_an_expected_e_value_is_never_above_one_under_the_null():
    generator = np.random.default_rng(3)
    values = np.exp(log_e(generator.choice([-0.5, 0.5], (20_000, 20)))[:, -1])

    assert stats.ttest_1samp(values, 1.0, alternative="greater").pvalue > 0.01


def test_no_observation_has_no_evidence():
    assert log_e(np.zeros((4, 0))).shape == (4, 0)


@given(st.lists(st.sampled_from([-0.25, 0.0, 0.25, 0.5]), min_size=5, max_size=60))
def test_as_many_like_observations_as_are_needed_reach_the_level(increments):
    needed = observations_needed(increments, 20)
    if needed is None:
        assert np.log1p(np.multiply.outer(BETS, increments)).mean(axis=-1).max() < 1e-6
    else:
        growth = np.log1p(np.multiply.outer(BETS, increments)).mean(axis=-1)
        reached = [special.logsumexp(growth * n) - np.log(len(BETS)) for n in (needed - 1, needed)]
        assert reached[0] < np.log(20) <= reached[1]


def test_nothing_seen_tells_no_number():
    assert observations_needed([], 20) is None


def test_a_rate_at_its_bar_is_a_fair_bet():
    assert float(0.75 * fall_increments(1, 0.75) + 0.25 * fall_increments(0, 0.75)) == pytest.approx(0.0)


def test_a_bet_on_a_fall_never_loses_all():
    assert (1 + np.array(FALL_BETS) * fall_increments(1, 0.9999)).min() > 0


def test_an_e_value_past_every_float_is_as_large_as_one_can_be():
    assert np.isfinite(e_value(1e9))
