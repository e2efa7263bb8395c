import numpy as np
import pytest
from scipy import special, stats

from lifecycle_core.statistics.beta_binomial import (
    CORRELATIONS,
    Counted,
    correlation_weights,
    foretold_rate,
    log_gamma,
    log_probability,
    rise_tail,
    upper_tail,
)


def _tails(n, mean, correlation) -> np.ndarray:
    """The probability of x or more, for each x from 0 to n, enumerated."""
    spread = 1 / correlation - 1
    return np.cumsum(stats.betabinom.pmf(np.arange(n + 1), n, mean * spread, (1 - mean) * spread)[::-1])[::-1]


def _counted(x, n, days) -> Counted:
    return Counted(np.array([float(x)]), np.array([float(n)]), np.array([float(days)]))


def test_the_logarithm_of_the_gamma_function_is_scipys():
    z = np.geomspace(1e-4, 1e8, 500)

    assert log_gamma(z) == pytest.approx(special.gammaln(z), rel=1e-9, abs=1e-7)


def test_the_log_probability_is_scipys_without_the_coefficient():
    assert log_probability(3, 40, 0.05, 0.02) + np.log(special.comb(40, 3)) == pytest.approx(
        stats.betabinom.logpmf(3, 40, 0.05 * 49, 0.95 * 49)
    )


@pytest.mark.parametrize("correlation", [1e-6, 0.001, 0.01, 0.1])
@pytest.mark.parametrize("mean", [0.0005, 0.01, 0.1, 0.4])
@pytest.mark.parametrize("n", [50, 400, 12_000])
def test_the_tail_is_the_enumerated_one_from_the_mean_to_one_in_a_billion(n, mean, correlation):
    """A deviate off by .02 at one in a million is a probability off by a tenth."""
    x = np.unique(np.ceil(n * mean + (n - n * mean) * np.geomspace(1e-3, 1, 40)))
    x = x[x > n * mean]
    exact = _tails(n, mean, correlation)[x.astype(int)]
    told = exact > 1e-9

    assert stats.norm.isf(upper_tail(x, n, mean, correlation)[told]) == pytest.approx(stats.norm.isf(exact[told]), abs=0.02)


def test_without_a_correlation_to_speak_of_the_tail_is_the_binomials():
    assert float(upper_tail(9, 50, 0.02, 1e-7)) == pytest.approx(stats.binom.sf(8, 50, 0.02), rel=1e-3)


def test_all_of_all_is_the_last_term_alone():
    assert float(upper_tail(50, 50, 0.3, 0.01)) == pytest.approx(_tails(50, 0.3, 0.01)[50], rel=1e-6)


@pytest.mark.parametrize("correlation", [0.002, 0.016])
def test_enough_days_teach_their_correlation(correlation):
    spread = 1 / correlation - 1
    generator = np.random.default_rng(1)
    days = generator.binomial(2000, generator.beta(0.02 * spread, 0.98 * spread, 1000))

    assert CORRELATIONS[int(np.argmax(correlation_weights(days, np.full(1000, 2000))))] == correlation


def test_empty_days_teach_nothing():
    assert correlation_weights(np.zeros(44), np.zeros(44)) == pytest.approx(np.full(7, 1 / 7))


def test_a_rate_that_was_never_seen_is_foretold_at_half_an_event():
    assert float(foretold_rate(0, 999)) == 0.5 / 1000


def test_a_rise_is_less_surprising_the_less_the_reference_knows():
    weights = np.full((1, 7), 1 / 7)
    short, long = (rise_tail(_counted(10, 100, 1), _counted(n / 100, n, 27), np.array([0.01]), weights) for n in (500, 50_000))

    assert short[0] > 1.1 * long[0]


def test_days_that_differ_make_a_bad_one_less_surprising():
    alike, unequal = np.eye(7)[[1]], np.eye(7)[[5]]
    calm, noisy = (rise_tail(_counted(30, 1000, 1), _counted(270, 27_000, 27), np.array([0.01]), it) for it in (alike, unequal))

    assert noisy[0] > 10 * calm[0]


def test_the_tail_of_many_days_is_that_of_their_sum():
    """Three days' counts, convolved."""
    one = stats.betabinom.pmf(np.arange(201), 200, 0.01 * 124, 0.99 * 124)
    three = np.convolve(np.convolve(one, one), one)
    tail = rise_tail(_counted(30, 600, 3), _counted(1e6, 1e8, 1e6), np.array([0.01]), np.eye(7)[[4]])

    assert stats.norm.isf(tail[0]) == pytest.approx(stats.norm.isf(three[30:].sum()), abs=0.1)
