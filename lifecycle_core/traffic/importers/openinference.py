"""OpenInference's spans as Phoenix exports them, a span a record → spans."""

from collections.abc import Iterator
from typing import Any

from lifecycle_core.traffic.importers.attributes import telling
from lifecycle_core.traffic.importers.shapes import Row, Values, fields_of, instant_of, text_of
from lifecycle_core.traffic.importers.spans import Span


def recognised(values: Values) -> str | None:
    """Why `values` are a span of OpenInference, if they are."""
    named = "context.trace_id" in values or "trace_id" in fields_of(values.get("context"))
    return "its records are spans with a context and a span_kind" if named and "span_kind" in values else None


def spans(values: Values) -> Iterator[Span]:
    """The span that a record is."""
    context = fields_of(values.get("context"))
    trace = text_of(context.get("trace_id")) or text_of(values.get("context.trace_id"))
    own = text_of(context.get("span_id")) or text_of(values.get("context.span_id"))
    if not (trace and own):
        return
    told = {name.removeprefix("attributes."): it for name, it in values.items() if name.startswith("attributes.")}
    told |= _flattened(fields_of(values.get("attributes")))
    found = telling({"openinference.span.kind": values.get("span_kind"), **told})
    failed = values.get("status_code") == "ERROR"
    yield Span(
        trace=trace,
        id=own,
        parent=text_of(values.get("parent_id")),
        started_at=instant_of(values.get("start_time")),
        ended_at=instant_of(values.get("end_time")),
        **{
            **found,
            "name": found.get("name") or text_of(values.get("name")),
            "error": (text_of(values.get("status_message")) or "error") if failed else None,
        },
    )


def _flattened(value: Any, above: str = "") -> Row:  # noqa: ANN401 - any JSON value
    """Nested attributes by their dotted names, as OpenInference defines them."""
    if not isinstance(value, dict | list) or (isinstance(value, list) and not any(isinstance(it, dict) for it in value)):
        return {above: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: Row = {}
    for name, it in pairs:
        found |= _flattened(it, f"{above}.{name}" if above else str(name))
    return found
