"""Backfills: each file is one run's at a time, and what dies is gone on with."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.errors import InvalidInputError, UnknownBackfillError
from lifecycle_core.operations import backfills
from lifecycle_core.traffic.backfill import LEASE, MOST_ATTEMPTS, FileCounts, FileState

COUNTS = FileCounts(records=3, conversations=2, quarantined=1)


def later(act, by):
    return replace(act, at=act.at + by)


@pytest.fixture
def begun(any_database, act):
    """A backfill of three files, and its database."""
    return any_database, backfills.begin(any_database, act, ["a", "b", "c"], "auto", {"variant": "v"}, 2).id


def test_files_are_claimed_in_their_order_and_each_by_one(begun, act):
    database, name = begun
    claimed = [backfills.claim(database, act, name, worker) for worker in "xyzx"]
    assert [it and (it.path, it.claimed_by) for it in claimed] == [("a", "x"), ("b", "y"), ("c", "z"), None]


def test_of_many_workers_at_once_each_file_is_one_workers(any_database, act):
    name = backfills.begin(any_database, act, [str(number) for number in range(30)], "auto", {}, 8).id
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda worker: backfills.claim(any_database, act, name, str(worker)), range(8)))
    while (left := backfills.claim(any_database, act, name, "last")) is not None:
        found.append(left)
    taken = [it.number for it in found if it is not None]
    assert sorted(taken) == list(range(30))


def test_a_claim_that_runs_out_is_anothers_and_the_first_can_say_nothing_more(begun, act):
    database, name = begun
    first, now = backfills.claim(database, act, name, "x"), later(act, LEASE)
    second = backfills.claim(database, now, name, "y")
    assert (second.number, second.attempts) == (first.number, 2)
    assert not backfills.renew(database, now, first)
    assert not backfills.finish(database, now, first, COUNTS)
    assert backfills.finish(database, now, second, COUNTS)
    assert backfills.progress(database, name).files[0].counts == COUNTS


def test_a_claim_that_is_renewed_stays(begun, act):
    database, name = begun
    claimed, soon = backfills.claim(database, act, name, "x"), later(act, LEASE / 2)
    assert backfills.renew(database, soon, claimed)
    assert backfills.claim(database, later(act, LEASE), name, "y").number == 1


def test_a_file_that_kills_its_workers_is_given_up_and_the_next_one_is_claimed(begun, act):
    database, name = begun
    for number in range(MOST_ATTEMPTS):
        assert backfills.claim(database, later(act, number * LEASE), name, "x").number == 0
    end = later(act, MOST_ATTEMPTS * LEASE)
    assert backfills.claim(database, end, name, "x").number == 1
    found = backfills.progress(database, name).files[0]
    assert (found.state, found.claimed_by) == (FileState.FAILED, None)
    assert "workers that took it in died" in found.error


def test_a_backfill_is_over_when_no_file_is_pending(begun, act):
    database, name = begun
    for _ in range(3):
        claimed = backfills.claim(database, act, name, "x")
        assert not backfills.progress(database, name).over
        backfills.fail(database, act, claimed, "no such file")
    found = backfills.progress(database, name)
    assert (found.over, found.count(FileState.FAILED), found.at_work(act.at)) == (True, 3, frozenset())
    assert backfills.unfinished(database) == []


def test_what_is_cancelled_is_claimed_no_more_and_retried_goes_on(begun, act):
    database, name = begun
    claimed = backfills.claim(database, act, name, "x")
    assert backfills.cancel(database, act, name).over
    assert backfills.claim(database, act, name, "y") is None
    assert not backfills.renew(database, act, claimed)
    assert backfills.retry(database, act, name) == 0
    assert backfills.claim(database, act, name, "y").number == 1


def test_retrying_begins_anew_with_what_failed(begun, act):
    database, name = begun
    backfills.fail(database, act, backfills.claim(database, act, name, "x"), "it is away")
    assert backfills.retry(database, later(act, timedelta(hours=1)), name) == 1
    assert backfills.claim(database, act, name, "x").attempts == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [(([], "auto", {}, 1), "0 files"), ((["a"], "auto", {}, 0), "0 runs"), ((["a"], "auto", {"zone": "Mars"}, 1), "--zone is 'Mars'")],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_kept(database, act, asked, said):
    with pytest.raises(InvalidInputError, match=said):
        backfills.begin(database, act, *asked)
    assert backfills.newest(database, 10) == []


def test_an_unknown_one_is_refused_by_name(database):
    with pytest.raises(UnknownBackfillError, match="'bf_none'"):
        backfills.progress(database, "bf_none")
