import numpy as np
import pytest
from scipy import stats

from lifecycle_core.statistics.words import log_odds


def by_the_formula(y1, y0, strength):
    """Monroe, Colaresi and Quinn 2008, equation 15 and 18, one word at a time."""
    n1, n0 = sum(y1), sum(y0)
    for a, b in zip(y1, y0, strict=True):
        prior = strength * (a + b) / (n1 + n0)
        odds1 = (a + prior) / (n1 + strength - a - prior)
        odds0 = (b + prior) / (n0 + strength - b - prior)
        yield (np.log(odds1) - np.log(odds0)) / np.sqrt(1 / (a + prior) + 1 / (b + prior))


def test_it_is_the_formula_of_its_source():
    y1, y0 = [12, 3, 40, 0, 7], [10, 9, 35, 2, 0]

    assert log_odds(y1, y0, 25.0)[1].tolist() == pytest.approx(list(by_the_formula(y1, y0, 25.0)))


def test_swapping_the_groups_turns_the_sign():
    y1, y0 = [12, 3, 40, 0, 7], [10, 9, 35, 2, 0]

    assert log_odds(y1, y0)[1] == pytest.approx(-log_odds(y0, y1)[1])


def test_a_word_said_once_never_comes_before_one_that_thirty_said():
    common = [100] * 50
    _, z = log_odds([*common, 30, 1], [*common, 5, 0])

    assert z.argmax() == 50


def test_words_of_groups_that_do_not_differ_are_within_chance():
    generator = np.random.default_rng(1)
    shares = generator.beta(0.5, 4, 2000)
    _, z = log_odds(generator.binomial(300, shares), generator.binomial(700, shares))

    assert (np.abs(z) > stats.norm.isf(0.025)).mean() < 0.05


def test_no_text_at_all_gives_no_difference():
    assert log_odds([0, 0], [0, 0])[1].tolist() == [0, 0]
    assert log_odds([], [])[1].tolist() == []
