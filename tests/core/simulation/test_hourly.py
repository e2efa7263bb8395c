"""Worlds drawn as hourly sums hold what worlds drawn conversation by conversation hold."""

import numpy as np
import pytest

from lifecycle_core.rollup_tables import Entries
from lifecycle_core.rollups import ACTIONS, COST, LATENCY, PRODUCTS, SCALARS
from lifecycle_core.simulation.hourly import Stage, hourly
from lifecycle_core.simulation.kinds import kinds_of
from lifecycle_core.simulation.tables import tabulate
from lifecycle_core.simulation.worlds import DRIFTS, HEALTHY, MILD, ROUGH, SEASONS, STILL, WORLDS, Behaviour, draw

pytestmark = pytest.mark.slow

START = 487_728
DAYS, SEEDS, PER_DAY = 28, 12, 200
HOURS = 24 * DAYS


def days(table):
    """The table's sums by day: (days, WIDTH)."""
    dense = table.dense()
    by_day = np.zeros((DAYS, dense.shape[1]))
    np.add.at(by_day, (table.hours - START) // 24, dense)
    return by_day


def told(by_day):
    """What a day is told by, the sums each as a mean of its conversations."""
    known = {name: by_day[:, place] / by_day[:, 0] for place, name in enumerate(SCALARS) if by_day[:, place].any()}
    calls = {f"calls {it}": by_day[:, it] / by_day[:, 0] for it in range(ACTIONS.start, ACTIONS.start + 4)}
    return known | calls | {"conversations": by_day[:, 0]}


@pytest.fixture(scope="module", params=sorted(WORLDS))
def both(request):
    """The days of a world, drawn by either way, from a dozen seeds each."""
    world, asked = WORLDS[request.param], {"start": START, "hours": HOURS, "per_day": PER_DAY}
    one_by_one = [tabulate(draw(world, np.random.default_rng([1, it]), **asked), start=START, hours=HOURS) for it in range(SEEDS)]
    at_once = [hourly(world, np.random.default_rng([2, it]), **asked)[0] for it in range(SEEDS)]
    return [np.concatenate([days(table) for table in tables]) for tables in (one_by_one, at_once)]


def test_the_mean_of_a_day_is_the_same_in_every_sum(both):
    one_by_one, at_once = (told(it) for it in both)

    assert one_by_one.keys() == at_once.keys()
    for name, figures in one_by_one.items():
        error = np.hypot(figures.std(), at_once[name].std()) / np.sqrt(len(figures))
        assert abs(figures.mean() - at_once[name].mean()) < 4.2 * error + 1e-12, name


def test_days_differ_as_much_in_every_sum(both):
    """The clustering of calls included: it makes their days' spread 1.7 times what single calls would have."""
    one_by_one, at_once = (told(it) for it in both)

    for name in one_by_one.keys() - {"booked_n", "escalated_n"}:
        assert at_once[name].std() / one_by_one[name].std() == pytest.approx(1, abs=0.28), name


def test_products_of_calls_are_the_same(both):
    one_by_one, at_once = (it[:, PRODUCTS].sum(axis=0) / it[:, 0].sum() for it in both)

    assert np.array_equal(one_by_one > 0, at_once > 0)
    assert at_once[at_once > 0] == pytest.approx(one_by_one[one_by_one > 0], rel=0.06)


@pytest.mark.parametrize(("part", "bins"), [(COST, 2), (LATENCY, 3)])
def test_histograms_have_the_same_quantiles_to_a_bin(both, part, bins):
    one_by_one, at_once = (np.cumsum(it[:, part].sum(axis=0)) / it[:, part].sum() for it in both)

    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert abs(int(np.searchsorted(at_once, share)) - int(np.searchsorted(one_by_one, share))) <= bins + 1


@pytest.mark.parametrize(
    "drift", ["runaways", "stalls 10%", "cost x2", "unpriced 10%", "untimed 10%", "free 10%", "provider fault", "action mix"]
)
def test_a_drift_is_the_same(drift):
    asked = {"start": START, "hours": HOURS, "per_day": PER_DAY}
    drawn = [draw(STILL, np.random.default_rng([3, it]), **asked, behaviour=DRIFTS[drift]) for it in range(4)]
    one_by_one = sum(tabulate(it, start=START, hours=HOURS).dense().sum(axis=0) for it in drawn)
    tables = [hourly(STILL, np.random.default_rng([4, it]), **asked, stages=[Stage(START, DRIFTS[drift])])[0] for it in range(4)]
    at_once = sum(it.dense().sum(axis=0) for it in tables)

    head = slice(0, len(SCALARS))
    assert at_once[head] / at_once[0] == pytest.approx(one_by_one[head] / one_by_one[0], rel=0.06, abs=0.004)
    assert at_once[ACTIONS] / at_once[0] == pytest.approx(one_by_one[ACTIONS] / one_by_one[0], rel=0.04)


def test_what_costs_nothing_is_in_no_histogram():
    (table,) = hourly(STILL, np.random.default_rng(5), start=START, hours=HOURS, per_day=1000, stages=[Stage(START, Behaviour(free=0.1))])

    known, free = table.column("cost_n").sum(), table.column("cost_zero_n").sum()
    assert free / known == pytest.approx(0.1, abs=0.01)
    assert table.dense()[:, COST].sum() == known - free


def test_the_entries_are_those_of_the_dense_sums():
    (table,) = hourly(ROUGH, np.random.default_rng(6), start=START, hours=48, per_day=50, stages=[Stage(START, Behaviour(crashes=0.3))])

    again = Entries.of(table.dense())
    for name in ("row", "place", "value"):
        assert np.array_equal(getattr(table.entries, name), getattr(again, name))
    assert table.provider_fault.any()
    assert list(zip(table.hours, table.provider_fault, strict=True)) == sorted(zip(table.hours, table.provider_fault, strict=True))


def test_a_drift_that_is_cured_lasts_as_long_as_it_was_told_to():
    ill, cured = START + 240, START + 480
    stages = [Stage(START), Stage(ill, DRIFTS["booking .55"]), Stage(cured)]
    (table,) = hourly(STILL, np.random.default_rng(7), start=START, hours=HOURS, per_day=1000, stages=stages)

    for inside, rate in ((table.hours < ill, 0.75), ((table.hours >= ill) & (table.hours < cured), 0.55), (table.hours >= cured, 0.75)):
        assert table.column("booked")[inside].sum() / table.column("booked_n")[inside].sum() == pytest.approx(rate, abs=0.02)


def test_versions_have_tables_that_meet_at_the_switch():
    switch = START + 300
    stages = [Stage(START), Stage(switch, DRIFTS["booking .65"], version=2)]
    first, second = hourly(SEASONS, np.random.default_rng(8), start=START, hours=HOURS, per_day=1000, stages=stages)

    assert (first.version, second.version) == (1, 2)
    assert (first.hours[-1], second.hours[0]) == (switch - 1, switch)


def test_an_equal_version_has_the_days_that_the_one_before_would_have_had():
    asked = {"start": START, "hours": HOURS, "per_day": 1000}
    (one,) = hourly(MILD, np.random.default_rng(9), **asked)
    two = hourly(MILD, np.random.default_rng(9), **asked, stages=[Stage(START), Stage(START + 300, HEALTHY, version=2)])

    assert np.array_equal(np.concatenate([it.column("booked") for it in two]), one.column("booked"))


def test_kinds_have_the_mix_that_an_hour_wants():
    mixes = np.random.default_rng(10).dirichlet(np.array(HEALTHY.mix) * 100, 200)
    kinds = kinds_of(HEALTHY.mix)

    calls = kinds.tilted(mixes) @ kinds.calls
    assert calls == pytest.approx(6 * mixes, abs=1e-3)


@pytest.mark.parametrize("mix", sorted({it.mix for it in DRIFTS.values()}))
def test_kinds_have_the_second_moments_of_the_dirichlet_multinomial(mix):
    """Written out for two calls of one conversation: like ones are likelier by the concentration of 8."""
    kinds, mix = kinds_of(mix), np.array(mix)
    pairs = 35 * (8 * np.outer(mix, mix) + np.diag(mix)) / 9 + np.diag(6 * mix)

    assert (kinds.calls.T * kinds.shares) @ kinds.calls == pytest.approx(pairs, abs=1e-6)
