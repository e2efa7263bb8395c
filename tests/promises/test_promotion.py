"""Promises 3 and 4: how often a shadow test errs, and how often it finds what is there."""

from dataclasses import replace
from functools import cache

import pytest
from scipy import stats

from benchmarks.promotion import NULLS, OTHERS, TABLE, endings_of
from lifecycle_core.retraining.verdict import Verdict

pytestmark = pytest.mark.slow

TESTS = 400
IN_VAIN = list({it.world: it for it in (*NULLS, *TABLE) if it.world.effect == 0}.values())
BETTER = [it for it in TABLE if it.world.effect > 0 and not it.world.cost]
HARMFUL = [it for it in TABLE if it.world.effect < 0]
SINGLE = next(it for it in OTHERS if it.name == "single samples, +9%")


@cache
def of(row):
    return endings_of(row, TESTS, seed=11)


def named(row):
    return f"{row.world.success}, {row.world.disagreement}, {row.world.effect:+.0%}"


def promoted(ending):
    return round(TESTS * (ending.share(Verdict.PROMOTE) + ending.share(Verdict.TO_A_PERSON)))


def ended(ending, verdict):
    return round(TESTS * ending.share(verdict))


@pytest.mark.parametrize("row", [*IN_VAIN, replace(SINGLE, world=replace(SINGLE.world, effect=0.0))], ids=named)
def test_a_candidate_that_is_no_better_is_promoted_in_one_test_of_twenty_at_most(row):
    """Rejects 5% at 1%, from 31 of 400 on; a true 12% fails more than nine times in ten."""
    assert stats.binom.sf(promoted(of(row)) - 1, TESTS, 0.05) > 0.01


@pytest.mark.parametrize("row", IN_VAIN, ids=named)
def test_a_candidate_that_does_no_harm_is_stopped_for_harm_in_one_test_of_twenty_at_most(row):
    assert stats.binom.sf(ended(of(row), Verdict.HARM) - 1, TESTS, 0.05) > 0.01


@pytest.mark.parametrize("row", [replace(it, world=replace(it.world, effect=0.05)) for it in IN_VAIN], ids=named)
def test_a_candidate_that_reaches_the_gate_is_called_futile_in_one_test_of_ten_at_most(row):
    assert stats.binom.sf(ended(of(row), Verdict.FUTILE) - 1, TESTS, 0.10) > 0.01


@pytest.mark.parametrize("row", BETTER, ids=named)
def test_a_better_candidate_is_promoted_as_often_as_the_design_says(row):
    """Rejects the design's share, less the two points that its own simulation leaves open, at .1%: of 94%, 352 and fewer of 400."""
    assert stats.binom.cdf(promoted(of(row)), TESTS, max(0.0, row.promoted - 0.02)) > 0.001


@pytest.mark.parametrize("row", HARMFUL, ids=named)
def test_a_harmful_candidate_never_gets_through(row):
    ending = of(row)

    assert ended(ending, Verdict.HARM) + ended(ending, Verdict.FUTILE) == TESTS
    assert stats.binom.cdf(ended(ending, Verdict.HARM), TESTS, row.harm - 0.02) > 0.001


def test_a_candidate_that_costs_fifteen_percent_more_passes_in_a_quarter_of_tests_at_most():
    row = next(it for it in TABLE if it.world.cost)

    assert stats.binom.sf(promoted(of(row)) - 1, TESTS, 0.24) > 0.01


def test_single_samples_with_a_measured_floor_find_two_better_candidates_of_three():
    assert stats.binom.cdf(promoted(of(SINGLE)), TESTS, 0.60) > 0.001


def test_the_literal_difference_rate_promotes_nobody():
    assert promoted(of(next(it for it in OTHERS if it.name.startswith("any difference")))) == 0


def test_an_honest_simulator_is_not_called_invalid():
    assert ended(of(next(it for it in OTHERS if "honest" in it.name)), Verdict.INVALID) == 0


def test_a_simulator_that_lies_far_off_is_found_out_before_anything_is_promoted():
    ending = of(next(it for it in OTHERS if "30 points" in it.name))

    assert stats.binom.cdf(ended(ending, Verdict.INVALID), TESTS, 0.9) > 0.001
    assert ended(ending, Verdict.PROMOTE) == 0
