"""Retraining: whether, start, decide, how it stands. The work itself is a flow run; the database says how far it has come."""

import asyncio
import time
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from deployments.http.access import expect, needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, At, Limit, OneVariant, Store, Variant, Writable
from deployments.http.problems import NotReadyProblem, answers
from deployments.reports.page import POLICY, page
from deployments.wire.retraining import (
    BEFORE_ITS_TEST,
    CancelRequest,
    DecisionRequest,
    FinalizedWire,
    FinalizeRequest,
    RetrainingHistoryWire,
    RetrainingStatusWire,
    StartedWire,
    StartRequest,
    TriggerCheckWire,
)
from deployments.wire.review import ReviewPageWire
from lifecycle_core.access import Role
from lifecycle_core.operations import promotion, retraining, standing
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Answer, Session
from tasks import context, nudges, reports
from tasks.markdown import whole
from tasks.review import shown

router = APIRouter(prefix="/api/lifecycle/retraining", tags=["retraining"])

WAIT_S: Final = 30.0
"""How long a start waits for the shadow test."""
LOOK_S: Final = 0.25
STATUS: Final = f"{router.prefix}/status"

AskedSession = Annotated[str | None, Query(alias="sessionId", min_length=1, max_length=300, description="A session to tell whole.")]
OneSession = Annotated[str, Query(alias="sessionId", min_length=1, max_length=300, description="The session, as its start named it.")]
Form = Annotated[Literal["html", "markdown"], Query(alias="format", description="As a page for browsers, or as Markdown.")]
MARKDOWN: Final = "text/markdown"
REPORTED: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.OK: {
        "description": "The page, or the Markdown.",
        "content": {"text/html": {"schema": {"type": "string"}}, MARKDOWN: {"schema": {"type": "string"}}},
    }
}
ACCEPTED: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.ACCEPTED: {
        "model": StartedWire,
        "description": f"It has not reached its shadow test within {WAIT_S:.0f} seconds, or its work has not begun; look at `Location`.",
        "headers": {"Location": {"description": "Where its status is told.", "schema": {"type": "string"}}},
    }
}


@router.get("/check", summary="Whether a retraining would start", openapi_extra=needs(Role.READ), responses=answers(404))
def check(variant: Variant, at: At, database: Store) -> TriggerCheckWire:
    """By the triggers, with every condition that refuses it; nothing is started."""
    return TriggerCheckWire.of(retraining.check(database, variant, at))


@router.post(
    "/start",
    summary="Start a retraining",
    description="By hand: no drift and no cooldown is asked for, only that no session is open and that the variant has an active "
    "version. Answers when the session reaches its shadow test or ends; under an `Idempotency-Key` the same session, as it is by then.",
    openapi_extra=needs(Role.OPERATE),
    responses=answers(404, 409) | ACCEPTED,
)
async def start(body: StartRequest, act: Acting, database: Writable, response: Response) -> StartedWire:
    """The session is written first; its run is started then, and where Prefect is down, as soon as it is back."""
    key = f"{act.by}/{act.idempotency_key or uuid4()}"
    it = await run_in_threadpool(retraining.begin, database, act, body.variant, key, body.options.value())
    warning = await nudges.begun(act, it)
    it = await _tested(database, it, within_s=0.0 if warning or act.dry_run else WAIT_S)
    if it.status in BEFORE_ITS_TEST:
        response.status_code = HTTPStatus.ACCEPTED
        response.headers["Location"] = f"{STATUS}?sessionId={it.session_id}"
    found = await run_in_threadpool(standing.of_session, database, it.session_id, context.now())
    return StartedWire.of(found, context.settings().prefect_url, warning)


async def _tested(database: Store, it: Session, within_s: float) -> Session:
    """The session once its shadow test has begun or it has ended; as it is after so long."""
    until = time.monotonic() + within_s
    while it.status in BEFORE_ITS_TEST and time.monotonic() < until:
        await asyncio.sleep(LOOK_S)
        it = await run_in_threadpool(retraining.session, database, it.session_id)
    return it


