"""Runs of the τ benchmarks: a reward is the outcome, and what ended a run is no conversation's fault."""

import pytest

from lifecycle_core.traffic.formats.messages import messages_of
from tests.core.traffic.formats.test_traces import ANSWER, USER, one, read

ENDED = {"ended_at": "2025-10-07T12:00:00Z"}


def simulation(**told):
    times = {"start_time": "2025-10-07T11:58:00", "end_time": "2025-10-07T12:00:00", "timestamp": "2025-10-07T12:00:00"}
    return {
        "id": "s1",
        "task_id": "40",
        "termination_reason": "user_stop",
        "reward_info": {"reward": 1.0},
        "messages": [USER, ANSWER],
        **times,
        **told,
    }


def results(*simulations):
    task = {"id": "40", "user_scenario": {"instructions": {"task_instructions": "Be brief.", "reason_for_call": "A table."}}}
    return {"info": {"agent_info": {"llm": "gpt"}}, "tasks": [task], "simulations": list(simulations)}


@pytest.mark.parametrize(("reward", "booked"), [(1.0, True), (0.0, False), (0.5, False), (None, None)])
def test_a_reward_of_one_is_success_and_none_is_unknown(reward, booked):
    trajectory = {"task_id": 1, "trial": 2, "reward": reward, "info": {}, "traj": [USER, ANSWER]}

    assert one([trajectory], **ENDED).booked is booked
    assert (
        one(simulation(reward_info=(reward and {"reward": reward}) or ({"reward": 0.0} if reward == 0 else None)), zone="UTC").booked
        is booked
    )


def test_a_call_that_a_tool_refused_is_an_error_of_that_tool_and_a_transfer_is_a_hand_over():
    calls = [
        {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": "{}"}}]}
        for name in ("book", "transfer_to_human_agents")
    ]
    traj = [USER, calls[0], {"role": "tool", "content": "Error: no seat"}, calls[1], {"role": "tool", "content": "ok"}]
    found = one([{"task_id": 1, "reward": 0.0, "info": {}, "traj": traj}], **ENDED)

    assert (found.errors, found.escalated) == (({"tool": "book", "message": "Error: no seat"},), True)


def test_results_tell_goal_and_model_of_their_simulations():
    found = one(results(simulation(agent_cost=0.02)), zone="UTC")

    assert (found.goal, found.model, found.cost_usd) == ("task instructions: Be brief.\nreason for call: A table.", "gpt", 0.02)


@pytest.mark.parametrize("ending", ["infrastructure_error", "too_many_errors", "agent_error"])
def test_a_run_that_broke_by_itself_is_of_unknown_outcome_and_told_as_broken(ending):
    found = one(simulation(termination_reason=ending, reward_info={"reward": 0.0}), zone="UTC")

    assert (found.booked, found.errors) == (None, ({"tool": None, "message": ending},))


def test_times_without_a_zone_are_refused_until_one_is_given():
    _, batch = read(simulation())

    assert batch.rejected[0].refusal.sentence.startswith('started_at is "2025-10-07T11:58:00"; it has no zone')


def test_what_was_said_tick_by_tick_is_joined_until_the_other_speaks():
    told = [("user", "A ta"), ("user", "ble."), ("assistant", "For"), ("assistant", " two?"), ("user", "Yes.")]
    ticks = [{"user_chunk" if role == "user" else "agent_chunk": {"role": role, "content": words}} for role, words in told]

    said = one({**simulation(ticks=ticks), "messages": None}, zone="UTC").messages
    assert list(said) == messages_of(
        [{"role": r, "content": c} for r, c in (("user", "A table."), ("assistant", "For two?"), ("user", "Yes."))], "user"
    )
