"""A session whose lives are killed at one boundary after the other comes to its end, and nothing is ever broken; see `benchmarks.chaos`."""

import pytest

from benchmarks._boundaries import Moment
from benchmarks._every_boundary import ELSEWHERE, every_boundary, transactions
from benchmarks._lives import killed_by_values

KILLS = 48


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return killed_by_values(tmp_path_factory.mktemp("lives"), KILLS, seed=1)


@pytest.mark.slow
def test_every_life_but_the_last_was_killed_and_the_session_came_to_its_end(told):
    assert (told.kills.total(), told.unfinished, told.ended.total()) == (KILLS, 0, 1)


@pytest.mark.slow
def test_no_kill_left_anything_broken(told):
    assert told.problems == []


@pytest.mark.slow
def test_kills_fall_inside_transactions_and_on_both_sides_of_commits_and_calls(told):
    assert {name.rpartition(" ")[2] for name in told.kills} == set(Moment)


@pytest.mark.slow
def test_what_is_known_of_boundaries_is_all_that_there_is_and_new_ones_are_met_first(told):
    assert told.kills.keys() <= every_boundary()
    assert len(told.kills) > 0.8 * KILLS


def test_the_list_of_boundaries_is_read_from_the_operations():
    assert {"begin", "promote_or_roll_back", "versions.roll_back", "traffic.ingest", "settle_delivery"} <= transactions()
    assert not {name.partition(".")[0] for name in transactions()} & ELSEWHERE
