import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.ranks import mann_whitney, median_ratio_interval, quantile
from lifecycle_core.statistics.samples import LATENCY_BINS

EDGES = LATENCY_BINS.edges()


def _histogram(values) -> np.ndarray:
    return np.bincount(LATENCY_BINS.index(values), minlength=LATENCY_BINS.count).astype(float)


def test_the_ranks_of_a_histogram_have_the_tail_of_the_ranks_of_the_values():
    generator = np.random.default_rng(1)
    recent, reference = generator.lognormal(1.0, 0.5, 80), generator.lognormal(0.7, 0.5, 700)
    tail = stats.mannwhitneyu(recent, reference, alternative="greater", method="asymptotic", use_continuity=False).pvalue

    assert float(mann_whitney(_histogram(recent), _histogram(reference))) == pytest.approx(stats.norm.isf(tail), abs=0.1)


def test_one_stall_among_a_hundred_is_no_evidence():
    steady = np.full(100, 2.0)
    stalled = np.append(steady, 966.0)

    assert float(mann_whitney(_histogram(stalled), _histogram(steady))) < 0.2


def test_the_same_histogram_is_no_evidence():
    counts = _histogram(np.random.default_rng(1).lognormal(0, 0.5, 500))

    assert float(mann_whitney(counts, counts)) == pytest.approx(0.0)


def test_an_empty_side_is_no_evidence():
    assert float(mann_whitney([0, 0], [3, 4])) == 0.0


@pytest.mark.parametrize("q", [0.05, 0.5, 0.95])
def test_a_quantile_is_known_to_two_percent(q):
    values = np.random.default_rng(3).lognormal(0.7, 0.6, 5000)

    assert float(quantile(_histogram(values), EDGES, q)) == pytest.approx(np.quantile(values, q), rel=0.02)


def test_the_quantiles_of_nothing_are_unknown():
    assert np.isnan(quantile(np.zeros(3), [1.0, 2.0, 4.0, 8.0], 0.5))
    assert np.isnan(quantile(np.zeros(0), [1.0], 0.5))


def test_the_interval_of_a_ratio_of_medians_holds_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(4)
    held = 0
    for _ in range(300):
        recent, reference = 1.4 * generator.lognormal(0, 0.5, 120), generator.lognormal(0, 0.5, 1500)
        low, high = median_ratio_interval(_histogram(recent), _histogram(reference), EDGES, (1.0, 1.0), 1.96)
        held += low <= 1.4 <= high

    assert stats.binomtest(held, 300, 0.95).pvalue > 0.01


def test_the_median_of_nothing_has_no_ratio():
    assert median_ratio_interval(_histogram(np.array([])), _histogram(np.array([1.0])), EDGES, (1.0, 1.0), 1.96) is None


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5, 1.5])
def test_the_ranks_are_scipys_on_the_same_bins(shift):
    generator = np.random.default_rng(5)
    recent, reference = (LATENCY_BINS.index(it) for it in (generator.lognormal(shift, 0.5, 90), generator.lognormal(0, 0.5, 800)))
    counts = [np.bincount(it, minlength=LATENCY_BINS.count).astype(float) for it in (recent, reference)]
    found = stats.mannwhitneyu(recent, reference, alternative="greater", method="asymptotic", use_continuity=False)
    u = found.statistic / (90 * 800)

    assert float(mann_whitney(*counts)) == pytest.approx((u - 0.5) / np.sqrt((1 / 90 + 1 / 800) / 12))
    assert float(mann_whitney(*counts)) == pytest.approx(stats.norm.isf(found.pvalue), rel=0.002, abs=0.001)


def test_the_ranks_of_design_effects_are_those_of_so_many_fewer():
    recent, reference = np.array([3.0, 10.0, 40.0]), np.array([200.0, 100.0, 50.0])

    assert float(mann_whitney(recent, reference, (4.0, 4.0))) == pytest.approx(float(mann_whitney(recent / 4, reference / 4)))


@pytest.mark.parametrize("q", [0.01, 0.15, 0.3, 0.5, 0.899, 0.95, 0.99])
def test_a_quantile_is_found_by_walking_along_the_bins(q):
    counts, edges = [0.0, 4.0, 0.0, 3.0, 11.0, 2.0], [1.0, 1.5, 2.2, 3.0, 4.7, 7.0, 11.0]
    left, place = q * sum(counts), 0
    while left > counts[place]:
        left -= counts[place]
        place += 1
    low, high = edges[place : place + 2]

    assert float(quantile(counts, edges, q)) == pytest.approx(low * (high / low) ** (left / counts[place]))
