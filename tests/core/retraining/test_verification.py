"""A verdict is worked out anew from its rows: bit for bit, and its e-values in whole numbers."""

from dataclasses import replace
from math import exp, nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lifecycle_core.policy import Policy, ShadowPolicy
from lifecycle_core.retraining.analysis import ShadowAnalysis, analyze
from lifecycle_core.retraining.shadow import Arm
from lifecycle_core.retraining.verification import E_VALUES, differences, exact_evidence, verify
from lifecycle_core.statistics.sequential import log_e
from tests.core.retraining.shadow_samples import POLICY, ROWS, sample, told


@pytest.fixture(params=ROWS)
def verdict(request):
    return request.param


def test_a_verdict_is_what_its_rows_give_bit_for_bit_whatever_came_after(verdict):
    found = verify(told(verdict), reversed(ROWS[verdict]), POLICY)

    assert (found.differences, found.bit_for_bit) == ((), True)


def test_a_verdict_is_the_same_bits_after_it_was_written_and_read(verdict):
    known = TypeAdapter(ShadowAnalysis)
    stored = known.validate_json(known.dump_json(told(verdict)))

    assert verify(stored, ROWS[verdict], POLICY).bit_for_bit


def test_a_row_that_was_changed_is_told():
    rows = list(ROWS["promote"])
    rows[17] = replace(rows[17], candidate=Arm(replays=4, successes=0, cost_usd=0.004))

    found = verify(told("promote"), rows, POLICY)

    assert any(it.startswith("e_better is stored as ") for it in found.differences)
    assert any(it.startswith("gates[success].value is stored as ") for it in found.differences)
    assert any(it.startswith("in whole numbers, e_better is stored as ") for it in found.differences)


def test_a_row_that_is_missing_is_told():
    assert "n is stored as 100, and its rows give 99" in verify(told("promote"), ROWS["promote"][1:], POLICY).differences


def test_rounding_is_no_difference_and_yet_not_the_same_bits():
    stored = replace(told("promote"), e_better=nextafter(told("promote").e_better, 1e9))
    found = verify(stored, ROWS["promote"], POLICY)

    assert (found.holds, found.bit_for_bit) == (True, False)


def test_more_than_rounding_is_a_difference():
    stored = told("promote")

    assert len(differences(stored, replace(stored, e_better=stored.e_better * (1 + 1e-8)))) == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_whole_numbers_give_the_e_values_that_logarithms_do(pairs):
    rows = [sample(place, a, b, escalations=(4 - a, 0)) for place, (a, b) in enumerate(pairs)]
    given_ = analyze(rows, replace(POLICY, shadow=ShadowPolicy(min_harm_samples=1_000, min_shadow_samples=1_000)))
    exact = exact_evidence(rows, POLICY)

    assert [exact[it] for it in E_VALUES] == pytest.approx([getattr(given_, it) for it in E_VALUES], rel=1e-9)


def test_evidence_past_every_float_is_as_large_as_one_can_be():
    rows = [sample(place, 0, 4) for place in range(2_000)]

    assert exact_evidence(rows, Policy())["e_better"] == exp(700)
    assert float(log_e(np.ones(2_000))[-1]) > 700
