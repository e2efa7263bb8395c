"""How everything stands."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from deployments.http.access import needs
from deployments.http.dependencies import At, Store
from deployments.http.metrics import WATCH_S, exposition
from deployments.http.problems import answers
from deployments.wire.base import Zulu
from deployments.wire.status import ReliabilityWire, StatusWire
from lifecycle_core.access import Role
from lifecycle_core.operations import retraining, standing
from lifecycle_core.operations import status as stands
from tasks import context

router = APIRouter(tags=["status"])


class Health(BaseModel):
    """A sign of life."""

    status: Literal["ok"] = "ok"


class Readiness(Health):
    """Ready to serve, with the schema's revision, and the last check of the watch.

    A watch that stands still does not make the API unready, which serves without it: `watchStalled` says so.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)

    revision: str
    last_check_at: Zulu | None
    last_check_age_s: float | None = Field(description="Seconds since the last check.")
    watch_stalled: bool = Field(description="The last check is over two hours old, or over twice the interval of the watch.")


@router.get("/api/lifecycle/status", summary="How everything stands", openapi_extra=needs(Role.READ), responses=answers())
def status(database: Store, at: At) -> StatusWire:
    """Variants, active versions, open episodes and sessions, probations, the last check."""
    return StatusWire.of(stands.status(database, at), standing.overview(database, at, newest=0), context.settings().prefect_url)


@router.get(
    "/api/reliability/metrics",
    summary="Figures of drift, traffic, versions and retraining",
    openapi_extra=needs(Role.READ),
    responses=answers(),
)
def reliability(database: Store, at: At) -> ReliabilityWire:
    """The last day's traffic, and the month's activations and rollbacks."""
    return ReliabilityWire.of(stands.reliability(database, at), retraining.status(database, limit=0))


@router.get("/healthz", summary="Whether the process answers")
async def healthz() -> Health:
    """Asks nothing of the database, and waits for no thread that does."""
    return Health()


@router.get("/readyz", summary="Whether the database answers and has this program's schema", responses=answers())
def readyz(database: Store) -> Readiness:
    """Else 503 says what is wrong."""
    found = stands.readiness(database, context.now(), context.settings().watch_seconds or WATCH_S)
    return Readiness.model_validate(found, from_attributes=True)


@router.get(
    "/metrics",
    summary="How everything stands, for Prometheus",
    openapi_extra=needs(Role.READ),
    responses=answers(),
    response_class=PlainTextResponse,
)
def metrics(request: Request) -> PlainTextResponse:
    """In its text format: requests of this process, and the database as it is now."""
    return PlainTextResponse(exposition(request.app.state.metrics), media_type=CONTENT_TYPE)
