"""A change taken apart by groups adds up to the change, whatever the groups."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lifecycle_core.statistics.shares import apart, kitagawa

GROUPS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.floats(-50, 50), st.floats(-50, 50)),
    min_size=1,
    max_size=12,
)


@given(groups=GROUPS, alike=st.booleans())
def test_mix_and_rate_effects_add_up_to_the_whole_change(groups, alike):
    n1, n0, p1, p0 = np.array(groups).T
    assume(n1.sum() > 0 and n0.sum() > 0)

    mix, rate = kitagawa(n1, n1 * p1, n0, n0 * p0, alike=alike)

    change = (n1 * p1).sum() / n1.sum() - (n0 * p0).sum() / n0.sum()
    assert mix.sum() + rate.sum() == pytest.approx(change, abs=1e-9)


@given(groups=GROUPS)
def test_in_all_the_mix_effect_is_that_of_kitagawas_own_form(groups):
    n1, n0, p1, p0 = np.array(groups).T
    n1, n0 = n1 + 1, n0 + 1

    mix, rate = kitagawa(n1, n1 * p1, n0, n0 * p0)

    w1, w0 = n1 / n1.sum(), n0 / n0.sum()
    assert mix.sum() == pytest.approx(((w1 - w0) * (p1 + p0) / 2).sum(), abs=1e-9)
    assert rate == pytest.approx((p1 - p0) * (w1 + w0) / 2, abs=1e-9)


def test_groups_of_unchanged_size_have_no_mix_effect():
    mix, _ = kitagawa([30, 70], [3, 60], [300, 700], [150, 600])
    assert mix == pytest.approx([0, 0])


def test_a_group_that_grew_with_the_common_mean_contributes_nothing():
    mix, rate = kitagawa([60, 40], [30, 20], [20, 80], [10, 40])
    assert [*mix, *rate] == pytest.approx([0, 0, 0, 0])


def test_without_anybody_on_one_side_nothing_is_known():
    mix, rate = kitagawa([0, 0], [0, 0], [5, 5], [1, 1])
    assert np.isnan([*mix, *rate]).all()


def test_groups_that_move_alike_are_told_apart_no_more_often_than_chance_has_it():
    chance = np.random.default_rng(11)
    n, repeats = (80, 400, 240, 1200), 4000
    x = [chance.binomial(size, rate, repeats) for size, rate in zip(n, (0.6, 0.75, 0.5, 0.65), strict=True)]

    z = apart(((n[0], x[0], x[0]), (n[1], x[1], x[1])), ((n[2], x[2], x[2]), (n[3], x[3], x[3])))

    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.05, abs=0.012)
