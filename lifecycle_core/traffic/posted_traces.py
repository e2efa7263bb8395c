"""The body of an OTLP/HTTP export → conversations: traces that are whole, and why the others are not taken."""

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.converting import Converter
from lifecycle_core.traffic.importers import otlp
from lifecycle_core.traffic.importers.shapes import fields_of, items_of
from lifecycle_core.traffic.importers.spans import Span, conversation_of, of_an_agent
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.posted import MAX_BODY_BYTES, too_large
from lifecycle_core.traffic.refusals import Refusal, RefusedError, explain
from lifecycle_core.traffic.rejected import Rejected, cut

PROTOBUF: Final = "application/x-protobuf"
SOURCE: Final = "POST /v1/traces"

_IDS: Final = ("traceId", "spanId", "parentSpanId")
_CUT: Final = Refusal(
    "the trace", "cut", "its first span is not in the request; let the collector's groupbytrace processor keep traces whole"
)


@dataclass(frozen=True, slots=True)
class PostedTraces:
    """What an export brought: conversations, what was refused with its reason, and how many spans that were."""

    conversations: list[Conversation] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_spans: int = 0

    @property
    def message(self) -> str:
        """Why spans were refused, the first reason in words; empty where none was."""
        return self.rejected[0].refusal.sentence if self.rejected else ""


def traces_of(body: bytes, content_type: str = "") -> PostedTraces:
    """The conversations in an ExportTraceServiceRequest, as JSON or as protobuf.

    A trace without a call of a model or an agent is none of ours, and passes.
    Raises InvalidInputError for a body that is no such request; TooLargeError past the bound.
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    values = _of_protobuf(body) if content_type.startswith(PROTOBUF) else _of_json(body)
    found = PostedTraces()
    convert = Converter(Mapping())
    refused = 0
    for spans in _together(otlp.spans(values)):
        taken = _taken(spans, convert)
        if isinstance(taken, Conversation):
            found.conversations.append(taken)
        else:
            found.rejected.append(Rejected(SOURCE, len(found.rejected) + 1, taken, cut(_told(spans))))
            refused += len(spans)
    return PostedTraces(found.conversations, found.rejected, refused)


def answer_of(found: PostedTraces) -> bytes:
    """The ExportTraceServiceResponse as protobuf."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceResponse

    told = ExportTracePartialSuccess(rejected_spans=found.rejected_spans, error_message=found.message) if found.rejected else None
    return bytes(ExportTraceServiceResponse(partial_success=told).SerializeToString())


def _taken(spans: Sequence[Span], convert: Converter) -> Conversation | Refusal:
    if not any(it.outermost for it in spans):
        return _CUT
    try:
        return convert(conversation_of(spans))
    except RefusedError as error:
        return error.refusal
    except ValidationError as error:
        return explain(error)


def _together(spans: Iterator[Span]) -> Iterator[list[Span]]:
    """The spans of each conversation."""
    traces: defaultdict[str, dict[str, Span]] = defaultdict(dict)
    for it in spans:
        traces[it.trace][it.id] = it
    together: defaultdict[str, list[Span]] = defaultdict(list)
    for trace, held in traces.items():
        if of_an_agent(held.values()):
            together[next((it.conversation for it in held.values() if it.conversation), trace)] += held.values()
    yield from together.values()


def _told(spans: Sequence[Span]) -> bytes:
    """What finds a refused trace again where it came from."""
    first = spans[0]
    return json.dumps({"traceId": first.trace, "spans": [it.id for it in spans], "name": first.name}).encode()


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        values = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        message = f"the body is no JSON ({error}); send an ExportTraceServiceRequest as OTLP/JSON, or as {PROTOBUF}"
        raise InvalidInputError(message) from None
    if not isinstance(values, dict) or not isinstance(values.get("resourceSpans", []), list):
        message = "the body has no list resourceSpans; send an ExportTraceServiceRequest"
        raise InvalidInputError(message)
    return values


def _of_protobuf(body: bytes) -> dict[str, Any]:
    """The request as OTLP/JSON, which writes ids in hexadecimal where protobuf's own JSON writes base64."""
    from google.protobuf.json_format import MessageToDict
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        values: dict[str, Any] = MessageToDict(ExportTraceServiceRequest.FromString(body))
    except (DecodeError, ValueError):
        message = "the body is no protobuf of an ExportTraceServiceRequest; send one whole, or OTLP/JSON as application/json"
        raise InvalidInputError(message) from None
    for resource in map(fields_of, items_of(values.get("resourceSpans"))):
        for scope in map(fields_of, items_of(resource.get("scopeSpans"))):
            for span in items_of(scope.get("spans")):
                span |= {name: b64decode(span[name]).hex() for name in _IDS if name in span}
    return values
