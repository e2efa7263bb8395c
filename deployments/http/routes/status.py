"""How everything stands."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from deployments.http.access import needs
from deployments.http.dependencies import At, Store
from deployments.http.problems import answers
from deployments.wire.status import ReliabilityWire, StatusWire
from lifecycle_core.access import Role
from lifecycle_core.operations import database as databases
from lifecycle_core.operations import retraining, standing
from lifecycle_core.operations import status as stands
from tasks import context

router = APIRouter(tags=["status"])


class Health(BaseModel):
    """A sign of life."""

    status: Literal["ok"] = "ok"


class Readiness(Health):
    """Ready to serve, with the schema's revision."""

    revision: str


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


@router.get("/healthz", summary="Whether the process answers", responses=answers())
def healthz() -> Health:
    """Asks nothing of the database."""
    return Health()


@router.get("/readyz", summary="Whether the database answers and has this program's schema", responses=answers())
def readyz(database: Store) -> Readiness:
    """Else 503 says what is wrong."""
    return Readiness(revision=databases.expect_current(database))
