"""Drift: check now, what was found, what is meant, how the watch goes. A GET changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.access import needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, At, Limit, OneVariant, Store, Variant, Writable
from deployments.http.problems import answers
from deployments.wire.attribution import ExplanationWire
from deployments.wire.drift import DriftWire
from deployments.wire.watch import DriftHistoryWire, DriftMetricsWire, KnownRequest, KnownWire, ToldEpisodeWire
from lifecycle_core.access import Role
from lifecycle_core.drift.report import Metric
from lifecycle_core.operations import drift, explaining
from lifecycle_core.policy import Mode

router = APIRouter(prefix="/api/lifecycle/drift", tags=["drift"])

AskedMode = Annotated[Mode | None, Query(description="Another mode than the variant's own: evidence, or threshold for the bare rule.")]
AskedMetric = Annotated[Metric | None, Query(description="Explain this metric, drifting or not; by default each that drifts.")]
AskedEpisode = Annotated[int | None, Query(ge=1, lt=2**31, description="Explain what this episode found last, whatever `at` is.")]
EpisodeId = Annotated[int, Query(ge=1, lt=2**31, description="Its id in `drift/history`.")]
Conversations = Annotated[int, Query(ge=1, le=1000, description="How many conversations to list for each metric.")]


@router.get("/detect", summary="Check a variant for drift", openapi_extra=needs(Role.READ), responses=answers(404))
def detect(variant: Variant, at: At, database: Store, mode: AskedMode = None) -> DriftWire:
    """Check as of an instant; nothing is recorded."""
    return DriftWire.of(drift.check(database, variant, at, mode))


@router.get("/history", summary="Episodes of drift, the newest first", openapi_extra=needs(Role.READ), responses=answers(404))
def history(database: Store, page: AskedPage, variant: OneVariant = None, limit: Limit = 50) -> DriftHistoryWire:
    """Of one variant, or of all."""
    return page.sign(DriftHistoryWire.of(drift.history(database, variant, limit, page.before), limit))


@router.get("/episode", summary="One episode in full", openapi_extra=needs(Role.READ), responses=answers(404))
def episode(episode: EpisodeId, database: Store) -> ToldEpisodeWire:
    """Its course, its alarms with their frozen references, and the last check that found it."""
    return ToldEpisodeWire.of(drift.episode(database, episode))


@router.post("/known", summary="Say that a change is meant", openapi_extra=needs(Role.OPERATE), responses=answers(404, 409))
def known(body: KnownRequest, act: Acting, database: Writable) -> KnownWire:
    """It ends the episode, and the reference begins anew where the last of its alarms began."""
    return KnownWire.of(drift.known(database, act, body.episode_id, body.reason))


@router.get("/metrics", summary="How the watch itself goes", openapi_extra=needs(Role.READ), responses=answers())
def metrics(database: Store, at: At) -> DriftMetricsWire:
    """Checks, episodes and their frequency, over all variants."""
    return DriftMetricsWire.of(drift.metrics(database, at))


@router.get("/explain", summary="What contributes to a drift", openapi_extra=needs(Role.READ), responses=answers(404))
def explain(
    *, variant: Variant, at: At, database: Store, metric: AskedMetric = None, episode: AskedEpisode = None, limit: Conversations = 10
) -> ExplanationWire:
    """Segments, actions, failures, and conversations that show it; it explains an alarm and never raises one."""
    return ExplanationWire.of(explaining.explain(database, variant, at, metric, episode=episode, limit=limit))
