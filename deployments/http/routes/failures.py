"""Why conversations fail, and which of them show it."""

from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.access import needs
from deployments.http.dependencies import At
from deployments.http.problems import answers
from deployments.wire.failures import FailureAnalysisWire
from lifecycle_core.access import Role
from tasks import failures

router = APIRouter(prefix="/api/lifecycle", tags=["retraining"])

Name = Annotated[
    str, Query(min_length=1, max_length=300, description="A session, or a variant: of it the newest conversations are looked at.")
]


@router.get("/failures", summary="Why conversations fail", openapi_extra=needs(Role.READ), responses=answers(404, 409))
def explain_failures(at: At, name: Name) -> FailureAnalysisWire:
    """What failures show more than successes do, masked; no model is asked for it."""
    return FailureAnalysisWire.of(failures.analysis(name, at))
