"""τ²-bench's simulations, in results.json or a file each → conversations."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from lifecycle_core.traffic.importers.said import calls_in, messages_of
from lifecycle_core.traffic.importers.shapes import (
    Row,
    Values,
    count_of,
    fields_of,
    instant_of,
    items_of,
    known,
    number_of,
    text_of,
    truth_of,
)
from lifecycle_core.traffic.importers.tau_bench import HANDOVER

CRASHES: Final = frozenset({"agent_error", "user_error", "infrastructure_error", "unexpected_error", "timeout"})
"""Ends that broke the conversation."""
_NOT_THE_AGENT: Final = CRASHES - {"agent_error"}
"""Of these, those whose reward says nothing of the agent."""


def recognised(values: Values) -> str | None:
    """Why `values` are τ²-bench's, if they are."""
    if "termination_reason" in values and "task_id" in values:
        return "its records are simulations with a termination_reason"
    results = isinstance(values.get("tasks"), list) and isinstance(values.get("info"), dict)
    return "it holds the info and tasks of a run" if results else None


def rows(values: Values) -> Iterator[Row]:
    """The conversations in a record. Times are those of the machine that ran it, which says no zone: `--zone` does."""
    if "termination_reason" in values:
        yield _row(values, None)
        return
    agent = fields_of(fields_of(values.get("info")).get("agent_info"))
    for it in map(fields_of, items_of(values.get("simulations"))):
        yield _row(it, text_of(agent.get("llm")))


def _row(it: Values, model: str | None) -> Row:
    told = [fields_of(message) for message in items_of(it.get("messages"))]
    messages = messages_of([dict(message) for message in told], "user")
    actions = calls_in(messages)
    ended = text_of(it.get("termination_reason"))
    reward = fields_of(it.get("reward_info")).get("reward")
    crash = [{"tool": None, "message": ended}] if ended in CRASHES else []
    usage = [fields_of(message.get("usage")) for message in told if message.get("role") == "assistant" and message.get("usage")]
    return {
        **known(reward=reward, termination_reason=ended, **{name: it.get(name) for name in ("task_id", "trial", "seed", "mode")}),
        **known(
            id=it.get("id"),
            started_at=it.get("start_time"),
            ended_at=it.get("end_time"),
            booked=None if ended in _NOT_THE_AGENT else truth_of(reward),
            escalated=HANDOVER in actions if told else None,
            cost_usd=number_of(it.get("agent_cost")),
            input_tokens=_sum(usage, "prompt_tokens"),
            output_tokens=_sum(usage, "completion_tokens"),
            response_times_s=_waits(told),
            actions=actions,
            errors=[*_failures(told), *crash],
            messages=messages,
            model=model,
        ),
    }


def _failures(told: list[Values]) -> list[Row]:
    names = {call.get("id"): call.get("name") for it in told for call in map(fields_of, items_of(it.get("tool_calls")))}
    failed = [it for it in told if it.get("role") == "tool" and it.get("error") is True]
    return [{"tool": text_of(names.get(it.get("id"))) or "tool", "message": str(it.get("content"))} for it in failed]


def _waits(told: list[Values]) -> list[float]:
    """For each message of the agent, the seconds since the one before it."""
    waits: list[float] = []
    before: datetime | None = None
    for it in told:
        at = instant_of(it.get("timestamp"))
        if at and before and it.get("role") == "assistant" and at >= before:
            waits.append((at - before).total_seconds())
        before = at or before
    return waits


def _sum(usage: list[Values], name: str) -> int | None:
    found = [count_of(it.get(name)) for it in usage]
    return sum(it or 0 for it in found) if found and None not in found else None
