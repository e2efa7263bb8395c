"""Traces, sent by OpenTelemetry's exporters and collectors as they are."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Response

from deployments.http.access import needs
from deployments.http.dependencies import Acting, Writable
from deployments.http.problems import answers
from deployments.http.routes.conversations import whole_body
from deployments.wire.traffic import ExportedWire
from lifecycle_core.access import Role
from lifecycle_core.operations import traffic
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from lifecycle_core.traffic.posted_traces import PROTOBUF, answer_of, traces_of

router = APIRouter(tags=["traffic"])

BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "description": "OTLP's ExportTraceServiceRequest in its JSON encoding.",
                "properties": {"resourceSpans": {"type": "array", "items": {"type": "object"}}},
            }
        },
        PROTOBUF: {"schema": {"type": "string", "format": "binary", "description": "The same as protobuf."}},
    },
}


@router.post(
    "/v1/traces",
    summary="Take traces in",
    description=f"OTLP/HTTP: spans with GenAI or OpenInference attributes, up to {MAX_BODY_BYTES >> 20} MiB. A conversation is what shares "
    "a `gen_ai.conversation.id`, else a trace; its variant is `gen_ai.agent.name`, else `service.name`. A trace must come whole, in one "
    "request; one that is cut is refused in `partialSuccess` and quarantined. Traces without a model or an agent pass.",
    response_model=ExportedWire,
    response_model_exclude_none=True,
    responses=answers(413),
    openapi_extra=needs(Role.INGEST) | {"requestBody": BODY},
)
def post_traces(
    body: Annotated[bytes, Depends(whole_body)],
    act: Acting,
    database: Writable,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> ExportedWire | Response:
    """Parse, keep, tell: in the encoding in which it came."""
    found = traces_of(body, content_type)
    traffic.ingest(database, act, found.conversations, found.rejected)
    return Response(answer_of(found), media_type=PROTOBUF) if content_type.startswith(PROTOBUF) else ExportedWire.of(found)
