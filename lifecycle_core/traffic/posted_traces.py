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
from lifecycle_core.traffic.formats import otlp
from lifecycle_core.traffic.formats.recognition import as_rows
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.posted import MAX_BODY_BYTES, too_large
from lifecycle_core.traffic.records import Record
from lifecycle_core.traffic.refusals import Refusal, RefusedError, explain
from lifecycle_core.traffic.rejected import Rejected, cut

PROTOBUF: Final = "application/x-protobuf"
SOURCE: Final = "POST /v1/traces"

_IDS: Final = ("traceId", "spanId", "parentSpanId")
_CUT: Final = Refusal(
    "the trace", "cut", "its first span is not in the request; let the collector's groupbytrace processor keep traces whole"
)


_ENTRIES: Final = (2, "SPAN_KIND_SERVER", 5, "SPAN_KIND_CONSUMER")
"""Kinds of spans at which a program is entered from elsewhere."""
_REMOTE: Final = 0x300
"""The bits of a span's flags that tell that its parent stands in another program."""
_CONVERSATION: Final = ("gen_ai.conversation.id", "session.id")
_Sent = tuple[Any, dict[str, Any]]


@dataclass(slots=True)
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

    The variant is the agent's name, else the service's. A trace without a call of a model is none of ours, and passes.
    Raises InvalidInputError for a body that is no such request; TooLargeError past the bound.
    """
    if len(body) > MAX_BODY_BYTES:
        raise too_large()
    values = _of_protobuf(body) if content_type.startswith(PROTOBUF) else _of_json(body)
    found = PostedTraces()
    convert = Converter(Mapping())
    for spans in _traces(values):
        for row in as_rows(otlp.FORM, iter([Record(1, b"", _request(spans))])):
            taken = _taken(row.values, convert) if any(map(_begins, spans)) else _CUT
            if isinstance(taken, Conversation):
                found.conversations.append(taken)
            else:
                found.rejected.append(Rejected(SOURCE, len(found.rejected) + 1, taken, cut(_told(spans))))
                found.rejected_spans += len(spans)
    return found


def answer_of(found: PostedTraces) -> bytes:
    """The ExportTraceServiceResponse as protobuf."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceResponse

    told = ExportTracePartialSuccess(rejected_spans=found.rejected_spans, error_message=found.message) if found.rejected else None
    return bytes(ExportTraceServiceResponse(partial_success=told).SerializeToString())


def _taken(row: dict[str, Any] | Refusal, convert: Converter) -> Conversation | Refusal:
    if isinstance(row, Refusal):
        return row
    segments = row.get("segments", {})
    variant = segments.get("agent") or segments.get("service")
    try:
        return convert(row | ({"variant": variant} if variant else {}))
    except RefusedError as error:
        return error.refusal
    except ValidationError as error:
        return explain(error)


def _traces(values: dict[str, Any]) -> Iterator[list[_Sent]]:
    """The spans of each conversation, each with the resource that sent it."""
    traces: defaultdict[str, list[_Sent]] = defaultdict(list)
    conversations: dict[str, str] = {}
    for resource in _objects(values.get("resourceSpans")):
        for scope in _objects(resource.get("scopeSpans")):
            for span in _objects(scope.get("spans")):
                trace = str(span.get("traceId"))
                traces[trace].append((resource.get("resource"), span))
                told = otlp.attributes_of(span.get("attributes"))
                named = next((str(told[it]) for it in _CONVERSATION if told.get(it)), None)
                if named is not None:
                    conversations.setdefault(trace, named)
    together: defaultdict[str, list[_Sent]] = defaultdict(list)
    for trace, spans in traces.items():
        together[conversations.get(trace, trace)] += spans
    yield from together.values()


def _request(spans: Sequence[_Sent]) -> dict[str, Any]:
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]} for resource, span in spans]}


def _begins(sent: _Sent) -> bool:
    """Whether nothing of the conversation lies above a span: it has no parent, its parent is another program's, or it is an agent's."""
    span = sent[1]
    flags = span.get("flags")
    remote = isinstance(flags, int) and flags & _REMOTE == _REMOTE
    agent = otlp.attributes_of(span.get("attributes")).get("gen_ai.operation.name") == "invoke_agent"
    return not span.get("parentSpanId") or span.get("kind") in _ENTRIES or remote or agent


def _told(spans: Sequence[_Sent]) -> bytes:
    """What finds a refused trace again where it came from."""
    return json.dumps([{name: span.get(name) for name in ("traceId", "spanId", "name")} for _, span in spans]).encode()


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


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
    for resource in _objects(values.get("resourceSpans")):
        for scope in _objects(resource.get("scopeSpans")):
            for span in _objects(scope.get("spans")):
                span |= {name: b64decode(span[name]).hex() for name in _IDS if name in span}
    return values
