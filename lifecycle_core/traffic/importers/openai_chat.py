"""OpenAI's chat JSON lines, as for fine-tuning: what was said, and nothing else → conversations."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.traffic.importers.said import calls_in, messages_of
from lifecycle_core.traffic.importers.shapes import Row, Values, known

_TELLING: Final = frozenset({"messages", "tools", "functions", "parallel_tool_calls", "metadata", "model", "weight", "store"})


def recognised(values: Values) -> str | None:
    """Why `values` are a chat of OpenAI's, if they are."""
    told = isinstance(values.get("messages"), list) and values.keys() <= _TELLING
    return "its records hold messages, and beside them only what OpenAI's chat format has" if told else None


def rows(values: Values) -> Iterator[Row]:
    """The conversation that a line is: without time, cost or outcome, which it does not tell."""
    messages = messages_of(values["messages"], "user")
    yield {
        **{name: it for name, it in values.items() if name in {"metadata", "model"}},
        **known(messages=messages, actions=calls_in(messages)),
    }
