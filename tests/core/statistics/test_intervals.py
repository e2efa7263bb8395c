import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lifecycle_core.statistics.intervals import critical, difference_interval, mean_interval, paired_ratio_interval, wilson

Z = critical(0.95)


@given(st.integers(1, 400), st.data())
def test_a_share_has_the_interval_of_wilson(n, data):
    x = data.draw(st.integers(0, n))
    expected = stats.binomtest(x, n).proportion_ci(0.95, method="wilson")

    assert [float(it) for it in wilson(x, n, Z)] == pytest.approx([expected.low, expected.high], abs=1e-9)


def test_no_trials_leave_the_share_unknown():
    assert [float(it) for it in wilson(0, 0, Z)] == [0.0, 1.0]


def test_counts_need_not_be_whole():
    low, high = wilson(7.5, 10.5, Z)

    assert 0 < low < 7.5 / 10.5 < high < 1


def test_a_mean_has_its_interval():
    x = np.array([1.0, 2.0, 4.0, 4.5])

    low, high = mean_interval(4, x.sum(), (x**2).sum(), Z)

    assert [low, high] == pytest.approx([x.mean() - Z * stats.sem(x), x.mean() + Z * stats.sem(x)])


def test_one_observation_has_no_interval():
    assert np.isnan(mean_interval(1, 2.0, 4.0, Z)).all()


def test_a_constant_ratio_is_known_exactly():
    a = np.array([0.1, 0.3, 0.7])

    low, high = paired_ratio_interval(3, a.sum(), 1.2 * a.sum(), (a**2).sum(), 1.44 * (a**2).sum(), 1.2 * (a**2).sum(), Z)

    assert [low, high] == pytest.approx([1.2, 1.2], abs=1e-6)


def test_a_ratio_to_nothing_has_no_interval():
    assert np.isnan(paired_ratio_interval(3, 0.0, 2.0, 0.0, 2.0, 0.0, Z)).all()


def test_the_interval_of_a_paired_ratio_holds_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(1)
    hard = generator.lognormal(0, 0.6, (3000, 100))
    a, b = hard * generator.lognormal(0, 0.5, hard.shape), 1.15 * hard * generator.lognormal(0, 0.5, hard.shape)
    low, high = paired_ratio_interval(100, a.sum(-1), b.sum(-1), (a * a).sum(-1), (b * b).sum(-1), (a * b).sum(-1), Z)
    held = float(((low <= 1.15) & (high >= 1.15)).mean())

    assert 0.93 < held < 0.96


def test_pairing_narrows_the_interval_of_a_ratio():
    generator = np.random.default_rng(2)
    hard = generator.lognormal(0, 1, 200)
    a, b = hard * generator.lognormal(0, 0.2, 200), hard * generator.lognormal(0, 0.2, 200)
    together = paired_ratio_interval(200, a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), (a * b).sum(), Z)
    apart = paired_ratio_interval(200, a.sum(), b.sum(), (a * a).sum(), (b * b).sum(), a.sum() * b.sum() / 200, Z)

    assert together[1] - together[0] < 0.5 * (apart[1] - apart[0])


def test_a_difference_of_known_figures_is_known():
    one, other = (np.float64(it) for it in (0.3, 0.1))

    assert [float(it) for it in difference_interval((one, one, one), (other, other, other))] == pytest.approx([0.2, 0.2])
