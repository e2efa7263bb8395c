"""Random tamperings with the log: each that can be told is, and what cannot be is counted as not anchored. See `benchmarks.audit`."""

import pytest

from benchmarks._tamperings import DETECTED, UNDETECTABLE
from benchmarks.audit import prepared, tampered

TIMES = 4


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    it = tmp_path_factory.mktemp("tampered") / "lifecycle.db"
    prepared(it, 1)
    return it


@pytest.mark.parametrize("kind", DETECTED)
def test_each_tampering_is_told(path, kind):
    assert tampered(path, kind, 7, times=TIMES).detected == TIMES


@pytest.mark.parametrize("kind", UNDETECTABLE)
def test_nothing_is_said_of_what_cannot_be_known(path, kind):
    it = tampered(path, kind, 7, times=TIMES)
    assert it.detected == 0
    assert it.not_anchored == TIMES
