"""What a route is given: the database, the instant asked for, who asks, and which page."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.concurrency import contextmanager_in_threadpool

from deployments.wire.base import Instant
from lifecycle_core.operations.database import rehearsed
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tasks import context


async def store() -> Database:
    """The database; like all that waits for nothing it takes no thread, of which every one may be waiting for a writer."""
    return context.database()


async def asked_at(
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
        "what was answered and changes nothing; while the first is being made it waits for that answer. Another request under it is 422 "
        "`idempotency-key-reused`. A refusal is not kept: "
        "the request may come again.",
    ),
]


DryRun = Annotated[bool, Query(alias="dryRun", description="Try all of it and keep nothing: the answer is what it would be.")]


async def writable(*, dry_run: DryRun = False) -> AsyncIterator[Database]:
    """The database; of a dry run one that is taken back in the end."""
    if not dry_run:
        yield context.database()
        return
    async with contextmanager_in_threadpool(rehearsed(context.database())) as trying:
        yield trying


async def acting(
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    *,
    dry_run: DryRun = False,
) -> Provenance:
    """Who asks, as the gate found."""
    if dry_run:
        response.headers["X-Dry-Run"] = "true"
    act = context.act(request.state.caller, request_id=request.state.request_id)
    return replace(act, idempotency_key=idempotency_key, dry_run=dry_run)


async def insisted(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", max_length=100, description="The `ETag` that the change insists on, or `*`; another one now is 412 `stale`."
        ),
    ] = None,
) -> str | None:
    """The etag that the change insists on, without its quotes."""
    return None if if_match is None else if_match.strip().removeprefix("W/").strip('"')


Store = Annotated[Database, Depends(store)]
Writable = Annotated[Database, Depends(writable)]
At = Annotated[datetime, Depends(asked_at)]
Acting = Annotated[Provenance, Depends(acting)]
Insisted = Annotated[str | None, Depends(insisted)]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most, the newest first.")]
Variant = Annotated[str, Query(min_length=1, max_length=200, description="The variant's name.")]
OneVariant = Annotated[str | None, Query(alias="variant", min_length=1, max_length=200, description="Of this variant alone.")]
VariantName = Annotated[str, Query(alias="variantName", min_length=1, max_length=200, description="The variant's name.")]
Number = Annotated[int, Query(ge=1, lt=2**31, description="A version's number.")]
