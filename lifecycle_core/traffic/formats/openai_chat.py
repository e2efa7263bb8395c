"""OpenAI's chat format, as for fine-tuning: a line of messages and tools; it tells no time, cost or outcome."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.traffic.formats.form import Form, Row, Values, each
from lifecycle_core.traffic.formats.messages import called, messages_of


def rows(record: Values) -> Iterator[Row]:
    """The conversation of one line; what else the line says stays beside it."""
    messages = messages_of(record["messages"], "user")
    besides = {name: value for name, value in record.items() if name not in {"messages", "tools", "parallel_tool_calls"}}
    yield besides | {"messages": messages, "actions": [name for it in messages for name in called(it)]}


FORM: Final = Form(
    "openai-chat",
    "messages, and none of a conversation's times",
    lambda it: isinstance(it.get("messages"), list) and not it.keys() & {"ended_at", "id", "booked", "variant"},
    each(rows),
)
