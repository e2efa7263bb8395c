"""Every step from each place where a session can stand, and random schedules: nothing breaks; `benchmarks.simulation` is the long run."""

import random

import pytest

from benchmarks import simulation
from benchmarks._graph import Graph, beginning
from benchmarks._mutants import MUTANTS
from benchmarks._played import played
from benchmarks.mutants import hunted
from lifecycle_core.retraining.session import TRANSITIONS, Status

WALKS = 3


@pytest.fixture(scope="module")
def told():
    return simulation.simulated(list(simulation.PLACES), depth=1, seed=1, schedules=0, walks=WALKS)


@pytest.mark.slow
def test_no_schedule_breaks_anything(told):
    assert told.found.broken == []


@pytest.mark.slow
def test_every_session_of_a_random_schedule_comes_to_its_end(told):
    assert (told.walks, told.unfinished) == (WALKS, 0)


@pytest.mark.slow
def test_every_status_and_every_lawful_move_is_visited(told):
    assert told.found.statuses == set(Status)
    assert told.found.moves == set(TRANSITIONS)


@pytest.mark.slow
def test_a_schedule_that_is_taken_again_from_its_beginning_leads_where_it_led():
    with played():
        graph = Graph(beginning())
        key, steps, chance = graph.first.key, [], random.Random(3)  # noqa: S311 - an order, and no secrets
        for _ in range(40):
            steps.append(chance.choice(graph.steps(key)))
            key = graph.after(key, steps[-1])
        graph.straight(steps)
        graph.close()
    assert (graph.found.repeated, graph.found.broken) == (40, [])


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_that_is_put_in_is_seen(name):
    assert hunted(MUTANTS[name], walks=0, place=MUTANTS[name].place).sentence
