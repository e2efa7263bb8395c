"""τ-bench's trajectories, each with its reward → conversations."""

from collections.abc import Iterator
from typing import Any, Final

from lifecycle_core.traffic.importers.said import calls_in, messages_of
from lifecycle_core.traffic.importers.shapes import Row, Values, fields_of, known, text_of, truth_of

HANDOVER: Final = "transfer_to_human_agents"
"""The tool with which the benchmark's agents hand over to a person."""


def recognised(values: Values) -> str | None:
    """Why `values` are a trajectory of τ-bench, if they are."""
    return "its records hold a traj and a reward" if isinstance(values.get("traj"), list) and "reward" in values else None


def rows(values: Values) -> Iterator[Row]:
    """The conversation that a trajectory is. A reward is 1 or 0; without one the outcome is unknown. It tells no time."""
    messages = messages_of(values["traj"], "user")
    info = fields_of(values.get("info"))
    task = fields_of(info.get("task"))
    actions = calls_in(messages)
    broke = text_of(info.get("error"))
    yield {
        **known(task_id=values.get("task_id"), trial=values.get("trial"), reward=values.get("reward"), user_cost_usd=info.get("user_cost")),
        **known(
            booked=None if broke else truth_of(values.get("reward")),
            escalated=None if broke else HANDOVER in actions,
            actions=actions,
            errors=[*failures(messages), *([{"tool": None, "message": broke}] if broke else [])],
            messages=messages,
            customer_id=text_of(task.get("user_id")),
            goal=text_of(task.get("instruction")),
        ),
    }


def failures(messages: list[Row]) -> list[dict[str, Any]]:
    """The calls that tools answered with an error, which they begin with that word."""
    said = [(it.get("name"), it["content"]) for it in messages if it["role"] == "tool" and isinstance(it["content"], str)]
    return [{"tool": text_of(name) or "tool", "message": words} for name, words in said if words.startswith("Error")]
