import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.means import ALL_EVIDENCE, mean_ratio_interval, variance, welch


def _sums(values) -> tuple[int, float, float]:
    return len(values), values.sum(), (values**2).sum()


def test_welch_has_the_tail_of_welchs_test():
    generator = np.random.default_rng(1)
    recent, reference = generator.normal(0.8, 2.0, 60), generator.normal(0.0, 1.0, 400)
    tail = stats.ttest_ind(recent, reference, equal_var=False, alternative="greater").pvalue

    assert float(welch(_sums(recent), _sums(reference))) == pytest.approx(stats.norm.isf(tail), abs=0.01)


def test_welch_is_positive_where_the_first_lies_above():
    low, high = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])

    assert float(welch(_sums(high), _sums(low))) > 0 > float(welch(_sums(low), _sums(high)))


def test_a_design_effect_of_four_halves_the_evidence():
    recent, reference = (1000, 100.0, 1010.0), (9000, 0.0, 9000.0)
    alone, clustered = (float(welch(recent, reference, (d, d))) for d in (1.0, 4.0))

    assert clustered == pytest.approx(alone / 2, rel=0.01)


def test_two_constants_that_agree_are_no_evidence_and_that_differ_all_of_it():
    same, other = (60, 60.0, 60.0), (60, 120.0, 240.0)

    assert float(welch(same, same)) == 0.0
    assert float(welch(other, same)) == ALL_EVIDENCE
    assert float(welch(same, other)) == -ALL_EVIDENCE
    assert stats.norm.sf(ALL_EVIDENCE) < np.finfo(float).tiny


def test_one_value_is_no_evidence():
    assert float(welch((1, 3.0, 9.0), (50, 0.0, 50.0))) == 0.0


def test_a_variance_is_the_samples():
    values = np.array([1.0, 2.0, 4.0, 8.0])

    assert float(variance(*_sums(values))) == pytest.approx(values.var(ddof=1))


def test_the_interval_of_a_ratio_of_skewed_means_holds_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        recent, reference = 1.3 * generator.lognormal(0, 0.8, 400), generator.lognormal(0, 0.8, 3000)
        sides = [(len(it), it.mean(), (it**2).mean()) for it in (recent, reference)]
        low, high = mean_ratio_interval(sides[0], sides[1], (1.0, 1.0), 1.96)
        held += low <= 1.3 <= high

    assert stats.binomtest(held, 400, 0.95).pvalue > 0.01


def test_a_mean_of_nothing_has_no_ratio():
    assert mean_ratio_interval((100, 1.0, 2.0), (100, 0.0, 0.0), (1.0, 1.0), 1.96) is None


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.6, 1.0])
@pytest.mark.parametrize(("n1", "n0"), [(50, 1350), (60, 360), (400, 400)])
def test_welch_has_the_tail_of_welchs_test_however_far(shift, n1, n0):
    generator = np.random.default_rng(n1)
    recent, reference = generator.normal(shift, 1.4, n1), generator.normal(0.0, 0.8, n0)
    tail = stats.ttest_ind(recent, reference, equal_var=False, alternative="greater").pvalue

    assert float(welch(_sums(recent), _sums(reference))) == pytest.approx(stats.norm.isf(tail), rel=0.01, abs=0.01)


def test_a_design_effect_is_a_wider_spread_of_the_same_mean():
    recent, reference = (80, 40.0, 100.0), (900, 0.0, 700.0)
    (sd1, sd0), (d1, d0) = (np.sqrt(variance(*it)) for it in (recent, reference)), (3.0, 7.0)
    expected = stats.ttest_ind_from_stats(0.5, sd1 * d1**0.5, 80, 0.0, sd0 * d0**0.5, 900, equal_var=False, alternative="greater")

    assert float(welch(recent, reference, (d1, d0))) == pytest.approx(stats.norm.isf(expected.pvalue), abs=0.01)


def test_the_interval_of_a_ratio_of_means_is_fiellers_where_both_are_well_known():
    generator = np.random.default_rng(5)
    recent, reference = 1.3 * generator.lognormal(0, 0.8, 2000), generator.lognormal(0, 0.8, 9000)
    sides = [(len(it), it.mean(), (it**2).mean()) for it in (recent, reference)]
    a, b = recent.mean(), reference.mean()
    va, vb = (1.96**2 * it.var() / len(it) for it in (recent, reference))
    fieller = np.roots([b**2 - vb, -2 * a * b, a**2 - va])

    assert mean_ratio_interval(sides[0], sides[1], (1.0, 1.0), 1.96) == pytest.approx(sorted(fieller), rel=0.003)
