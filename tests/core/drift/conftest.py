"""Simulated variants to be checked: so many days of a world, and how the agent behaved in the last hours."""

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest

from lifecycle_core.drift.windows import instant
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import HEALTHY, SEASONS, Behaviour, World, draw

NOW = 488_940
"""2025-10-11T12:00Z, in hours since 1970."""


@pytest.fixture
def now() -> datetime:
    """The instant up to which `simulated` reaches."""
    return instant(NOW)


@pytest.fixture
def simulated() -> Callable[..., RollupTable]:
    """Simulates a variant up to `now`."""

    def simulate(
        *, drift: Behaviour | None = None, drift_hours=48, behaviour=HEALTHY, days=49, per_day=200, world: World = SEASONS, seed=1
    ) -> RollupTable:
        start, hours = NOW - 24 * days, 24 * days
        generator = np.random.default_rng(seed)
        drawn = draw(
            world, generator, start=start, hours=hours, per_day=per_day, behaviour=behaviour, drift=drift, drift_from=NOW - drift_hours
        )
        return tabulate(drawn, start=start, hours=hours)

    return simulate
