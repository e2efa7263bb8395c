import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.categorical import chance_distance, clustered_g2, pearson, shares, total_variation
from lifecycle_core.statistics.levels import normal_of_chi_squared


def _window(conversations) -> tuple[np.ndarray, np.ndarray]:
    return conversations.sum(axis=0).astype(float), np.einsum("ni,nj->ij", conversations, conversations).astype(float)


def _single_calls(counts) -> np.ndarray:
    return np.repeat(np.eye(len(counts), dtype=int), counts, axis=0)


def test_single_calls_give_the_plain_likelihood_ratio():
    recent, reference = _single_calls([60, 20, 15, 5]), _single_calls([40, 30, 25, 5])
    table = np.array([recent.sum(axis=0), reference.sum(axis=0)])
    statistic, df = clustered_g2(_window(recent), _window(reference), (100, 100))

    assert float(df) == pytest.approx(3, abs=0.01)
    assert float(statistic) == pytest.approx(stats.chi2_contingency(table, lambda_="log-likelihood").statistic, rel=0.01)


def test_saying_everything_twice_adds_no_evidence():
    once = _single_calls([60, 20, 15, 5]), _single_calls([40, 30, 25, 5])
    plain, doubled = (
        float(normal_of_chi_squared(*clustered_g2(_window(times * once[0]), _window(times * once[1]), (100, 100)))) for times in (1, 2)
    )

    assert doubled == pytest.approx(plain, abs=0.01)


def test_one_conversation_in_a_loop_does_not_speak_for_all():
    generator = np.random.default_rng(1)
    usual = generator.multinomial(6, [0.4, 0.3, 0.25, 0.05], 400)
    recent = np.concatenate([generator.multinomial(6, [0.4, 0.3, 0.25, 0.05], 80), [[0, 0, 0, 51]]])
    plain, df = pearson(recent.sum(axis=0), usual.sum(axis=0))
    z = float(normal_of_chi_squared(*clustered_g2(_window(recent), _window(usual), (81, 400))))

    assert stats.chi2.sf(plain, df) < 1e-6
    assert z < 2.5


def test_clustered_calls_reject_no_more_often_than_nominal():
    generator = np.random.default_rng(2)
    rejected = 0
    for _ in range(400):
        own = generator.dirichlet(8 * np.array([0.4, 0.3, 0.25, 0.05]), 360)
        calls = generator.multinomial(1 + generator.poisson(5, 360), own)
        z = normal_of_chi_squared(*clustered_g2(_window(calls[:60]), _window(calls[60:]), (60, 300)))
        rejected += float(z) > 1.645

    assert stats.binomtest(rejected, 400, 0.05).pvalue > 0.01


def test_design_effects_divide_the_evidence():
    recent, reference = _window(_single_calls([60, 20, 15, 5])), _window(_single_calls([40, 30, 25, 5]))
    alone, _ = clustered_g2(recent, reference, (100, 100))
    with_days, _ = clustered_g2(recent, reference, (100, 100), (3.0, 3.0))

    assert float(with_days) == pytest.approx(float(alone) / 3)


def test_an_action_that_nobody_calls_changes_nothing():
    recent, reference = _single_calls([60, 40]), _single_calls([40, 60])
    padded = [np.pad(it, ((0, 0), (0, 2))) for it in (recent, reference)]
    with_it, without = (clustered_g2(_window(a), _window(b), (100, 100)) for a, b in (padded, (recent, reference)))

    assert [float(it) for it in with_it] == pytest.approx([float(it) for it in without])


@pytest.mark.parametrize("calls", [[0.0, 0.0], [5.0, 0.0]])
def test_no_calls_or_one_action_alone_are_no_evidence(calls):
    side = np.array(calls), np.diag(calls)

    assert float(normal_of_chi_squared(*clustered_g2(side, side, (5, 5)))) == 0.0


def test_pearsons_statistic_is_scipys_on_the_categories_that_occur():
    recent, reference = [60, 20, 15, 5, 0], [40, 30, 25, 5, 0]
    expected = stats.chi2_contingency([recent[:4], reference[:4]], correction=False)

    assert pearson(recent, reference) == (pytest.approx(expected.statistic), expected.dof)


def test_total_variation_is_unknown_where_a_side_is_empty():
    assert np.isnan(total_variation([0, 0], [1, 2]))


def test_shares_add_up():
    assert float(shares([3, 1, 4]).sum()) == pytest.approx(1)


