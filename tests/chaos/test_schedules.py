"""Four processes change one variant after another at once, and nothing is lost, doubled or torn; `benchmarks.schedules` is the long run."""

from dataclasses import replace

import pytest

from benchmarks import _schedules, schedules

RACED = range(40)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def outcome(request, tmp_path_factory):
    """What became of forty schedules."""
    if request.param == "sqlite":
        return schedules.race(f"sqlite:///{tmp_path_factory.mktemp('race')}/lifecycle.db", RACED)
    with request.getfixturevalue("postgres_server").database() as url:
        return schedules.race(url, RACED)


@pytest.fixture
def played(database):
    """A database on which the actors of each schedule came one after the other, and what they were told."""
    _schedules.prepare(database, _schedules.proven(database), RACED)
    told = {it: [answer for actor in range(_schedules.ACTORS) for answer in _schedules.played(database, it, actor)] for it in RACED}
    return database, told


@pytest.mark.slow
def test_no_schedule_leaves_anything_broken(outcome):
    assert outcome.broken == ()


@pytest.mark.slow
def test_most_operations_met_another_and_none_was_made_twice(outcome):
    assert outcome.decisions > outcome.operations / 4
    assert outcome.doubles == 0


@pytest.mark.slow
def test_every_operation_was_answered(outcome):
    asked = sum(len(_schedules.plan(number, actor)) for number in RACED for actor in range(_schedules.ACTORS))
    assert (outcome.schedules, outcome.operations) == (len(RACED), asked)


@pytest.mark.slow
def test_the_races_changed_promoted_and_refused(outcome):
    assert outcome.changes > 50
    assert outcome.promotions > 5
    assert {"stale", "nothing-to-roll-back"} <= set(outcome.refused)


@pytest.mark.slow
def test_a_lost_change_a_doubled_one_and_a_wrong_swap_are_seen(played):
    database, told = played
    assert list(_schedules.broken(database, told)) == []
    made = next(it for number in RACED for it in told[number] if it.kind == "activate" and it.revision)
    others = [it for it in told[made.schedule] if it is not made]
    for wrong in ([made, made], [], [replace(made, revision=made.revision + 1)], [replace(made, seen=made.revision)]):
        assert list(_schedules.broken(database, {made.schedule: [*others, *wrong]}))
