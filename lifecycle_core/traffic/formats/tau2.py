"""τ²-bench's results: results.json with its simulations inside, or one document a simulation; a null reward is an unknown outcome.

Source: sierra-research/tau2-bench (MIT). Times say no zone (`--zone`). A voice run has ticks and no messages: what was said is joined of
their chunks. A run that the infrastructure ended is a fault of nobody's conversation: it is told as broken by itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lifecycle_core.traffic.formats.form import Form, Row, Values, an_object, each, objects
from lifecycle_core.traffic.formats.messages import Message, messages_of
from lifecycle_core.traffic.formats.tau_bench import outcome, served

INFRASTRUCTURE: Final = frozenset({"infrastructure_error", "too_many_errors", "agent_error", "user_error", "unexpected_error"})
"""Endings that say nothing of how the customer was served."""


def rows(record: Values) -> Iterator[Row]:
    """The conversations of a results document, or the one of a simulation."""
    if not _simulation(record):
        tasks = {str(it.get("id")): it for it in objects(record.get("tasks"))}
        model = an_object(an_object(record.get("info")).get("agent_info")).get("llm")
        for it in objects(record.get("simulations")):
            yield _row(it, tasks.get(str(it.get("task_id")), {}), model)
        return
    yield _row(record, {}, None)


def _row(it: Mapping[str, Any], task: Mapping[str, Any], model: str | None) -> Row:
    reward = an_object(it.get("reward_info")).get("reward")
    ending = str(it.get("termination_reason"))
    messages = messages_of(it["messages"], "user") if it.get("messages") else _spoken(it.get("ticks"))
    told = served(messages)
    broken = ending in INFRASTRUCTURE
    row: Row = {
        "id": str(it["id"]),
        "started_at": it.get("start_time"),
        "ended_at": it.get("end_time") or it.get("timestamp"),
        "cost_usd": it.get("agent_cost"),
        "model": model,
        "goal": _goal(task),
        "reward": reward,
        "termination": ending,
        **told,
        **({} if broken else outcome(reward)),
        "errors": [*told["errors"], *([{"tool": None, "message": ending}] if broken else [])],
        "segments": {"task": str(it.get("task_id"))},
    }
    return {name: value for name, value in row.items() if value is not None}


def _goal(task: Mapping[str, Any]) -> str | None:
    scenario = an_object(task.get("user_scenario")).get("instructions")
    if isinstance(scenario, Mapping):
        return (
            "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in scenario.items() if isinstance(value, str) and value) or None
        )
    return scenario if isinstance(scenario, str) else None


def _spoken(ticks: Any) -> list[Message]:  # noqa: ANN401 - any JSON value
    """What was said tick by tick, the chunks of one speaker joined until the other speaks."""
    said: list[Message] = []
    for tick in objects(ticks):
        for chunk in map(an_object, (tick.get("user_chunk"), tick.get("agent_chunk"))):
            words, role, calls = chunk.get("content"), str(chunk.get("role", "user")), chunk.get("tool_calls")
            if isinstance(words, str) and words:
                if said and said[-1]["role"] == role and not said[-1].get("tool_calls"):
                    said[-1]["content"] += words
                else:
                    said.append({"role": role, "content": words})
            if isinstance(calls, list) and calls:
                said.append({"role": role, "content": None, "tool_calls": objects(calls)})
        said += messages_of(tick.get("agent_tool_results"), "tool")
    return said


def _simulation(record: Values) -> bool:
    return "task_id" in record and "termination_reason" in record


def _results(record: Values) -> bool:
    return {"info", "tasks"} <= record.keys() and "agent_info" in an_object(record["info"])


FORM: Final = Form(
    "tau2", "a simulation's termination_reason, or results with tasks", lambda it: _simulation(it) or _results(it), each(rows)
)
