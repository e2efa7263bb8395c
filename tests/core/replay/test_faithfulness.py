"""A simulated customer who leaves the goal is seen, and one who stays with it is not."""

from datetime import UTC, datetime

import numpy as np
import pytest

from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Replay, Scenario, drive, play
from lifecycle_core.replay.faithfulness import Lapse, faithfulness, lapses
from lifecycle_core.simulation import customers, prompts
from lifecycle_core.simulation.scripted_model import reply
from lifecycle_core.simulation.visits import arrivals

AT = datetime(2025, 10, 7, tzinfo=UTC)
GOAL = "You are Jo Model, phone 555-0156. You want a deep cleaning on Monday or Tuesday, between 9:00 and 12:00."


def shown(*said, goal=GOAL, **more):
    scenario = Scenario(id="s", goal=goal, seed=1, ended_at=AT)
    told = {"cost_usd": None, "input_tokens": None, "output_tokens": None, "latency_s": None, "escalated": False, "booked": False}
    messages = tuple({"role": "user", "content": text} for text in said)
    return scenario, Replay(scenario_id="s", replay=0, messages=messages, **{**told, **more})


@pytest.mark.parametrize(
    ("said", "lapse"),
    [
        ("An office cleaning, please.", Lapse.OTHER_SERVICE),
        ("Friday would be best.", Lapse.OTHER_DAY),
        ("Monday between 14:00 and 16:00.", Lapse.OTHER_HOURS),
        ("Yes, 2025-10-10 is fine.", Lapse.OTHER_DAY),
        ("My number is 555-0199-22.", Lapse.INVENTS),
        ("Write to jo@example.com.", Lapse.INVENTS),
        ("I've booked your appointment.", Lapse.PLAYS_AGENT),
        ("How can I help you?", Lapse.PLAYS_AGENT),
    ],
)
def test_each_lapse_is_seen(said, lapse):
    assert list(lapses(*shown(said))) == [lapse]


@pytest.mark.parametrize(
    "said",
    [
        "A deep cleaning on Tuesday, please.",
        "Friday does not work for me. Monday at 10:00 does.",
        "No, not at 15:00!",
        "I am Jo, 555-0156.",
        "10:00 is perfect.",
        "Could you do Monday morning instead of Friday?",
        "Yes, go ahead.",
        "",
    ],
)
def test_what_stays_with_the_goal_is_no_lapse(said):
    assert list(lapses(*shown(said))) == []


def test_a_goal_that_leaves_something_open_cannot_be_left():
    assert list(lapses(*shown("An office cleaning on Friday at 18:00.", goal="You want a cleaning."))) == []


def test_shares_are_told_with_their_interval_and_what_broke_is_left_out():
    told = [shown("Monday."), shown("Friday."), shown("Friday.", broken_by="infrastructure"), shown("Monday.", booked=True)]
    found = faithfulness(told)
    assert (found.replays, found.faithful, found.left, found.lapses) == (3, 2, 2, {Lapse.OTHER_DAY: 1})
    assert found.low < found.share < found.high


def test_scripted_customers_stay_with_their_goals():
    came = arrivals(customers.DRIFTED, np.random.default_rng(3), variant="a", start=AT, hours=20, per_day=60)
    agent, played = Agent(system_prompt=prompts.GAP, model="simulated"), []
    for it in came:
        scenario = Scenario(id=it.id, goal=it.customer.goal, seed=1, ended_at=it.at)
        played.append((scenario, drive(play(agent, scenario, replay=0, customer_model="m"), reply)))
    assert faithfulness(played).lapses == {}
