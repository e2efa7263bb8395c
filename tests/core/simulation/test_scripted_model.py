"""The scripted agent fails those customers whose need meets a gap in its prompt, and says that it is simulated."""

from datetime import UTC, datetime
from functools import cache

import pytest

from lifecycle_core.chat import ChatMessage, ChatRequest
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Scenario, drive, play
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED, HEALTHY, Mix, customer
from lifecycle_core.simulation.needs import Need
from lifecycle_core.simulation.scripted_model import reply

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
CUSTOMERS = 150
FEW = 40
CONDUCT = prompts.MENDED
GAPS = {
    Need.EVENING: prompts.CHECKING,
    Need.PRICE: prompts.PRICING,
    Need.VAGUE: "If the service or the day is unclear, ask for it.",
    Need.LATE_HOURS: "Have the customer confirm service, day and time before you book.",
    Need.TOLD: "Do not ask again for what the customer has already said.",
    Need.WISH: "Hand over to a person only when the request needs one.",
}


def replayed(prompt, mix, number, replay=0):
    came = customer(mix, number)
    scenario = Scenario(id=str(number), goal=came.goal, seed=number, ended_at=AT)
    return drive(play(Agent(system_prompt=prompt, model="m"), scenario, replay=replay, customer_model="m"), reply)


@cache
def rate(prompt, mix, customers=CUSTOMERS):
    return sum(replayed(prompt, mix, number).booked for number in range(customers)) / customers


def only(need):
    return Mix(shares=((need, 1.0),), hurried=0.2, comparing=0.0)


def test_healthy_customers_book_though_the_prompt_has_a_gap():
    assert rate(prompts.GAP, HEALTHY) > 0.7


def test_drifted_customers_fall_into_the_gap():
    assert rate(prompts.GAP, DRIFTED) < rate(prompts.GAP, HEALTHY) - 0.15


def test_the_mended_prompt_serves_drifted_customers_again():
    assert rate(prompts.MENDED, DRIFTED) > rate(prompts.GAP, DRIFTED) + 0.15


def test_the_harmful_prompt_books_least():
    assert rate(prompts.HARMFUL, DRIFTED) < rate(prompts.MENDED, DRIFTED) - 0.25
    assert rate(prompts.HARMFUL, HEALTHY) < rate(prompts.GAP, HEALTHY) - 0.1


@pytest.mark.parametrize("need", GAPS)
def test_each_duty_is_missed_by_the_customers_who_need_it(need):
    mix = only(need)
    gap = CONDUCT.replace(GAPS[need], "")
    assert gap != CONDUCT
    lost = [sum(replayed(prompt, mix, number).booked for number in range(FEW)) / FEW for prompt in (CONDUCT, gap)]
    assert lost[0] > lost[1] + 0.1


def test_a_missing_duty_does_no_harm_to_those_who_do_not_need_it():
    assert abs(rate(CONDUCT.replace(prompts.PRICING, ""), only(Need.PLAIN)) - rate(CONDUCT, only(Need.PLAIN))) < 0.05


def test_a_prompt_that_is_only_worded_otherwise_serves_as_well_but_not_the_same_customers():
    otherwise = f"{CONDUCT}\nSign every message with the company's name."
    assert abs(rate(otherwise, HEALTHY) - rate(CONDUCT, HEALTHY)) < 0.05
    assert any(replayed(otherwise, HEALTHY, number).booked != replayed(CONDUCT, HEALTHY, number).booked for number in range(CUSTOMERS))


def test_an_agent_that_does_not_recover_gives_up_at_the_first_error():
    gap = CONDUCT.replace("If a tool fails or a time is taken, try again or offer another time.", "")
    ends = [replayed(gap, DRIFTED, number) for number in range(CUSTOMERS)]
    kept = [replayed(CONDUCT, DRIFTED, number) for number in range(CUSTOMERS)]
    assert sum(it.booked for it in ends if it.errors) < sum(it.booked for it in kept if it.errors)


def test_the_same_replay_goes_the_same_way_and_another_may_not():
    assert replayed(prompts.GAP, DRIFTED, 3) == replayed(prompts.GAP, DRIFTED, 3)
    assert len({str(replayed(prompts.GAP, DRIFTED, 3, replay).messages) for replay in range(8)}) > 1


def test_conversations_are_short():
    calls = [replayed(prompts.MENDED, DRIFTED, number) for number in range(CUSTOMERS)]
    assert sum(len(it.response_times_s) for it in calls) / CUSTOMERS < 4


def test_whatever_it_answers_says_that_it_is_simulated():
    asked = ChatRequest(purpose="replay", model="gpt-9", messages=(ChatMessage(role="user", content="Hello"),))
    assert (reply(asked).model, reply(asked).simulated) == ("simulated", True)
