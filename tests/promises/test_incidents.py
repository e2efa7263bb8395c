"""Promise 1, of incidents: how often missing values and traffic cry wolf, and how soon values that go missing are seen."""

import numpy as np
import pytest
from scipy import stats

from lifecycle_core.drift.incidents import BUDGET, Share, incident_hours
from lifecycle_core.rollup_tables import Served
from lifecycle_core.simulation.worlds import WORLDS, Moments

pytestmark = pytest.mark.slow

KINDS = ("missing_cost", "missing_latency", "zero_cost")
START, LOOK_BACK, QUARTER = 480_000, 50 * 24, 2184
QUARTERS = 40
USUAL, RISEN = 0.01, 0.10


def _variant(world: str, per_day: float, seed: int, hours: int, rises: int) -> tuple[dict[str, Share], Served]:
    """Three shares whose days differ as booking's do, each 1%, and 10% from hour `rises` on."""
    generator = np.random.default_rng([5, seed])
    clock = np.arange(START, START + hours)
    moments = Moments(WORLDS[world], generator, clock)
    n = generator.poisson(per_day / 24 * moments.traffic())
    shares = {}
    for kind in KINDS:
        rate = np.where(clock < START + rises, moments.rate(USUAL), moments.rate(RISEN))
        shares[kind] = Share(clock, generator.binomial(n, rate).astype(float), n.astype(float))
    return shares, Served(clock[n > 0], n[n > 0].astype(float))


def _false_incidents(world: str, per_day: float, seed: int) -> int:
    """Incidents of a healthy variant in a quarter; hours of a kind within a day of each other are one."""
    shares, traffic = _variant(world, per_day, seed, LOOK_BACK + QUARTER, LOOK_BACK + QUARTER)
    ends = START + LOOK_BACK + 1 + np.arange(QUARTER)
    found = (np.flatnonzero(it) for it in incident_hours(shares, traffic, ends, 50).values())
    return sum(1 + int((np.diff(it) > 24).sum()) for it in found if len(it))


@pytest.mark.parametrize("per_day", [20, 50, 1000])
@pytest.mark.parametrize("world", ["mild", "rough"])
def test_a_healthy_variant_has_an_incident_a_year_at_most(world, per_day):
    """Rejects a quarter of an incident a quarter at 1%, from 19 in forty quarters on: three shares at .31 fail always."""
    found = sum(_false_incidents(world, per_day, seed) for seed in range(QUARTERS))

    assert stats.poisson.sf(found - 1, BUDGET * QUARTERS) > 0.01


@pytest.mark.parametrize(("per_day", "within"), [(50, 72), (200, 24), (1000, 8), (10_000, 2)])
def test_half_of_what_goes_missing_is_seen_within(per_day, within):
    """Of 90 shares; rejects "half" at 1%, so a true .3 fails always."""
    caught = 0
    for seed in range(30):
        rises = LOOK_BACK + 7 * seed % 168
        shares, traffic = _variant("mild", per_day, 1000 + seed, rises + within, rises)
        seen = incident_hours(shares, traffic, START + rises + 1 + np.arange(within), 50)
        caught += sum(int(seen[kind].any()) for kind in KINDS)

    assert stats.binom.cdf(caught, 90, 0.5) > 0.01
