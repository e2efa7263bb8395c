"""A longest common subsequence, held to the table that defines it, and its bounds."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies

from lifecycle_core.versions import alignment
from lifecycle_core.versions.alignment import Aligned, common

SHORT = strategies.text("abc ", max_size=20)


def longest(before, after):
    """By the definition: the table of lengths, row by row."""
    row = [0] * (len(after) + 1)
    for one in before:
        above, row = row, [0]
        for place, two in enumerate(after):
            row.append(above[place] + 1 if one == two else max(above[place + 1], row[place]))
    return row[-1]


@given(SHORT, SHORT)
def test_no_longer_common_subsequence_can_be_had(before, after):
    pairs = common(before, after)
    assert len(pairs) == longest(before, after)
    assert all(before[one] == after[two] for one, two in pairs)
    assert all(one < later_one and two < later_two for (one, two), (later_one, later_two) in pairwise(pairs))


@given(SHORT, SHORT)
def test_the_runs_cover_both_sequences_and_equal_ones_are_equal(before, after):
    runs = Aligned(before, after).get_opcodes()
    assert "".join(before[i1:i2] for _, i1, i2, _, _ in runs) == before
    assert "".join(after[j1:j2] for _, _, _, j1, j2 in runs) == after
    assert all((before[i1:i2] == after[j1:j2]) == (tag == "equal") for tag, i1, i2, j1, j2 in runs)


def test_past_the_limit_only_the_common_ends_are_kept(monkeypatch):
    monkeypatch.setattr(alignment, "MOST_COMPARED", 8)
    assert [tag for tag, *_ in Aligned("(abc)", "(bcd)").get_opcodes()] == ["equal", "replace", "equal"]


@pytest.mark.parametrize(("before", "after"), [(100, 100_000), (100_000, 100)], ids=["longer", "shorter"])
def test_a_lopsided_pair_costs_no_more_than_its_table(before, after):
    assert len(common("ab" * (before // 2), "ab" * (after // 2))) == min(before, after)
