"""LangSmith's runs: batches {post[], patch[]} as its client sends them, or a run a record as `list_runs` gives them.

Source: langchain-ai/langsmith-sdk (MIT): a run is posted as it begins and patched as it ends, both under its id.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lifecycle_core.traffic.formats.form import UNREADABLE, Form, Row, Unreadable, Values, an_object
from lifecycle_core.traffic.formats.messages import messages_of
from lifecycle_core.traffic.formats.traces import Kind, Span, rows_of
from lifecycle_core.traffic.times import parse_time

_KINDS: Final = {"llm": Kind.CHAT, "chat_model": Kind.CHAT, "tool": Kind.TOOL}


def rows(records: Iterator[Values]) -> Iterator[Row | Unreadable]:
    """The conversations of runs: those of one `session_id`, `thread_id` or `conversation_id` of their metadata, else of one trace."""
    runs: dict[str, dict[str, Any]] = {}
    for record in records:
        for it in [*(record.get("post") or ()), *(record.get("patch") or ())] if _batch(record) else [record]:
            if isinstance(it, Mapping) and it.get("id"):
                runs.setdefault(str(it["id"]), {}).update({name: value for name, value in it.items() if value not in (None, {}, [])})
    together: dict[str, list[Span]] = {}
    for identity, it in runs.items():
        try:
            span = _span(it)
        except UNREADABLE as error:
            yield Unreadable(error, identity)
            continue
        if span is not None:
            together.setdefault(_thread(it) or span.trace, []).append(span)
    yield from rows_of(together)


def _span(it: Mapping[str, Any]) -> Span | None:
    began, ended = _time(it.get("start_time")), _time(it.get("end_time"))
    if began is None:
        return None
    kind = _KINDS.get(str(it.get("run_type")), Kind.OTHER)
    told: dict[str, Any] = {"kind": kind, "tool": it.get("name") if kind is Kind.TOOL else None}
    if kind is Kind.CHAT:
        outputs = it.get("outputs")
        usage = _usage(it)
        metadata = _metadata(it)
        told |= {
            "model": an_object(outputs).get("model") or metadata.get("ls_model_name"),
            "input_tokens": usage.get("input_tokens", usage.get("prompt_tokens")),
            "output_tokens": usage.get("output_tokens", usage.get("completion_tokens")),
            "cost_usd": it.get("total_cost") if isinstance(it.get("total_cost"), int | float) else None,
            "input": messages_of(it.get("inputs"), "user"),
            "output": messages_of(outputs, "assistant"),
        }
    return Span(
        id=str(it["id"]),
        trace=str(it.get("trace_id") or it["id"]),
        parent=it.get("parent_run_id"),
        started_at=began,
        ended_at=max(ended or began, began),
        fault=str(it["error"]) if it.get("error") else None,
        **told,
    )


def _usage(it: Mapping[str, Any]) -> Mapping[str, Any]:
    outputs = an_object(it.get("outputs"))
    return an_object(outputs.get("usage_metadata")) or an_object(outputs.get("usage")) or it


def _thread(it: Mapping[str, Any]) -> str | None:
    metadata = _metadata(it)
    return next((str(metadata[name]) for name in ("session_id", "thread_id", "conversation_id") if metadata.get(name)), None)


def _metadata(it: Mapping[str, Any]) -> Mapping[str, Any]:
    return an_object(an_object(it.get("extra")).get("metadata"))


def _time(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """A time, in UTC where it says no zone: so LangSmith writes them."""
    found = parse_time(value, UTC) if isinstance(value, str) else None
    return found if isinstance(found, datetime) else None


def _batch(record: Values) -> bool:
    return isinstance(record.get("post"), list) or isinstance(record.get("patch"), list)


def _known(record: Values) -> bool:
    return _batch(record) or {"run_type", "trace_id", "start_time"} <= record.keys()


FORM: Final = Form("langsmith", "runs that are posted and patched, or listed, as LangSmith does", _known, rows)
