"""What a route is given: the database, the instant asked for, who asks, and which page."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response

from deployments.wire.base import Instant
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tasks import context


def asked_at(
    at: Annotated[Instant | None, Query(description="Ask as of this instant, ISO 8601 with a zone; now by default.")] = None,
) -> datetime:
    """The instant that is asked for."""
    return context.as_of(at)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern="^[ -~]+$",
        description="A name of your own for this request, such as a UUID. Within 24 hours the same request under the same key answers "
        "what was answered and changes nothing; another request under it is 422 `idempotency-key-reused`. A refusal is not kept: "
        "the request may come again.",
    ),
]


def acting(
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Try all of it and keep nothing: the answer is what it would be.")] = False,  # noqa: FBT002 - a flag of the request
) -> Provenance:
    """Who asks, as the gate found."""
    if dry_run:
        response.headers["X-Dry-Run"] = "true"
    act = context.act(request.state.caller, request_id=request.state.request_id)
    return replace(act, idempotency_key=idempotency_key, dry_run=dry_run)


def insisted(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", max_length=100, description="The `ETag` that the change insists on, or `*`; another one now is 412 `stale`."
        ),
    ] = None,
) -> str | None:
    """The etag that the change insists on, without its quotes."""
    return None if if_match is None else if_match.strip().removeprefix("W/").strip('"')


def asked_before(
    cursor: Annotated[str | None, Query(description="`nextCursor` of the page before.", max_length=40)] = None,
) -> int | None:
    """Where the page begins: before this row."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and 0 < int(cursor) < 2**31):
        message = f"cursor is {cursor!r}; give the nextCursor of the page before"
        raise InvalidInputError(message, field="cursor")
    return int(cursor)


Store = Annotated[Database, Depends(context.database)]
At = Annotated[datetime, Depends(asked_at)]
Acting = Annotated[Provenance, Depends(acting)]
Insisted = Annotated[str | None, Depends(insisted)]
Before = Annotated[int | None, Depends(asked_before)]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most, the newest first.")]
Variant = Annotated[str, Query(min_length=1, max_length=200, description="The variant's name.")]
VariantName = Annotated[str, Query(alias="variantName", min_length=1, max_length=200, description="The variant's name.")]
Number = Annotated[int, Query(ge=1, lt=2**31, description="A version's number.")]
