"""Promise 1: how often a watch of healthy traffic cries wolf."""

import pytest
from scipy import stats

from benchmarks.promises import FALSE_ALARMS, false_episodes

pytestmark = pytest.mark.slow

QUARTERS = 5


@pytest.mark.parametrize("per_day", [50, 1000])
@pytest.mark.parametrize("world", ["mild", "strong seasons"])
def test_a_healthy_variant_alarms_once_a_quarter_at_most(world, per_day):
    """Rejects "at most one" at 1%, from twelve episodes in five quarters on: a true rate of 3 fails eight times in ten."""
    found = sum(false_episodes(world, per_day, seed) for seed in range(QUARTERS))

    assert stats.poisson.sf(found - 1, FALSE_ALARMS[world] * QUARTERS) > 0.01
