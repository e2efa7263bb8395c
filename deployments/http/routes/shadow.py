"""Shadow tests: what goes on, what one says, and a deployed agent's own pairs."""

from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.access import needs
from deployments.http.dependencies import Acting, At, OneVariant, Store, Variant, Writable
from deployments.http.problems import answers
from deployments.wire.evidence import AgreementWire, EvidenceCurveWire
from deployments.wire.planning import ShadowPlanWire
from deployments.wire.shadow import MAX_SAMPLES, SamplesRequest, SamplesWire, ShadowStatusWire, ShadowTestWire
from lifecycle_core.access import Role
from lifecycle_core.operations import evidence, planning, shadow, standing
from lifecycle_core.policy import ShadowSource
from lifecycle_core.retraining.options import MAX_REPLAYS
from lifecycle_core.retraining.planning import EFFECT, LEAST_EFFECT, MOST_EFFECT
from tasks import context

router = APIRouter(prefix="/api/reliability/shadow", tags=["shadow"])

AskedSession = Annotated[
    str | None, Query(alias="sessionId", min_length=1, max_length=300, description="A session; by default the newest that was tested.")
]

Effect = Annotated[float, Query(ge=LEAST_EFFECT, le=MOST_EFFECT, description="What a candidate is taken to gain, relative: 0.1 is +10%.")]
Replays = Annotated[int | None, Query(ge=1, le=MAX_REPLAYS, description="Of each scenario by each version; the policy's by default.")]
Source = Annotated[ShadowSource | None, Query(description="Where goals come from; the policy's by default.")]


@router.get("/status", summary="Shadow tests that go on", openapi_extra=needs(Role.READ), responses=answers())
def status(database: Store, at: At) -> ShadowStatusWire:
    """How many samples each has, how long it takes yet, and the evidence so far."""
    return ShadowStatusWire.of(standing.shadow_tests(database, at))


@router.get("/analysis", summary="What a shadow test says", openapi_extra=needs(Role.READ), responses=answers(404, 409))
def analysis(database: Store, at: At, session_id: AskedSession = None, variant: OneVariant = None) -> ShadowTestWire:
    """Its verdict where there is one, else the evidence so far."""
    if session_id is None:
        return ShadowTestWire.of(standing.newest_tested(database, variant, at))
    shadow.analysis(database, session_id, at)
    return ShadowTestWire.of(standing.of_session(database, session_id, at))


@router.get("/evidence", summary="How a shadow test's evidence grew", openapi_extra=needs(Role.READ), responses=answers(404, 409))
def evidence_of(database: Store, at: At, session_id: AskedSession = None, variant: OneVariant = None) -> EvidenceCurveWire:
    """The e-values after each sample, and the shares that succeeded so far."""
    name = session_id or standing.newest_tested(database, variant, at).session.session_id
    return EvidenceCurveWire.of(name, evidence.grown(database, name))


@router.get("/agreement", summary="Whether both versions act alike", openapi_extra=needs(Role.READ), responses=answers(404, 409))
def agreement(database: Store, at: At, session_id: AskedSession = None, variant: OneVariant = None) -> AgreementWire:
    """Their next actions at the turns of recorded conversations, as far as the test has asked for them."""
    from tasks.agreement import kept

    name = session_id or standing.newest_tested(database, variant, at).session.session_id
    return AgreementWire.of(name, kept(name))


@router.get(
    "/plan",
    summary="What a shadow test would take and find",
    description="Whole tests are imagined by the variant's policy, on agents as its own figures describe them; nothing is started.",
    openapi_extra=needs(Role.READ),
    responses=answers(404, 409),
)
def plan(
    variant: Variant, at: At, database: Store, *, effect: Effect = EFFECT, replays: Replays = None, source: Source = None
) -> ShadowPlanWire:
    """Power, samples, days and dollars, by effect and by replays."""
    found = planning.plan_shadow(database, variant, at, context.chance(), effect=effect, replays=replays, source=source)
    return ShadowPlanWire.of(variant, found)


@router.post(
    "/samples",
    summary="Take a deployed agent's own pairs",
    description=f"Up to {MAX_SAMPLES:,} at a time, all of them or none. A scenario counts once; posted pairs and replays are never mixed.",
    openapi_extra=needs(Role.INGEST),
    responses=answers(404, 409),
)
def post_samples(body: SamplesRequest, act: Acting, database: Writable) -> SamplesWire:
    """Each scenario served by incumbent and candidate."""
    done = shadow.post_samples(database, act, body.session_id, [it.value() for it in body.samples])
    return SamplesWire.of(body.session_id, done)
