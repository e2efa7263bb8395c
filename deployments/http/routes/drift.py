"""Drift: check now, what was found, how the watch goes. A GET changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.dependencies import At, Before, Limit, Store, Variant
from deployments.http.problems import answers
from deployments.wire.drift import DriftWire
from deployments.wire.watch import DriftHistoryWire, DriftMetricsWire
from lifecycle_core.operations import drift
from lifecycle_core.policy import Mode

router = APIRouter(prefix="/api/lifecycle/drift", tags=["drift"])

AskedMode = Annotated[Mode | None, Query(description="Another mode than the variant's own: evidence, or threshold for the bare rule.")]


@router.get("/detect", summary="Check a variant for drift", responses=answers(404))
def detect(variant: Variant, at: At, database: Store, mode: AskedMode = None) -> DriftWire:
    """Check as of an instant; nothing is recorded."""
    return DriftWire.of(drift.check(database, variant, at, mode))


@router.get("/history", summary="Episodes of drift, the newest first", responses=answers(404))
def history(database: Store, before: Before, variant: Variant | None = None, limit: Limit = 50) -> DriftHistoryWire:
    """Of one variant, or of all."""
    return DriftHistoryWire.of(drift.history(database, variant, limit, before), limit)


@router.get("/metrics", summary="How the watch itself goes", responses=answers())
def metrics(database: Store, at: At) -> DriftMetricsWire:
    """Checks, episodes and their frequency, over all variants."""
    return DriftMetricsWire.of(drift.metrics(database, at))
