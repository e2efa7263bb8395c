"""A session whose lives are killed at one boundary after the other comes to its end, and nothing is ever broken; see `benchmarks.chaos`."""

import pytest

from benchmarks._boundaries import Moment
from benchmarks._killed_lives import killed
from benchmarks._lives import by_values, start_values

KILLS = 20


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    start = tmp_path_factory.mktemp("lives") / "start"
    start_values(start)
    return killed(start, by_values, KILLS, seed=1)


@pytest.mark.slow
def test_every_life_but_the_last_was_killed_and_the_session_came_to_its_end(told):
    assert (told.kills.total(), told.unfinished, told.ended.total()) == (KILLS, 0, 1)


@pytest.mark.slow
def test_no_kill_left_anything_broken(told):
    assert told.problems == []


@pytest.mark.slow
def test_kills_fall_inside_transactions_and_on_both_sides_of_commits_and_calls(told):
    assert {name.rpartition(" ")[2] for name in told.kills} == set(Moment)
