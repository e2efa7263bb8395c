"""Promise 5: how often a probation rolls back what is well, and how often what is ill."""

import pytest
from scipy import stats

from benchmarks.promotion import CAUGHT, WRONGLY, rolled_back

pytestmark = pytest.mark.slow

VERSIONS = 400


def count(found):
    return sum(it is not None for it in found)


@pytest.mark.parametrize("correlation", [0.0, 0.002, 0.01])
@pytest.mark.parametrize(("rate", "per_day"), [(0.75, 50), (0.75, 200), (0.75, 1000), (0.60, 50), (0.60, 1000)])
def test_a_version_as_good_as_the_record_is_rolled_back_no_more_often_than_promised(rate, per_day, correlation):
    """For its bookings or its hand-offs. Rejects 3% at 1%, from 22 of 400 on; a true 7.5% fails nine times in ten."""
    found = count(rolled_back(rate, 0.0, correlation, per_day, VERSIONS, seed=21))

    assert stats.binom.sf(found - 1, VERSIONS, WRONGLY) > 0.01


@pytest.mark.parametrize(("cell", "share"), [it for it in CAUGHT.items() if it[0][2] <= 1000], ids=str)
def test_a_worse_version_is_rolled_back_as_often_as_the_design_says(cell, share):
    """Rejects the design's share, less the five points that its own simulation leaves open, at .1%."""
    found = count(rolled_back(0.75, *cell, VERSIONS, seed=22))

    assert stats.binom.cdf(found, VERSIONS, max(0.0, share - 0.05)) > 0.001


def test_a_fall_by_a_third_is_found_within_sixty_conversations_as_a_rule():
    found = rolled_back(0.75, -0.33, 0.002, 1000, VERSIONS, seed=23)
    at = sorted(it for it in found if it is not None)

    assert len(at) >= 0.99 * VERSIONS
    assert at[len(at) // 2] <= 60
