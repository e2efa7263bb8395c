"""Promise 2: how soon a watch sees a drift."""

import pytest
from scipy import stats

from benchmarks.promises import DELAYS, delays

pytestmark = pytest.mark.slow

VARIANTS = 40
QUICK = [it for it in DELAYS if it.per_day <= 1000 and it.hours <= 168]


@pytest.mark.parametrize("drifting", QUICK, ids=lambda it: f"{it.per_day} a day: {', '.join(demand.drift for demand in it.demands)}")
def test_a_drift_is_seen_in_time_as_often_as_promised(drifting):
    """Rejects each share at 1% over 40 variants: of .92, 31 caught and fewer, so that a true share of .75 fails seven times in ten."""
    found = [delays(drifting, seed) for seed in range(VARIANTS)]

    for demand, hours in zip(drifting.demands, zip(*found, strict=True), strict=True):
        caught = sum(it is not None and it <= demand.hours for it in hours)
        assert stats.binom.cdf(caught, VARIANTS, demand.share) > 0.01, f"{demand.drift}: {caught} of {VARIANTS} within {demand.hours} h"
