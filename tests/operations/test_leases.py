"""Leases between processes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from lifecycle_core.operations import leases
from lifecycle_core.operations.leases import LASTS


def later(act, by):
    return replace(act, at=act.at + by)


def test_of_many_at_once_one_has_it(any_database, act):
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(lambda holder: leases.take(any_database, act, "work", str(holder)), range(8)))
    assert sum(took) == 1
    assert leases.holder_of(any_database, "work", act.at) == str(took.index(True))


def test_it_runs_out_unless_it_is_held_on_to(any_database, act):
    assert leases.take(any_database, act, "work", "a")
    assert leases.take(any_database, later(act, LASTS / 2), "work", "a")
    assert not leases.take(any_database, later(act, LASTS), "work", "b")
    assert leases.take(any_database, later(act, LASTS * 1.5), "work", "b")
    assert leases.holder_of(any_database, "work", act.at + LASTS * 3) is None


def test_only_its_holder_lets_it_go(any_database, act):
    leases.take(any_database, act, "work", "a")
    leases.release(any_database, act, "work", "b")
    assert leases.holder_of(any_database, "work", act.at) == "a"
    leases.release(any_database, act, "work", "a")
    assert leases.take(any_database, act, "work", "b")
