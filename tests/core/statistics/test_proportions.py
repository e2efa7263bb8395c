import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from lifecycle_core.statistics.proportions import ratio_interval, signed_root


def _size_over_nominal(p, n1, n0, z) -> float:
    x1, x0 = (np.arange(low, high + 1) for low, high in (stats.binom.ppf((1e-13, 1 - 1e-13), n, p).astype(int) for n in (n1, n0)))
    x1 = x1[:, None]
    chance = stats.binom.pmf(x1, n1, p) * stats.binom.pmf(x0, n0, p)
    return chance[signed_root(x1, n1, x0, n0) >= z].sum() / stats.norm.sf(z)


@pytest.mark.parametrize(
    ("p", "n1", "n0", "ratio"),
    [(0.25, 50, 1350, 0.97), (0.05, 50, 300, 1.14), (0.05, 200, 1200, 0.92), (0.05, 1000, 27_000, 0.94), (0.01, 50, 1350, 0.71)],
)
def test_the_signed_root_keeps_its_size_at_one_in_100_000(p, n1, n0, ratio):
    assert _size_over_nominal(p, n1, n0, 4.25) == pytest.approx(ratio, abs=0.02)


def test_the_signed_root_squared_is_the_likelihood_ratio():
    table = [[65, 35], [750, 250]]
    statistic = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic

    assert float(signed_root(65, 100, 750, 1000)) == pytest.approx(-np.sqrt(statistic))


@given(st.integers(0, 60), st.integers(0, 400))
def test_swapping_success_and_failure_turns_the_sign(x1, x0):
    assert float(signed_root(x1, 60, x0, 400)) == pytest.approx(-float(signed_root(60 - x1, 60, 400 - x0, 400)), abs=1e-6)


@given(st.integers(0, 60), st.integers(0, 400), st.floats(0.2, 5))
def test_the_signed_root_is_a_number_for_any_counts_and_ratio(x1, x0, ratio):
    assert np.isfinite(signed_root(x1, 60, x0, 400, ratio))


def test_no_trials_are_no_evidence():
    assert float(signed_root(0, 0, 5, 10)) == 0.0


def test_equal_rates_are_no_evidence():
    assert float(signed_root(25, 100, 250, 1000)) == 0.0


@given(st.integers(1, 99), st.integers(1, 399))
def test_the_interval_ends_where_the_test_begins_to_reject(x1, x0):
    low, high = ratio_interval(x1, 100, x0, 400, 1.96)

    assert float(signed_root(x1, 100, x0, 400, low)) == pytest.approx(1.96, abs=0.01)
    assert float(signed_root(x1, 100, x0, 400, high)) == pytest.approx(-1.96, abs=0.01)
    assert low <= (x1 / 100) / (x0 / 400) <= high


def test_the_interval_of_no_success_begins_at_nothing():
    low, high = ratio_interval(0, 100, 50, 1000, 1.96)

    assert low == 0.0
    assert float(signed_root(0, 100, 50, 1000, high)) == pytest.approx(-1.96, abs=0.01)


def test_a_reference_without_success_has_no_ratio():
    assert ratio_interval(5, 100, 0, 1000, 1.96) is None


def test_the_interval_holds_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(1)
    x1, x0 = generator.binomial(100, 0.15, 400), generator.binomial(1000, 0.10, 400)
    intervals = [ratio_interval(int(a), 100, int(b), 1000, 1.96) for a, b in zip(x1, x0, strict=True)]
    held = sum(low <= 1.5 <= high for low, high in intervals)

    assert stats.binomtest(held, 400, 0.95).pvalue > 0.01


@given(st.integers(0, 80), st.integers(0, 500), st.floats(0.3, 3))
def test_the_restricted_root_is_where_the_likelihood_is_largest(x1, x0, ratio):
    def loss(p0: float) -> float:
        p = np.clip([ratio * p0, p0], 1e-15, 1 - 1e-15)
        return -float(stats.binom.logpmf([x1, x0], [80, 500], p).sum())

    bound = optimize.minimize_scalar(loss, bounds=(0.0, min(1.0, 1 / ratio)), method="bounded", options={"xatol": 1e-12})
    free = float(stats.binom.logpmf([x1, x0], [80, 500], [x1 / 80, x0 / 500]).sum())
    expected = np.sqrt(2 * max(0.0, free + min(bound.fun, loss(0.0), loss(min(1.0, 1 / ratio)))))

    assert abs(float(signed_root(x1, 80, x0, 500, ratio))) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("p", "n1", "n0"), [(0.75, 50, 1350), (0.75, 200, 5400), (0.95, 50, 300)])
def test_a_fall_keeps_its_size_as_a_rise_of_the_opposite_does(p, n1, n0):
    assert 0.6 < _size_over_nominal(1 - p, n1, n0, 4.25) < 1.3


@pytest.mark.parametrize(("p", "n1", "n0", "ratio"), [(0.01, 50, 1350, 192), (0.05, 50, 300, 14), (0.25, 50, 1350, 3.6)])
def test_the_score_would_alarm_many_times_too_often_there(p, n1, n0, ratio):
    """Why it is not the score: Farrington and Manning's, at the same distance, by the same enumeration."""
    x1, x0 = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)
    pooled = (x1 + x0) / (n1 + n0)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    z = np.divide(x1 / n1 - x0 / n0, spread, out=np.zeros(spread.shape), where=spread > 0)
    chance = stats.binom.pmf(x1, n1, p) * stats.binom.pmf(x0, n0, p)

    assert chance[z >= 4.25].sum() / stats.norm.sf(4.25) == pytest.approx(ratio, rel=0.05)