def _g2_by_loops(recent, reference, effects) -> tuple[float, float]:
    """The formulas of Rao and Scott one conversation and one pair of categories at a time."""
    windows = [np.asarray(it, dtype=float) for it in (recent, reference)]
    k, both = windows[0].shape[1], np.concatenate(windows)
    p = both.sum(axis=0) / both.sum()
    g2 = 0.0
    for window in windows:
        for j in range(k):
            calls = window[:, j].sum()
            if calls:
                g2 += 2 * calls * np.log(calls / window.sum() / p[j])
    covariance = np.zeros((k, k))
    for a in both:
        for i in range(k):
            for j in range(k):
                covariance[i, j] += (a[i] - a.sum() * p[i]) * (a[j] - a.sum() * p[j]) / len(both)
    spread = sum(d * len(it) / it.sum() ** 2 for it, d in zip(windows, effects, strict=True)) / sum(1 / it.sum() for it in windows)
    w = [[covariance[i, j] * spread / np.sqrt(p[i] * p[j]) for j in range(k)] for i in range(k)]
    trace, squares = sum(w[i][i] for i in range(k)), sum(w[i][j] * w[j][i] for i in range(k) for j in range(k))
    return g2 * trace / squares, trace**2 / squares


@pytest.mark.parametrize("effects", [(1.0, 1.0), (1.5, 4.0)])
@pytest.mark.parametrize("mix", [[0.4, 0.3, 0.25, 0.05], [0.6, 0.2, 0.15, 0.05]])
def test_the_clustered_likelihood_ratio_is_its_formula_in_loops(mix, effects):
    generator = np.random.default_rng(6)
    recent, reference = (
        generator.multinomial(1 + generator.poisson(5, n), generator.dirichlet(8 * np.array(it), n))
        for n, it in ((60, mix), (150, [0.4, 0.3, 0.25, 0.05]))
    )
    found = clustered_g2(_window(recent), _window(reference), (60, 150), effects)

    assert [float(it) for it in found] == pytest.approx(_g2_by_loops(recent, reference, effects))


def test_the_clustered_degrees_of_freedom_lie_between_one_and_all_but_one_category():
    generator = np.random.default_rng(7)
    for concentration in (0.5, 5.0, 500.0):
        calls = generator.multinomial(6, generator.dirichlet(concentration * np.array([0.4, 0.3, 0.25, 0.05]), 300))
        _, df = clustered_g2(_window(calls[:60]), _window(calls[60:]), (60, 240))
        assert 1 <= float(df) <= 3 + 1e-9


def test_total_variation_is_the_largest_difference_of_any_set_of_categories():
    recent, reference = np.array([60, 20, 15, 5]), np.array([40, 30, 25, 5])
    sets = [[bool(mask >> j & 1) for j in range(4)] for mask in range(16)]
    furthest = max(abs(recent[it].sum() / 100 - reference[it].sum() / 100) for it in sets)

    assert float(total_variation(recent, reference)) == pytest.approx(furthest)


@pytest.mark.parametrize("mix", [[0.4, 0.3, 0.25, 0.05], [1 / 12] * 12], ids=["four actions", "twelve actions"])
@pytest.mark.parametrize("n", [(60, 300), (200, 200)])
def test_the_chance_distance_is_the_mean_distance_of_two_samples_of_one_clustered_mix(mix, n):
    generator = np.random.default_rng(8)
    told, found = [], []
    for _ in range(500):
        own = generator.dirichlet(8 * np.array(mix), sum(n))
        calls = generator.multinomial(1 + generator.poisson(5, sum(n)), own)
        recent, reference = _window(calls[: n[0]]), _window(calls[n[0] :])
        told.append(float(chance_distance(recent, reference, n)))
        found.append(float(total_variation(recent[0], reference[0])))

    assert np.mean(told) == pytest.approx(np.mean(found), rel=0.04)


def test_the_chance_distance_of_many_pairs_is_that_of_each():
    generator = np.random.default_rng(9)
    sides = [[_window(generator.multinomial(6, [0.4, 0.3, 0.3], n)) for n in (50, 80)] for _ in range(3)]
    together = [(np.stack([it[side][0] for it in sides]), np.stack([it[side][1] for it in sides])) for side in (0, 1)]

    assert chance_distance(*together, (50, 80)).tolist() == pytest.approx([float(chance_distance(*it, (50, 80))) for it in sides])


@pytest.mark.parametrize("calls", [[0.0, 0.0], [5.0, 0.0]])
def test_chance_makes_no_distance_of_no_calls_or_of_one_action_alone(calls):
    side = np.array(calls), np.diag(calls)

    assert float(chance_distance(side, side, (5, 5))) == 0.0


@pytest.mark.parametrize("calls", [[7, 2, 3], [3, 1, 1], [5, 5, 4, 1]])
@pytest.mark.parametrize("n", [(50, 1350), (333, 9001)])
def test_conversations_that_all_call_the_same_are_no_evidence_though_their_sums_are_rounded(calls, n):
    calls = np.array(calls, dtype=float)
    windows = ((calls * many, np.outer(calls, calls) * many) for many in n)
    assert [float(it) for it in clustered_g2(*windows, n)] == [0, 0]
