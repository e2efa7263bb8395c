import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.categorical import clustered_g2
from lifecycle_core.statistics.levels import normal_of_chi_squared
from lifecycle_core.statistics.means import welch
from lifecycle_core.statistics.power import independent_calls, mix_deviate, rank_deviate, rate_deviate, shift_deviate
from lifecycle_core.statistics.proportions import signed_root
from lifecycle_core.statistics.ranks import mann_whitney
from lifecycle_core.statistics.samples import LATENCY_BINS

MANY, N1, N0 = 400, 150, 1500


def _sums(values):
    return values.shape[-1], values.sum(axis=-1), (values**2).sum(axis=-1)


def test_the_deviate_of_a_rate_is_the_mean_of_what_is_found():
    generator = np.random.default_rng(1)
    x1, x0 = generator.binomial(N1, 0.65, MANY), generator.binomial(N0, 0.75, MANY)

    assert float(rate_deviate(0.65, 0.75, (N1, N0))) == pytest.approx(signed_root(x1, N1, x0, N0).mean(), abs=0.15)


def test_the_deviate_of_a_shift_is_the_mean_of_what_is_found():
    generator = np.random.default_rng(2)
    recent, reference = generator.normal(0.3, 0.8, (MANY, N1)), generator.normal(0, 0.8, (MANY, N0))

    assert float(shift_deviate(0.3, 0.8, (N1, N0))) == pytest.approx(welch(_sums(recent), _sums(reference)).mean(), abs=0.2)


def test_the_deviate_of_ranks_is_the_mean_of_what_is_found():
    generator = np.random.default_rng(3)
    values = generator.lognormal(0.2, 0.5, (100, N1)), generator.lognormal(0, 0.5, (100, N0))
    histograms = [np.stack([np.bincount(LATENCY_BINS.index(row), minlength=LATENCY_BINS.count) for row in it]) for it in values]

    assert float(rank_deviate(0.2, 0.5, (N1, N0))) == pytest.approx(mann_whitney(*histograms).mean(), abs=0.3)


def test_the_chance_of_ranks_is_that_of_two_normal_figures():
    assert float(rank_deviate(0.5, 1.0, (12, np.inf))) == pytest.approx((stats.norm.cdf(0.5 / 2**0.5) - 0.5) * 12)


def test_the_deviate_of_a_mix_is_the_median_of_what_is_found():
    generator = np.random.default_rng(4)
    after, before = [0.6, 0.2, 0.15, 0.05], [0.4, 0.3, 0.25, 0.05]
    counts = generator.multinomial(N1, after, MANY).astype(float), generator.multinomial(N0, before, MANY).astype(float)
    sides = [(it, np.einsum("nk,kj->nkj", it, np.eye(4))) for it in counts]
    z = normal_of_chi_squared(*clustered_g2(*sides, (np.full(MANY, N1), np.full(MANY, N0))))

    assert float(mix_deviate(0.2, 4, (N1, N0))) == pytest.approx(np.median(z), abs=0.35)


@pytest.mark.parametrize("concentration", [1e6, 8.0, 1.0])
def test_independent_calls_are_what_the_spread_of_mixes_says(concentration):
    generator = np.random.default_rng(5)
    p = np.array([0.4, 0.3, 0.25, 0.05])
    calls = generator.multinomial(6, generator.dirichlet(concentration * p, 4000))
    spread = calls.reshape(40, 100, 4).sum(axis=1) / 600
    effective = np.mean(p * (1 - p) / spread.var(axis=0)) / 100

    assert independent_calls(calls.sum(axis=0), np.einsum("ni,nj->ij", calls, calls), 4000) == pytest.approx(effective, rel=0.3)


@pytest.mark.parametrize(("calls", "n"), [([5.0, 0.0], 5), ([0.0, 0.0], 0)])
def test_one_action_alone_tells_nothing_of_a_mix(calls, n):
    assert independent_calls(calls, np.diag(calls), n) == 0.0


def test_no_spread_and_no_size_give_no_evidence():
    assert float(shift_deviate(1.0, 0.0, (10, 10))) == float(rank_deviate(1.0, 0.0, (10, 10))) == 0.0
    assert float(shift_deviate(1.0, 1.0, (0, 10))) == 0.0
