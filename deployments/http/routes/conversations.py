"""Conversations, sent by the agents that held them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request

from deployments.http.access import needs
from deployments.http.dependencies import Acting, Writable
from deployments.http.problems import answers
from deployments.wire.traffic import IngestedWire
from lifecycle_core.access import Role
from lifecycle_core.operations import traffic
from lifecycle_core.traffic.posted import MAX_BODY_BYTES, MAX_CONVERSATIONS, conversations_of

router = APIRouter(prefix="/api/lifecycle", tags=["traffic"])

CONVERSATION: Final = {"$ref": "#/components/schemas/Conversation"}
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"oneOf": [CONVERSATION, {"type": "array", "items": CONVERSATION, "maxItems": MAX_CONVERSATIONS}]}},
        "application/x-ndjson": {"schema": {"type": "string", "description": "A conversation on each line."}},
    },
}


async def whole_body(request: Request) -> bytes:
    """The body, which no request may have longer than is read."""
    return await request.body()


@router.post(
    "/conversations",
    summary="Take conversations in",
    description=f"One conversation, an array, or one a line: up to {MAX_CONVERSATIONS:,}, {MAX_BODY_BYTES >> 20} MiB in all. "
    "All of them are taken or none. What is known by its variant and id changes nothing, so a request may be repeated.",
    responses=answers(413),
    openapi_extra=needs(Role.INGEST) | {"requestBody": BODY},
)
def post_conversations(
    body: Annotated[bytes, Depends(whole_body)],
    act: Acting,
    database: Writable,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> IngestedWire:
    """Parse, keep, tell."""
    batch = conversations_of(body, content_type)
    return IngestedWire.of(traffic.ingest(database, act, batch))
