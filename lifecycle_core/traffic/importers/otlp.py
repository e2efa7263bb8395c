"""OTLP/JSON, as OpenTelemetry's exporters and collectors write it → spans."""

from collections.abc import Iterator
from typing import Any

from lifecycle_core.traffic.importers.attributes import telling
from lifecycle_core.traffic.importers.shapes import Row, Values, count_of, fields_of, instant_of_nanoseconds, items_of, number_of, text_of
from lifecycle_core.traffic.importers.spans import Span

_FAILED = {2, "2", "STATUS_CODE_ERROR"}
_ENTRIES = {2, "2", "SPAN_KIND_SERVER", 5, "5", "SPAN_KIND_CONSUMER"}
"""Kinds of spans at which a program is entered from elsewhere."""
_REMOTE = 0x300
"""The bits of a span's flags that tell that its parent stands in another program."""


def recognised(values: Values) -> str | None:
    """Why `values` are an export of OTLP, if they are."""
    return "its records hold resourceSpans" if isinstance(values.get("resourceSpans"), list) else None


def spans(values: Values) -> Iterator[Span]:
    """The spans of one export."""
    for resource in map(fields_of, items_of(values.get("resourceSpans"))):
        above = attributes(fields_of(resource.get("resource")).get("attributes"))
        for scope in map(fields_of, items_of(resource.get("scopeSpans"))):
            for it in map(fields_of, items_of(scope.get("spans"))):
                trace, own = text_of(it.get("traceId")), text_of(it.get("spanId"))
                if trace and own:
                    yield _span(it, trace, own, above)


def _span(it: Values, trace: str, own: str, above: Row) -> Span:
    told = attributes(it.get("attributes"))
    for event in map(fields_of, items_of(it.get("events"))):
        told |= {name: value for name, value in attributes(event.get("attributes")).items() if name not in told}
    status = fields_of(it.get("status"))
    failed = status.get("code") in _FAILED
    found = telling(above | told)
    parent = text_of(it.get("parentSpanId"))
    return Span(
        trace=trace,
        id=own,
        parent=parent,
        outermost=parent is None or found.get("kind") == "agent" or it.get("kind") in _ENTRIES or _is_remote(it.get("flags")),
        started_at=instant_of_nanoseconds(it.get("startTimeUnixNano")),
        ended_at=instant_of_nanoseconds(it.get("endTimeUnixNano")),
        **{
            **found,
            "name": found.get("name") or text_of(it.get("name")),
            "error": (text_of(status.get("message")) or found.get("error") or "error") if failed else None,
        },
    )


def _is_remote(flags: Any) -> bool:  # noqa: ANN401 - any JSON value
    return (count_of(flags) or 0) & _REMOTE == _REMOTE


def attributes(value: Any) -> Row:  # noqa: ANN401 - any JSON value
    """OTLP's pairs of keys and typed values as one object.

    >>> attributes([{"key": "n", "value": {"intValue": "7"}}, {"key": "ok", "value": {"boolValue": True}}])
    {'n': 7, 'ok': True}
    """
    pairs = map(fields_of, items_of(value))
    return {key: _value(fields_of(it.get("value"))) for it in pairs if (key := text_of(it.get("key")))}


def _value(typed: Values) -> Any:  # noqa: ANN401 - any JSON value
    for kind, value in typed.items():
        if kind == "arrayValue":
            return [_value(fields_of(it)) for it in items_of(fields_of(value).get("values"))]
        if kind == "kvlistValue":
            return attributes(fields_of(value).get("values"))
        if kind == "intValue":
            return count_of(value) if count_of(value) is not None else number_of(value)
        return value
    return None
