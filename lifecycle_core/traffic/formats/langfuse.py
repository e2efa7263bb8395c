"""Langfuse's export of traces: {trace, observations[]}, one document a trace.

Source: the export of its user interface (MIT part of langfuse/langfuse, 2025). Costs are Langfuse's own, in US dollars.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json

from lifecycle_core.traffic.formats.attributes import described
from lifecycle_core.traffic.formats.form import Form, Row, Values, each
from lifecycle_core.traffic.formats.messages import messages_of
from lifecycle_core.traffic.formats.traces import Kind, Span, row_of
from lifecycle_core.traffic.times import parse_time

NO_INPUT: Final = '{"content":"role"}'
"""What stands there where an instrumentation told the names of a message's fields in place of the message."""
_KINDS: Final = {"GENERATION": Kind.CHAT, "TOOL": Kind.TOOL}


def rows(record: Values) -> Iterator[Row]:
    """The conversation of one trace, with its scores by name; nothing where no model was called."""
    trace = record["trace"]
    spans = [it for it in map(_span, record["observations"]) if it is not None]
    besides = {
        "customer_id": trace.get("userId"),
        "scores": {it["name"]: _score(it) for it in trace.get("scores") or () if isinstance(it, Mapping) and it.get("name")},
        "trace_name": trace.get("name"),
    }
    row = row_of(str(trace.get("sessionId") or trace.get("id")), spans, {name: it for name, it in besides.items() if it})
    if row is not None:
        yield row | ({"cost_source": "priced"} if "cost_usd" in row else {})


def _span(it: Any) -> Span | None:  # noqa: ANN401 - any JSON value
    if not isinstance(it, Mapping):
        return None
    began, ended = _time(it.get("startTime")), _time(it.get("endTime"))
    if began is None:
        return None
    told = described(_attributes(it.get("metadata")))
    kind = _KINDS.get(str(it.get("type")), Kind.OTHER)
    told |= {"kind": kind, "model": it.get("model") or told.get("model"), "tool": it.get("name") if kind is Kind.TOOL else None}
    if kind is Kind.CHAT:
        told |= {"input_tokens": it.get("inputUsage"), "output_tokens": it.get("outputUsage"), "cost_usd": _cost(it)}
        told["input"] = (messages_of(it.get("input"), "user") if it.get("input") != NO_INPUT else []) or told.get("input", [])
        told["output"] = messages_of(it.get("output"), "assistant") or told.get("output", [])
    fault = str(it.get("statusMessage") or "error") if it.get("level") == "ERROR" else None
    return Span(
        id=str(it.get("id")),
        trace=str(it.get("traceId")),
        parent=it.get("parentObservationId"),
        started_at=began,
        ended_at=max(ended or began, began),
        fault=fault,
        **told,
    )


def _cost(it: Mapping[str, Any]) -> float | None:
    """What a call cost; 0 for a call that used tokens is what Langfuse writes where it knows no price."""
    cost = it.get("totalCost")
    return cost if isinstance(cost, int | float) and (cost > 0 or not it.get("totalUsage")) else None


def _attributes(metadata: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON value
    try:
        told = from_json(metadata) if isinstance(metadata, str) else metadata
    except ValueError:
        return {}
    found = told.get("attributes") if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _score(it: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a number or a category
    return it.get("stringValue") if it.get("value") is None or it.get("dataType") == "CATEGORICAL" else it["value"]


def _time(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    found = parse_time(value, None) if isinstance(value, str) else None
    return found if isinstance(found, datetime) else None


def _known(record: Values) -> bool:
    return isinstance(record.get("trace"), Mapping) and isinstance(record.get("observations"), list)


FORM: Final = Form("langfuse", "a trace with its observations, as Langfuse exports them", _known, each(rows))
