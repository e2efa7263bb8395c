import numpy as np
import pytest

from lifecycle_core.statistics.days import (
    chi_squared_of_counts,
    chi_squared_of_means,
    chi_squared_of_mixes,
    day_correlation,
    days_used,
    degrees_of_freedom,
    design_effect,
)

DAYS, EACH, MANY = 21, 300, 300


def test_the_correlation_of_beta_binomial_days_is_found():
    generator = np.random.default_rng(1)
    p = generator.beta(0.75 * 99, 0.25 * 99, (MANY, DAYS))
    x = generator.binomial(EACH, p)

    learnt = day_correlation(chi_squared_of_counts(x, np.full_like(x, EACH)), np.full_like(x, EACH))

    assert learnt.mean() == pytest.approx(0.01, rel=0.1)


def test_the_correlation_of_days_whose_means_differ_is_found():
    generator = np.random.default_rng(2)
    values = 0.08 * generator.standard_normal((MANY, DAYS, 1)) + 0.8 * generator.standard_normal((MANY, DAYS, EACH))
    n = np.full((MANY, DAYS), EACH)

    learnt = day_correlation(chi_squared_of_means(n, values.sum(axis=-1), (values**2).sum(axis=-1)), n)

    assert learnt.mean() == pytest.approx(0.08**2 / (0.8**2 + 0.08**2), rel=0.1)


@pytest.mark.parametrize(("day_sd", "low", "high"), [(0.0, 0.0, 0.0008), (0.1, 0.005, 0.03)])
def test_clustered_calls_are_not_taken_for_days_that_differ(day_sd, low, high):
    generator = np.random.default_rng(3)
    learnt = []
    for _ in range(40):
        mixes = np.exp(day_sd * generator.standard_normal((DAYS, 3))) * [0.5, 0.3, 0.2]
        own = np.concatenate([generator.dirichlet(8 * it / it.sum(), 200) for it in mixes])
        calls = generator.multinomial(6, own).reshape(DAYS, 200, 3)
        products = np.einsum("dni,dnj->dij", calls, calls)
        learnt.append(float(day_correlation(chi_squared_of_mixes(calls.sum(axis=1), products), np.full(DAYS, 200))))

    assert low <= np.mean(learnt) <= high


def test_days_that_do_not_differ_have_no_correlation():
    assert float(day_correlation(chi_squared_of_counts([50] * DAYS, [100] * DAYS), [100] * DAYS)) == 0.0


@pytest.mark.parametrize("n", [[], [100], [100, 0, 0], [1, 1, 1]])
def test_too_few_days_or_conversations_teach_no_correlation(n):
    assert float(day_correlation(50.0, n)) == 0.0


def test_empty_days_count_for_nothing():
    x, n = np.array([60, 40, 55]), np.array([100, 90, 80])
    padded = np.append(x, [0, 0]), np.append(n, [0, 0])

    assert float(day_correlation(chi_squared_of_counts(*padded), padded[1])) == float(day_correlation(chi_squared_of_counts(x, n), n))
    assert float(days_used(padded[1])) == 3


@pytest.mark.parametrize(("x", "n"), [([0, 0], [10, 10]), ([10, 10], [10, 10])])
def test_days_of_nothing_but_one_outcome_do_not_differ(x, n):
    assert float(chi_squared_of_counts(x, n)) == 0.0


def test_days_of_one_constant_do_not_differ():
    assert float(chi_squared_of_means([3, 5], [3 * np.log(0.02), 5 * np.log(0.02)], [3 * np.log(0.02) ** 2, 5 * np.log(0.02) ** 2])) == 0.0


def test_a_tenth_of_correlation_leaves_a_twentieth_of_ten_thousand_a_day():
    assert 1 / float(design_effect(10_000, 1, 0.002)) == pytest.approx(1 / 20, rel=0.06)
    assert 1 / float(design_effect(500, 1, 0.002)) == pytest.approx(1 / 2, rel=0.01)


def test_a_window_shorter_than_a_day_is_one_day():
    assert float(design_effect(100, 0.25, 0.01)) == float(design_effect(100, 1.0, 0.01))


def test_a_design_effect_never_adds_evidence():
    assert float(design_effect(3, 28, 0.5)) == 1.0


def test_a_day_noise_that_weighs_little_costs_few_degrees_of_freedom():
    few, many, endless = degrees_of_freedom(21, [20.0, 1.1, 1.0]).tolist()

    assert few == pytest.approx(20 * (20 / 19) ** 2)
    assert many == pytest.approx(20 * 11**2)
    assert endless == np.inf
