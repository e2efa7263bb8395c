"""Schemathesis finds nothing: a small version of `python -m benchmarks contract`."""

import pytest

from benchmarks.contract import attacked

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")]


def test_no_answer_is_one_that_the_document_does_not_tell_of():
    found, failures = attacked(examples=2, seed=1, coverage=False)
    assert failures == []
    assert found["cases"] > 200
