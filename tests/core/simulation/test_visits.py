"""Live traffic of the scripted agent, and replays of it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Scenario, drive, play
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED, HEALTHY
from lifecycle_core.simulation.scripted_model import reply
from lifecycle_core.simulation.visits import arrivals, serve

START = datetime(2025, 10, 7, tzinfo=UTC)
GAP = Agent(system_prompt=prompts.GAP, model="simulated")


def come(mix=HEALTHY, hours=24):
    return list(arrivals(mix, np.random.default_rng(3), variant="a", start=START, hours=hours, per_day=200))


@pytest.fixture(scope="module")
def held():
    return [serve(it, GAP, variant="a", version=1) for it in come(DRIFTED)]


def test_the_same_state_brings_the_same_customers():
    assert come() == come()


def test_they_come_in_order_and_each_once():
    came = come()
    assert [it.at for it in came] == sorted(it.at for it in came)
    assert len({it.id for it in came}) == len(came)
    assert 140 < len(came) < 260


def test_a_conversation_keeps_the_goal_that_it_can_be_replayed_from(held):
    assert all(it.goal and Scenario.of(it) for it in held)


def test_replays_of_live_traffic_book_about_as_often_as_it_did(held):
    replays = [drive(play(GAP, Scenario.of(it), replay=0, customer_model="m"), reply) for it in held]
    live, again = (sum(bool(it.booked) for it in some) / len(held) for some in (held, replays))
    assert abs(live - again) < 0.1


def test_a_replay_meets_the_calendar_that_the_customer_met(held):
    arrival = come(DRIFTED)[0]
    told = serve(arrival, GAP, variant="a", version=1)
    assert told.goal == arrival.customer.goal
    assert Scenario.of(told).facts() == Scenario.of(held[0]).facts()


def test_what_a_provider_broke_has_no_outcome():
    def away(_request):
        message = "429"
        raise ChatUnavailableError(message)

    it = serve(come()[0], GAP, variant="a", version=1, chat=away)
    assert (it.booked, it.escalated, it.cost_usd, it.provider_fault) == (None, None, None, True)
