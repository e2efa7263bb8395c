"""What pages do: each form is the request that a program would send, through the same door, by the same rules, and then leads back."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from deployments.http.access import needs
from deployments.http.browsers import Sent, asked, on_to
from deployments.http.dependencies import Store
from deployments.http.routes import alerts, drift, retraining, versions
from deployments.wire.alerts import LiftRequest, ResendRequest, SilenceRequest, TrialRequest
from deployments.wire.retraining import CancelRequest, DecisionRequest, OptionsRequest, StartRequest
from deployments.wire.versions import ActivateRequest, RollbackRequest
from deployments.wire.watch import KnownRequest
from lifecycle_core.access import Role
from lifecycle_core.operations import drift as checks
from lifecycle_core.operations import retraining as sessions
from lifecycle_core.retraining.session import Answer
from tasks import nudges

router = APIRouter(include_in_schema=False)

OPERATE = needs(Role.OPERATE)
APPROVE = needs(Role.APPROVE)


@router.post("/variant/check", openapi_extra=OPERATE)
def check(form: Sent, database: Store) -> Response:
    """Check now, and record what is found."""
    checks.check_and_record(database, form.act, form.text("variant"), form.act.at)
    return on_to("/variant", variant=form.text("variant"), done="checked")


@router.post("/variant/known", openapi_extra=OPERATE)
def known(form: Sent, database: Store) -> Response:
    """Say that a drift is meant."""
    drift.known(asked(KnownRequest, episodeId=form.whole("episode"), reason=form.text("reason")), form.act, database)
    return on_to("/variant", variant=form.text("variant"), done="known")


@router.post("/variant/silence", openapi_extra=OPERATE)
def silence(form: Sent, database: Store) -> Response:
    """Keep signals from being told."""
    given = {"variant": form.text("variant") or None, "hours": form.number("hours"), "reason": form.text("reason")}
    alerts.silence(asked(SilenceRequest, **given), form.act, database)
    return on_to("/alerts", done="silenced")


@router.post("/variant/retrain", openapi_extra=OPERATE)
async def retrain(form: Sent, database: Store) -> Response:
    """Start a retraining; its page shows how far it has come."""
    options = asked(OptionsRequest, maxSamples=form.whole("samples"), reason=form.text("reason"))
    body = asked(StartRequest, variant=form.text("variant"), options=options)
    key = f"{form.act.by}/{form.act.idempotency_key}"
    it = await run_in_threadpool(sessions.begin, database, form.act, body.variant, key, body.options.value())
    await nudges.begun(form.act, it)
    return on_to("/retraining", sessionId=it.session_id, done="started")


@router.post("/variant/rollback", openapi_extra=OPERATE)
def roll_back(form: Sent, database: Store) -> Response:
    """Go back to the version before, from the one that the page showed and from no other."""
    body = asked(RollbackRequest, variantName=form.text("variant"), reason=form.text("reason"))
    versions.rollback(body, form.act, database, form.text("etag"))
    return on_to("/variant", variant=body.variant_name, done="rolled-back")


@router.post("/version/activate", openapi_extra=OPERATE)
def activate(form: Sent, database: Store) -> Response:
    """Make a version the active one."""
    given = {"variantName": form.text("variant"), "version": form.whole("version"), "reason": form.text("reason")}
    body = asked(ActivateRequest, **given)
    versions.activate(body, form.act, database, None)
    return on_to("/version", variant=body.variant_name, version=body.version, done="activated")


@router.post("/retraining/decide", openapi_extra=APPROVE)
async def decide(form: Sent, database: Store) -> Response:
    """A person's yes or no, to the evidence that the page showed and to no other."""
    answer = Answer(form.text("answer") or Answer.REJECT)
    door = retraining.approve if answer is Answer.PROMOTE else retraining.reject
    given = {"sessionId": form.text("session"), "reason": form.text("reason"), "evidenceHash": form.text("evidence")}
    body = asked(DecisionRequest, **given)
    await door(body, form.act, database)
    return on_to("/retraining", sessionId=body.session_id, done="approved" if answer is Answer.PROMOTE else "rejected")


@router.post("/retraining/cancel", openapi_extra=OPERATE)
async def cancel(form: Sent, database: Store) -> Response:
    """End a retraining without a verdict."""
    body = asked(CancelRequest, sessionId=form.text("session"), reason=form.text("reason"))
    await retraining.cancel(body, form.act, database)
    return on_to("/retraining", sessionId=body.session_id, done="cancelled")


@router.post("/alerts/lift", openapi_extra=OPERATE)
def lift(form: Sent, database: Store) -> Response:
    """End a silence before its time."""
    alerts.lift(asked(LiftRequest, silenceId=form.whole("silence"), reason=form.text("reason")), form.act, database)
    return on_to("/alerts", done="lifted")


@router.post("/alerts/test", openapi_extra=OPERATE)
def trial(form: Sent, database: Store) -> Response:
    """Send a message that says nothing."""
    alerts.test(asked(TrialRequest, reason=form.text("reason")), form.act, database)
    return on_to("/alerts", done="tested")


@router.post("/alerts/resend", openapi_extra=OPERATE)
def resend(form: Sent, database: Store) -> Response:
    """Try dead deliveries anew."""
    alerts.resend(asked(ResendRequest, messageId=form.text("message") or None, reason=form.text("reason")), form.act, database)
    return on_to("/alerts", done="resent")
