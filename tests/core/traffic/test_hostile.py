"""Hostile files are read to their end: the good rows come through, and each of the others is told of."""

import pytest

from benchmarks._hostile import FILES
from benchmarks.formats import as_must_be, judged

pytestmark = pytest.mark.slow


def test_there_are_at_least_sixty_of_them_each_of_its_own_name():
    assert len({it.name for it in FILES}) == len(FILES) >= 60


@pytest.mark.parametrize("it", FILES, ids=lambda it: it.name)
def test_a_hostile_file_has_a_clear_outcome_and_its_good_rows_are_kept(it):
    assert as_must_be(it, *judged(it))
