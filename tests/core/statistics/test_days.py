import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.days import (
    chi_squared_of_counts,
    chi_squared_of_means,
    chi_squared_of_mixes,
    cluster_scatter,
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


UNEVEN = np.array([40, 120, 75, 300, 10, 220, 160, 90, 55])


def _by_analysis_of_variance(days: list[np.ndarray]) -> float:
    """Donner's form: the share of the variance that lies between days."""
    n = np.array([len(it) for it in days])
    grand = np.concatenate(days).mean()
    between = sum(len(it) * (it.mean() - grand) ** 2 for it in days) / (len(days) - 1)
    within = sum(((it - it.mean()) ** 2).sum() for it in days) / (n.sum() - len(days))
    typical = (n.sum() - (n**2).sum() / n.sum()) / (len(days) - 1)
    return (between - within) / (between + (typical - 1) * within)


@pytest.mark.parametrize("day_sd", [0.15, 0.3, 0.6])
def test_the_correlation_of_means_is_that_of_the_analysis_of_variance(day_sd):
    generator = np.random.default_rng(8)
    days = [day_sd * generator.standard_normal() + generator.standard_normal(n) for n in UNEVEN]
    total, squares = [it.sum() for it in days], [(it**2).sum() for it in days]

    found = float(day_correlation(chi_squared_of_means(UNEVEN, total, squares), UNEVEN))

    assert found == pytest.approx(_by_analysis_of_variance(days), rel=0.06)


@pytest.mark.parametrize("correlation", [0.02, 0.1])
def test_the_correlation_of_counts_is_that_of_the_analysis_of_variance(correlation):
    generator = np.random.default_rng(9)
    spread = 1 / correlation - 1
    days = [(generator.random(n) < generator.beta(0.75 * spread, 0.25 * spread)).astype(float) for n in UNEVEN]

    found = float(day_correlation(chi_squared_of_counts([it.sum() for it in days], UNEVEN), UNEVEN))

    assert found == pytest.approx(_by_analysis_of_variance(days), rel=0.06)


def test_pearsons_statistic_of_days_is_scipys_of_the_table_of_days():
    x = np.array([30, 95, 50, 240, 6, 170, 118, 70, 45])
    expected = stats.chi2_contingency([x, UNEVEN - x], correction=False).statistic

    assert float(chi_squared_of_counts(x, UNEVEN)) == pytest.approx(expected)
    assert float(chi_squared_of_means(UNEVEN, x, x)) == pytest.approx(expected)


def test_the_statistic_of_mixes_of_single_calls_is_pearsons_over_its_degrees_of_freedom():
    calls = np.array([[40, 30, 25], [60, 20, 15], [35, 33, 30]])
    products = np.stack([np.diag(it) for it in calls])
    expected = stats.chi2_contingency(calls, correction=False).statistic

    assert float(chi_squared_of_mixes(calls, products)) == pytest.approx(expected / 2)


def test_the_scatter_of_conversations_is_the_sum_of_their_deviations():
    calls = np.random.default_rng(10).multinomial(5, [0.5, 0.3, 0.2], 40).astype(float)
    p = np.array([0.45, 0.35, 0.20])
    expected = sum(np.outer(a - a.sum() * p, a - a.sum() * p) for a in calls)

    assert cluster_scatter(np.einsum("ni,nj->ij", calls, calls), p) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 50, 1000])
def test_a_design_effect_is_how_much_wider_beta_binomial_counts_spread(n):
    spread = 1 / 0.01 - 1
    wider = stats.betabinom(n, 0.75 * spread, 0.25 * spread).var() / (n * 0.75 * 0.25)

    assert float(design_effect(n, 1, 0.01)) == pytest.approx(wider)


@pytest.mark.parametrize("effect", [1.2, 2.0, 20.0])
def test_the_degrees_of_freedom_match_the_moments_of_a_variance_whose_excess_was_learnt(effect):
    """Satterthwaite: `2·mean²/variance` of `1 + (d - 1)·χ²/df`."""
    learnt = (effect - 1) ** 2 * stats.chi2(20).var() / 20**2

    assert float(degrees_of_freedom(21, effect)) == pytest.approx(2 * effect**2 / learnt)
