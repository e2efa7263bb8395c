"""LangSmith's runs, one a record as its client lists them or in batches as it sends them → spans."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.traffic.importers.said import messages_of
from lifecycle_core.traffic.importers.shapes import Row, Values, count_of, fields_of, instant_of, items_of, known, number_of, text_of
from lifecycle_core.traffic.importers.spans import Kind, Span

_KINDS: Final[dict[str, Kind]] = {"llm": "chat", "tool": "tool"}


def recognised(values: Values) -> str | None:
    """Why `values` are LangSmith's, if they are."""
    if isinstance(values.get("post"), list) or isinstance(values.get("patch"), list):
        return "its records are batches of runs to post and to patch"
    return "its records are runs with a run_type and a trace_id" if "run_type" in values and "trace_id" in values else None


def spans(values: Values) -> Iterator[Span]:
    """The runs in a record."""
    if "run_type" in values:
        runs = [values]
    else:
        runs = [*map(fields_of, items_of(values.get("post"))), *map(fields_of, items_of(values.get("patch")))]
    for it in runs:
        own = text_of(it.get("id"))
        if own:
            yield _span(it, own)


def _span(it: Values, own: str) -> Span:
    metadata = fields_of(fields_of(it.get("extra")).get("metadata"))
    outputs = fields_of(it.get("outputs"))
    usage = fields_of(outputs.get("usage_metadata")) or fields_of(outputs.get("usage"))
    conversation = next((found for name in ("session_id", "thread_id", "conversation_id") if (found := text_of(metadata.get(name)))), None)
    read = count_of(it.get("prompt_tokens", usage.get("input_tokens")))
    written = count_of(it.get("completion_tokens", usage.get("output_tokens")))
    return Span(
        trace=text_of(it.get("trace_id")) or own,
        id=own,
        parent=text_of(it.get("parent_run_id")),
        conversation=conversation,
        kind=_KINDS.get(str(it.get("run_type")), "other"),
        name=text_of(it.get("name")),
        started_at=instant_of(it.get("start_time")),
        ended_at=instant_of(it.get("end_time")),
        input_tokens=read,
        output_tokens=written,
        total_tokens=count_of(it.get("total_tokens", usage.get("total_tokens"))),
        cost_usd=number_of(it.get("total_cost")),
        model=text_of(outputs.get("model")) or text_of(metadata.get("ls_model_name")),
        heard=messages_of(it.get("inputs"), "user"),
        said=messages_of(outputs, "assistant"),
        error=text_of(it.get("error")),
        facts=known(project=text_of(it.get("session_name")), scores=_scores(it)),
    )


def _scores(it: Values) -> Row:
    """Feedback by its key; that of several people is their mean, and so an outcome only where all agree."""
    stats = fields_of(it.get("feedback_stats"))
    return {name: fields_of(told).get("avg") for name, told in stats.items() if number_of(fields_of(told).get("avg")) is not None}
