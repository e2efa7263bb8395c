import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lifecycle_core.statistics.forecast import Line, crossing, weighted_line


def test_the_line_of_equal_weights_is_scipys():
    generator = np.random.default_rng(1)
    x, y = np.arange(14.0), 3 - 0.2 * np.arange(14.0) + generator.normal(0, 0.3, 14)
    line, expected = weighted_line(x, y, np.full(14, 7.0)), stats.linregress(x, y)

    assert [line.slope, line.at(0), line.slope_variance**0.5] == pytest.approx([expected.slope, expected.intercept, expected.stderr])


def test_a_point_of_weight_three_is_three_points():
    x, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.5, 0.8, -1.0])
    weighted, repeated = weighted_line(x, y, [1, 3, 1, 2]), np.polyfit(np.repeat(x, [1, 3, 1, 2]), np.repeat(y, [1, 3, 1, 2]), 1)

    assert [weighted.slope, weighted.at(0)] == pytest.approx(repeated.tolist())


def test_the_variances_are_those_of_the_normal_equations():
    generator = np.random.default_rng(2)
    x, weights = np.arange(9.0), generator.uniform(1, 5, 9)
    y = generator.normal(0, 1, 9)
    line = weighted_line(x, y, weights)
    design = np.stack([np.ones(9), x], axis=1)
    inverse = np.linalg.inv(design.T @ (weights[:, None] * design))
    off = y - design @ (inverse @ design.T @ (weights * y))
    covariance = inverse * (weights @ off**2) / 7
    ahead = np.array([1.0, 12.0])

    assert line.height_variance + (12 - line.middle) ** 2 * line.slope_variance == pytest.approx(ahead @ covariance @ ahead)


@given(st.floats(-1, 1), st.floats(-2, 2), st.integers(3, 30))
def test_fiellers_ends_are_where_the_line_begins_to_differ_from_the_level(slope, level, df):
    line = Line(middle=-7, height=0.5, slope=slope, height_variance=0.004, slope_variance=0.0003, df=df)
    found = crossing(line, level, 0.90)
    if found is None:
        assert abs(slope) <= 1.01 * stats.t.isf(0.05, df) * 0.0003**0.5
        return

    for end in (found.low, found.high):
        error = (0.004 + 0.0003 * (end + 7) ** 2) ** 0.5
        assert abs(line.at(end) - level) / error == pytest.approx(stats.t.isf(0.05, df), rel=0.01)
    assert found.low <= found.x <= found.high
    assert line.at(found.x) == pytest.approx(level)


def test_points_that_lie_on_a_line_by_luck_prove_no_more_than_chance_allows():
    x, y = np.arange(6.0), 1 - 0.1 * np.arange(6.0)

    assert weighted_line(x, y, np.full(6, 4.0), 0.2).slope_variance == pytest.approx(0.2 / (4 * 17.5))


def test_the_interval_holds_the_true_day_as_often_as_it_says():
    generator = np.random.default_rng(3)
    x = np.arange(-13.5, 0)
    lines = [weighted_line(x, -0.1 * x + generator.normal(0, 0.25, 14), np.ones(14)) for _ in range(600)]
    found = [crossing(it, -0.5, 0.90) for it in lines]
    held = sum(it is not None and it.low <= 5 <= it.high for it in found)

    assert None not in found
    assert stats.binomtest(held, 600, 0.90).pvalue > 0.01


@pytest.mark.parametrize(("x", "weights"), [([1, 2], [1, 1]), ([1, 2, 3], [1, 1, 0]), ([2, 2, 2], [1, 1, 1]), ([], [])])
def test_too_few_points_or_one_place_make_no_line(x, weights):
    assert weighted_line(x, [1.0] * len(x), weights) is None


def test_a_flat_line_crosses_nothing():
    assert crossing(weighted_line([0, 1, 2, 3], [1.0, 1.0, 1.0, 1.0], [1, 1, 1, 1]), 2.0, 0.90) is None
