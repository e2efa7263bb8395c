import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lifecycle_core.statistics.association import benjamini_hochberg, clustering_effect, fisher_exact, lift, lift_interval

SIZES = st.tuples(st.integers(1, 80), st.integers(1, 300)).flatmap(
    lambda it: st.tuples(st.just(it[0]), st.just(it[1]), st.integers(0, it[0]), st.integers(0, it[1]))
)


@given(SIZES)
def test_fishers_p_is_that_of_scipy(table):
    n1, n0, x1, x0 = table
    expected = stats.fisher_exact([[x1, n1 - x1], [x0, n0 - x0]]).pvalue

    assert float(fisher_exact(x1, n1, x0, n0)[0]) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_fishers_p_of_thousands_of_conversations_is_a_number():
    p = fisher_exact([4000, 0, 10_000], 10_000, [3500, 0, 10_000], 10_000)

    assert p[0] == pytest.approx(stats.fisher_exact([[4000, 6000], [3500, 6500]]).pvalue, rel=1e-4)
    assert p[1:].tolist() == [pytest.approx(1.0), pytest.approx(1.0)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_q_are_those_of_scipy(p):
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)


@pytest.mark.parametrize(("x1", "n1", "x0", "n0"), [(30, 100, 10, 100), (5, 20, 40, 400)])
def test_the_lift_and_its_interval_are_those_of_scipy(x1, n1, x0, n0):
    expected = stats.contingency.relative_risk(x1, n1, x0, n0)
    low, high = lift_interval(x1, n1, x0, n0)

    assert float(lift(x1, n1, x0, n0)) == pytest.approx(expected.relative_risk)
    assert (float(low), float(high)) == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-5)


@given(SIZES)
def test_the_lift_lies_inside_its_interval_and_is_finite_for_any_counts(table):
    n1, n0, x1, x0 = table
    low, high = lift_interval(x1, n1, x0, n0)
    ratio = lift(x1, n1, x0, n0)

    assert 0 < float(ratio) < np.inf
    assert float(low) <= float(ratio) * (1 + 1e-9)
    assert float(ratio) <= float(high) * (1 + 1e-9)


def test_a_side_without_conversations_says_nothing():
    low, high = lift_interval(0, 0, 3, 10)

    assert (float(lift(0, 0, 3, 10)), float(low), float(high)) == (1.0, 0.0, np.inf)
    assert float(fisher_exact(0, 0, 3, 10)[0]) == 1.0


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_interval_covers_the_true_lift_as_often_as_it_says(share):
    generator = np.random.default_rng(3)
    x1, x0 = generator.binomial(100, share * 2, 4000), generator.binomial(400, share, 4000)
    low, high = lift_interval(x1, 100, x0, 400)
    covered = int(((low <= 2) & (high >= 2)).sum())

    assert stats.binomtest(covered, 4000, 0.95).pvalue > 1e-4


def test_customers_who_come_back_widen_the_interval_as_much_as_they_repeat_themselves():
    generator = np.random.default_rng(5)
    shown = np.repeat(generator.random((100, 1)) < 0.3, 4, axis=0)
    failed = np.repeat(np.arange(100) < 40, 4)
    effect = clustering_effect(shown, failed, np.repeat(np.arange(100), 4))

    assert float(effect[0]) == pytest.approx(4.0)


def test_conversations_that_share_nothing_have_no_design_effect():
    generator = np.random.default_rng(6)
    effect = clustering_effect(generator.random((400, 5)) < 0.3, generator.random(400) < 0.3, np.repeat(np.arange(100), 4))

    assert effect.max() < 1.4
