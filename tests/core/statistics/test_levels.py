import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.levels import (
    chi_squared_tail,
    entry_level,
    looks,
    normal_of_chi_squared,
    normal_of_t,
    t_of_normal,
)

FAR = (0.5, 1.0, 1.645, 2.5, 3.5, 4.3, 6.0, 10.0, 20.0, 35.0)


@pytest.mark.parametrize(("a_day", "level"), [(20, 3.74), (50, 3.96), (200, 4.28), (1000, 4.32), (10_000, 4.32)])
def test_the_entry_level_follows_from_the_traffic_alone(a_day, level):
    assert entry_level(0.5, 7 * 17, looks(a_day, 40)) == pytest.approx(level, abs=0.005)


def test_a_fleet_of_a_thousand_variants_pays_with_a_higher_level():
    assert entry_level(0.5 / 1000, 7 * 17, looks(1000, 40)) == pytest.approx(5.7, abs=0.05)


@pytest.mark.parametrize("df", [8, 20, 57.5, 400])
@pytest.mark.parametrize("z", [it for it in FAR if it <= 6])
def test_a_t_becomes_the_normal_deviate_of_the_same_tail(df, z):
    t = stats.t.isf(stats.norm.sf(z), df)

    assert float(normal_of_t(t, df)) == pytest.approx(z, rel=0.01, abs=0.01)
    assert float(normal_of_t(-t, df)) == pytest.approx(-z, rel=0.01, abs=0.01)


@pytest.mark.parametrize("df", [2, 7, 60.5])
def test_a_normal_deviate_becomes_a_t_and_back(df):
    assert float(normal_of_t(t_of_normal(1.96, df), df)) == pytest.approx(1.96)


def test_a_t_of_endless_degrees_of_freedom_stays_as_it_is():
    assert normal_of_t([-3.0, 4.0], np.inf).tolist() == [-3.0, 4.0]
    assert t_of_normal(1.96, np.inf) == 1.96


@pytest.mark.parametrize("df", [1, 1.3, 2, 2.6, 3, 4, 6.5, 10, 29])
@pytest.mark.parametrize("z", FAR)
def test_a_chi_squared_becomes_the_normal_deviate_of_the_same_tail_however_far(df, z):
    x = stats.chi2.isf(stats.norm.sf(z), df)

    assert float(normal_of_chi_squared(x, df)) == pytest.approx(z, abs=0.02 if df < 2 else 0.009)


def test_a_chi_squared_is_never_taken_for_more_than_it_is():
    z = np.linspace(1, 30, 200)
    for df in (1, 2, 3, 9):
        assert (normal_of_chi_squared(stats.chi2.isf(stats.norm.sf(z), df), df) <= z).all()


def test_a_chi_squared_without_degrees_of_freedom_says_nothing():
    assert normal_of_chi_squared([5.0, 5.0], [0.0, 2.0]).tolist()[0] == 0.0


def test_a_chi_squared_near_its_mean_has_a_deviate_without_a_gap():
    x = np.linspace(2.9, 3.1, 400)

    assert np.abs(np.diff(normal_of_chi_squared(x, 3))).max() < 0.001


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 14, 30])
@pytest.mark.parametrize("x", [0.0, 0.5, 7.815, 40.0, 900.0])
def test_the_tail_of_whole_degrees_of_freedom_is_exact(df, x):
    assert chi_squared_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)


@pytest.mark.parametrize("z", [0.5, 1.0, 1.645, 1.96])
@pytest.mark.parametrize("df", [3, 5])
def test_few_degrees_of_freedom_still_give_an_interval_of_its_confidence(df, z):
    assert t_of_normal(z, df) == pytest.approx(stats.t.isf(stats.norm.sf(z), df), rel=0.012)


@pytest.mark.parametrize(("alarms", "comparisons", "each"), [(0.5, 119, 546), (0.25, 52, 113.75), (0.5, 238, 45.5)])
def test_the_entry_level_is_the_normal_quantile(alarms, comparisons, each):
    assert entry_level(alarms, comparisons, each) == pytest.approx(stats.norm.isf(alarms / comparisons / each))
