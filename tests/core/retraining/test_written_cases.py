"""Cases as people write them, the ten that everybody has, and how what they assert is graded."""

import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Replay, drive, play
from lifecycle_core.replay.identity import replay_key
from lifecycle_core.replay.setting import Outcome
from lifecycle_core.replay.slots import Slot
from lifecycle_core.retraining.built_in_cases import built_in
from lifecycle_core.retraining.cases import CaseSource, chosen
from lifecycle_core.retraining.evaluation import grade
from lifecycle_core.retraining.written_cases import WrittenCase
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.scripted_model import reply

AGENT = Agent(system_prompt=prompts.MENDED, model="simulated")


def written(**given):
    return WrittenCase(**{"name": "one", "goal": "You want a deep clean on Friday.", **given}).case("a")


def replayed(*, booked=True, **more):
    told = {"cost_usd": None, "input_tokens": None, "output_tokens": None, "latency_s": None, "escalated": False}
    return Replay(scenario_id="one", replay=0, booked=booked, **{**told, **more})


def says(*texts):
    return tuple({"role": "assistant", "content": text} for text in texts)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Nice Name"}, "name"),
        ({"name": ""}, "name"),
        ({"goal": " "}, "goal"),
        ({"goal": "x" * 2001}, "goal"),
        ({"taken": ("Sunday",)}, None),
        ({"taken": ("Friday 9:30",)}, None),
        ({"has": "soon"}, None),
        ({"failing": 6}, "failing"),
        ({"outcome": Outcome.CANCELLED}, "has"),
        ({"says": ("",)}, "says"),
        ({"calls": ("book",) * 21}, "calls"),
        ({"taken": ("Friday 9:00",) * 73}, "taken"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_the_field_named(given, field):
    with pytest.raises(InvalidInputError) as refused:
        written(**given)
    assert refused.value.field == field


def test_a_case_fixes_its_calendar():
    facts = written(taken=("Friday 9:00", "Monday"), has="Tuesday 10:00", failing=2).scenario.facts()
    assert (Slot("Friday", 9) in facts.taken, Slot("Friday", 10) in facts.taken, Slot("Monday", 19) in facts.taken) == (True, False, True)
    assert (facts.failing, facts.has) == (2, ("", Slot("Tuesday", 10)))


def test_the_same_case_of_the_same_agent_is_the_same_replay_and_anything_else_is_another():
    one = written()
    same = replay_key(AGENT, one.scenario, 0, "m")
    assert same == replay_key(AGENT, written().scenario, 0, "m")
    others = [
        replay_key(Agent(system_prompt="else", model="simulated"), one.scenario, 0, "m"),
        replay_key(AGENT, written(failing=1).scenario, 0, "m"),
        replay_key(AGENT, one.scenario, 1, "m"),
        replay_key(AGENT, one.scenario, 0, "other"),
        replay_key(AGENT, one.scenario, 0, "m", "https://agent.example"),
    ]
    assert len({same, *others}) == 6


def test_calls_are_asserted_by_tools_or_by_what_they_do_in_their_order():
    case = written(calls=("check", "book_appointment"))
    made = {"actions": ("check_availability", "get_prices", "book_appointment"), "acts": ("check", "price", "book")}
    turned = {"actions": ("book_appointment", "check_availability"), "acts": ("book", "check")}
    assert grade(replayed(**made), case).score == 1.0
    assert grade(replayed(**turned), case).failed == ("calls check, then book_appointment",)


def test_each_assertion_of_a_case_shares_the_half_that_is_not_for_serving():
    case = written(says=("morning",), never_says=("cheap",), never_calls=("escalate",))
    it = grade(replayed(messages=says("Good MORNING.", "It is cheap.")), case)
    assert (it.failed, it.score) == (("never says “cheap”",), pytest.approx(0.5 + 0.5 * 7 / 8))


@pytest.mark.parametrize(
    ("outcome", "ended", "serves"),
    [
        (Outcome.HANDED_OVER, {"booked": False, "escalated": True}, True),
        (Outcome.HANDED_OVER, {"booked": True, "stands": True}, False),
        (Outcome.NOTHING, {"booked": False}, True),
        (Outcome.NOTHING, {"booked": False, "stands": True}, False),
        (Outcome.NOTHING, {"booked": False, "escalated": True}, False),
        (Outcome.CANCELLED, {"booked": False}, True),
        (Outcome.CANCELLED, {"booked": False, "stands": True}, False),
        (Outcome.BOOKED, {"booked": False, "stands": True}, False),
    ],
)
def test_a_case_says_how_it_has_to_end(outcome, ended, serves):
    case = written(outcome=outcome, has="Tuesday 10:00" if outcome is Outcome.CANCELLED else None)
    assert (grade(replayed(**ended), case).score >= 0.9) is serves


def test_ten_cases_are_built_in_each_of_another_name():
    assert len({it.id for it in built_in("a")}) == 10


@pytest.mark.parametrize("services", [("checkup", "root_canal"), ()])
def test_built_in_cases_speak_of_the_agents_own_services(services):
    goals = " ".join(it.scenario.goal for it in built_in("a", services))
    assert "clean" not in goals
    assert all(name.replace("_", " ") in goals for name in services)


def test_a_good_agent_passes_what_is_built_in_and_one_with_a_gap_does_not():
    def score(agent):
        grades = [grade(drive(play(agent, it.scenario, replay=0, customer_model="m"), reply), it).score for it in built_in("a")]
        return sum(grades) / len(grades)

    assert score(AGENT) > 0.97
    assert score(Agent(system_prompt=prompts.GAP, model="simulated")) < 0.85


def test_ones_own_cases_come_first_then_mined_ones_then_built_in_ones():
    own, mined, everybodys = ([written(name=f"{kind}{number}") for number in range(4)] for kind in "omb")
    assert [it.id for it in chosen(own, mined, everybodys, 10)] == [f"{kind}{number}" for kind in "omb" for number in range(4)][:10]
    assert chosen(own, mined, everybodys, 2) == tuple(own)
    assert [it.id for it in chosen(own, [*own, *mined], [], 5)] == ["o0", "o1", "o2", "o3", "m0"]


def test_a_written_case_is_ones_own():
    assert written().source is CaseSource.OWN
