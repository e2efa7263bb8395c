"""OpenTelemetry's traces in JSON (OTLP), with attributes of GenAI, OpenInference or the AI SDK.

Source: opentelemetry-proto, OTLP/JSON: ids in hex, 64-bit numbers as texts; semantic conventions for generative AI.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lifecycle_core.traffic.formats.attributes import described
from lifecycle_core.traffic.formats.form import UNREADABLE, Form, Row, Unreadable, Values, an_object, objects
from lifecycle_core.traffic.formats.traces import Span, rows_of

MOST_SPANS: Final = 200_000
"""Spans that are held until their trace is told; past it the oldest are told as they stand."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_FAILED: Final = (2, "2", "STATUS_CODE_ERROR")


def rows(records: Iterator[Values]) -> Iterator[Row | Unreadable]:
    """The conversations of traces: spans of one `gen_ai.conversation.id` or `session.id`, else of one trace.

    A trace's spans may stand in several records, in any order; so all are read before the first is told.
    """
    traces: dict[str, list[Span]] = {}
    held = 0
    for it in records:
        try:
            told = list(spans(it))
        except UNREADABLE as error:
            yield Unreadable(error)
            continue
        for span in told:
            traces.setdefault(span.trace, []).append(span)
            held += 1
        if held > MOST_SPANS:
            yield from _told(traces.values())
            traces, held = {}, 0
    yield from _told(traces.values())


def spans(record: Values) -> Iterator[Span]:
    """The spans of one export request."""
    for resource in objects(record.get("resourceSpans")):
        about = attributes_of(an_object(resource.get("resource")).get("attributes"))
        labels = {"service": str(about["service.name"])} if about.get("service.name") else {}
        for scope in objects(resource.get("scopeSpans", resource.get("instrumentationLibrarySpans"))):
            for it in objects(scope.get("spans")):
                if (found := _span(it, labels)) is not None:
                    yield found


def attributes_of(pairs: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Attributes by name.

    >>> attributes_of([{"key": "n", "value": {"intValue": "12"}}])
    {'n': 12}
    """
    return {str(it.get("key")): _value(it.get("value")) for it in objects(pairs)}


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    kind, it = next(iter(value.items())) if isinstance(value, Mapping) and value else ("", None)
    if kind == "intValue":
        return int(str(it)) if _INTEGER.fullmatch(str(it)) else None
    if kind == "arrayValue":
        return [_value(one) for one in an_object(it).get("values") or ()]
    if kind == "kvlistValue":
        return attributes_of(an_object(it).get("values"))
    return it


def _span(it: Mapping[str, Any], labels: Mapping[str, str]) -> Span | None:
    began, ended = _instant(it.get("startTimeUnixNano")), _instant(it.get("endTimeUnixNano"))
    if began is None or ended is None or not it.get("traceId"):
        return None
    attributes = attributes_of(it.get("attributes"))
    for event in objects(it.get("events")):
        attributes = {**attributes_of(event.get("attributes")), **attributes}
    status = an_object(it.get("status"))
    fault = None
    if status.get("code") in _FAILED:
        fault = str(status.get("message") or attributes.get("exception.message") or attributes.get("error.type") or "error")
    return Span(
        id=str(it.get("spanId")),
        trace=str(it["traceId"]),
        parent=str(it["parentSpanId"]) if it.get("parentSpanId") else None,
        started_at=began,
        ended_at=max(ended, began),
        fault=fault,
        labels=labels,
        **described(attributes),
    )


def _instant(nanoseconds: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    try:
        return _EPOCH + timedelta(microseconds=int(nanoseconds) // 1000)
    except (TypeError, ValueError, OverflowError):
        return None


def _told(traces: Iterable[list[Span]]) -> Iterator[Row | Unreadable]:
    together: dict[str, list[Span]] = {}
    for held in traces:
        conversation = next((it.conversation for it in held if it.conversation), held[0].trace)
        together.setdefault(conversation, []).extend(held)
    yield from rows_of(together)


FORM: Final = Form("otlp", "resourceSpans, as OpenTelemetry exports traces", lambda it: isinstance(it.get("resourceSpans"), list), rows)