@router.post(
    "/finalize",
    summary="End a retraining by its evidence",
    description="Before the samples are in it is 409 `not-ready`, with their number and an estimate of the time left.",
    openapi_extra=needs(Role.OPERATE),
    responses=answers(404, 409, conflict=NotReadyProblem),
)
async def finalize(body: FinalizeRequest, act: Acting, database: Writable, request: Request) -> FinalizedWire:
    """Once, whoever asks how often."""
    if body.force:
        expect(request.state.roles, Role.APPROVE, "force=true")
    act = replace(act, why=body.reason)
    it = await run_in_threadpool(promotion.finalize, database, act, body.session_id, force=body.force, reason=body.reason)
    return await _decided(database, act, it)


@router.get(
    "/review",
    summary="What a decision rests on: verdict, diff and paired conversations",
    openapi_extra=needs(Role.READ),
    responses=answers(404),
)
def review(session_id: OneSession) -> ReviewPageWire:
    """The pairs in which the versions differ most come first, read from what was served."""
    return ReviewPageWire.of(shown(session_id))


@router.get(
    "/report",
    summary="A session told from its beginning to where it stands",
    openapi_extra=needs(Role.READ),
    responses=answers(404) | REPORTED,
    response_class=HTMLResponse,
)
def report(session_id: OneSession, form: Form = "html") -> Response:
    """One page that asks nothing of anywhere else, to be read or kept; or the same in Markdown."""
    found = reports.of_session(session_id)
    if form == "markdown":
        return Response(whole(found), media_type=MARKDOWN)
    return HTMLResponse(page(found), headers={"Content-Security-Policy": POLICY})


@router.post("/approve", summary="Promote the candidate under review", openapi_extra=needs(Role.APPROVE), responses=answers(404, 409))
async def approve(body: DecisionRequest, act: Acting, database: Writable) -> FinalizedWire:
    """A person's yes, with its reason; it is asked for once."""
    return await _answer(database, act, body, Answer.PROMOTE)


@router.post(
    "/reject",
    summary="Keep the incumbent in place of the candidate under review",
    openapi_extra=needs(Role.APPROVE),
    responses=answers(404, 409),
)
async def reject(body: DecisionRequest, act: Acting, database: Writable) -> FinalizedWire:
    """A person's no, with its reason; it is asked for once."""
    return await _answer(database, act, body, Answer.REJECT)


async def _answer(database: Store, act: Provenance, body: DecisionRequest, answer: Answer) -> FinalizedWire:
    act = replace(act, why=body.reason)
    await run_in_threadpool(promotion.record_decision, database, act, body.session_id, answer, body.reason, body.evidence_hash)
    it = await run_in_threadpool(promotion.promote_or_roll_back, database, act, body.session_id)
    return await _decided(database, act, it)


@router.post("/cancel", summary="End a retraining without a verdict", openapi_extra=needs(Role.OPERATE), responses=answers(404, 409))
async def cancel(body: CancelRequest, act: Acting, database: Writable) -> FinalizedWire:
    """The incumbent stays."""
    act = replace(act, why=body.reason)
    it = await run_in_threadpool(promotion.cancel, database, act, body.session_id, body.reason)
    return await _decided(database, act, it)


async def _decided(database: Store, act: Provenance, it: Session) -> FinalizedWire:
    await nudges.decided(act, it)
    found = await run_in_threadpool(standing.of_session, database, it.session_id, context.now())
    return FinalizedWire.of(found, context.settings().prefect_url)


@router.get("/status", summary="How retraining stands", openapi_extra=needs(Role.READ), responses=answers(404))
def status(database: Store, at: At, session_id: AskedSession = None) -> RetrainingStatusWire:
    """Open sessions, the newest ones, how they ended; one session whole."""
    asked = standing.of_session(database, session_id, at) if session_id is not None else None
    return RetrainingStatusWire.of_all(standing.overview(database, at), asked, context.settings().prefect_url)


@router.get("/history", summary="Retrainings, the newest first", openapi_extra=needs(Role.READ), responses=answers(404))
def history(database: Store, at: At, page: AskedPage, variant: OneVariant = None, limit: Limit = 50) -> RetrainingHistoryWire:
    """Of one variant, or of all."""
    found = standing.of_sessions(database, retraining.history(database, variant, limit, page.before), at)
    return page.sign(RetrainingHistoryWire.of(found, limit, context.settings().prefect_url))
