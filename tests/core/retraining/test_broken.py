import numpy as np
import pytest
from scipy import stats

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.broken import chance_floor, difference_at, disagreement_at, is_broken
from lifecycle_core.retraining.shadow import Pairs
from lifecycle_core.statistics.intervals import critical
from tests.core.retraining.shadow_samples import samples_of

Z = critical(Policy().confidence_level)


def difference(pairs):
    return difference_at(pairs, np.array([pairs.n]), Z)


@pytest.mark.parametrize(
    ("a", "b", "m", "broken"), [(3, 1, 4, True), (4, 2, 4, False), (2, 0, 4, False), (1, 0, 1, True), (2, 0, 2, True), (1, 0, 2, False)]
)
def test_a_scenario_is_broken_that_the_incumbent_serves_and_the_candidate_does_not(a, b, m, broken):
    assert bool(is_broken(a, m, b, m)) is broken


@pytest.mark.parametrize(("rate", "correlation"), [(0.75, 0.387), (0.55, 0.1), (0.9, 0.8), (0.5, 0.0)])
def test_the_floor_is_the_chance_that_two_sets_of_one_beta_binomial_differ_so(rate, correlation):
    generator = np.random.default_rng(1)
    size = (1 - correlation) / max(correlation, 1e-9)
    p = generator.beta(rate * size, (1 - rate) * size, 400_000)
    found = is_broken(generator.binomial(4, p), 4, generator.binomial(4, p), 4).mean()

    assert float(chance_floor(rate, correlation, 4, 4)) == pytest.approx(found, abs=0.001)


def test_the_floor_of_single_replays_is_half_their_disagreement():
    assert float(chance_floor(0.75, 0.0, 1, 1)) == pytest.approx(0.75 * 0.25)


def test_arms_of_different_sizes_have_a_floor_too():
    x, y = np.arange(5), np.arange(2)
    expected = stats.binom.pmf(x, 4, 0.7)[3:].sum() * stats.binom.pmf(y, 1, 0.7)[0]

    assert float(chance_floor(0.7, 0.0, 4, 1)) == pytest.approx(expected)


def test_the_floor_of_six_hundred_replays_is_a_probability():
    assert 0 < float(chance_floor(0.5, 0.5, 600, 600)) < 0.5


def test_the_floor_is_fitted_to_the_incumbents_own_counts():
    generator = np.random.default_rng(2)
    p = generator.beta(0.75 * 1.58, 0.25 * 1.58, 4000)
    pairs = Pairs.of(samples_of(4000, a=tuple(generator.binomial(4, p)), b=tuple(generator.binomial(4, p))))

    assert float(difference(pairs).floor.item()) == pytest.approx(chance_floor(0.75, 1 / 2.58, 4, 4), abs=0.002)
    assert float(difference(pairs).value.item()) == pytest.approx(0.0, abs=0.01)
    assert float(disagreement_at(pairs, np.array([4000])).item()) == pytest.approx(0.23, abs=0.02)


def test_an_incumbent_that_never_wavers_breaks_nothing_of_itself():
    assert float(difference(Pairs.of(samples_of(40, a=(4,), b=(4,)))).floor.item()) == 0.0


def test_scenarios_served_twice_that_belie_the_fit_leave_no_floor():
    twice = samples_of(100, a=(4, 4, 0, 4), b=(4,), twice_every=1, again=0)

    assert np.isnan(difference(Pairs.of(twice)).value.item())


def test_single_replays_take_their_floor_from_scenarios_served_twice_in_either_order():
    won, lost = (
        samples_of(50, a=(1,), b=(1,), replays=1, twice_every=5, again=0),
        samples_of(100, a=(0,), b=(0,), replays=1, twice_every=5)[50:],
    )

    found = difference(Pairs.of([*won, *lost]))

    assert (found.floor.item(), found.measured.item()) == (0.25, 0.25)


def test_too_few_scenarios_served_twice_are_no_floor_for_single_replays():
    assert np.isnan(difference(Pairs.of(samples_of(40, a=(1,), b=(1,), replays=1, twice_every=5))).value.item())


def test_the_excess_lies_in_its_interval():
    found = difference(Pairs.of(samples_of(100, a=(4, 3, 3, 4), b=(0, 4, 4, 4, 4, 4, 4, 4))))

    assert found.low.item() < found.value.item() < found.high.item()
