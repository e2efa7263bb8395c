"""τ-bench's trajectories: an array of {task_id, trial, reward, traj, info}; a reward of 1 is success, and nothing tells the time.

Source: sierra-research/tau-bench (MIT), historical_trajectories.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lifecycle_core.traffic.formats.form import Form, Row, Values, each
from lifecycle_core.traffic.formats.messages import called, messages_of

HANDED_OVER: Final = "transfer_to_human_agents"
_FAULT: Final = "Error:"


def rows(record: Values) -> Iterator[Row]:
    """The conversation of one trajectory."""
    task = record.get("info", {}).get("task", {}) if isinstance(record.get("info"), Mapping) else {}
    told = outcome(record["reward"]) | served(messages_of(record["traj"], "user"))
    goal = task.get("instruction") if isinstance(task, Mapping) else None
    yield {
        "id": f"task {record['task_id']}, trial {record.get('trial', 0)}",
        "reward": record["reward"],
        **told,
        **({"goal": goal, "customer_id": task.get("user_id")} if goal else {}),
        "segments": {"task": str(record["task_id"])},
    }


def outcome(reward: Any) -> Row:  # noqa: ANN401 - any JSON value
    """Whether a reward is success: 1 is, less is not, and none is unknown.

    >>> outcome(1.0), outcome(0.5), outcome(None)
    ({'booked': True}, {'booked': False}, {})
    """
    known = isinstance(reward, int | float) and not isinstance(reward, bool)
    return {"booked": reward >= 1} if known else {}


def served(messages: list[dict[str, Any]]) -> Row:
    """What messages show: the tools called, in order, whether the customer was handed over, and the calls that failed."""
    actions = [name for it in messages for name in called(it)]
    answers = [it.get("content") or "" for it in messages if it["role"] == "tool"]
    faults = [{"tool": tool, "message": answer[:200]} for tool, answer in zip(actions, answers, strict=False) if answer.startswith(_FAULT)]
    return {"messages": messages, "actions": actions, "escalated": HANDED_OVER in actions, "errors": faults}


FORM: Final = Form("tau-bench", "a trajectory (traj) with its reward", lambda it: {"traj", "reward", "task_id"} <= it.keys(), each(rows))
