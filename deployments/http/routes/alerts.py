"""Alerts: how signals stand, silences, messages and how far they have come."""

from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter

from deployments.http.access import needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, At, Limit, OneVariant, Store, Writable
from deployments.http.problems import answers
from deployments.wire.alerts import (
    AlertsWire,
    LiftRequest,
    MessagesWire,
    MessageWire,
    ResendRequest,
    ResentWire,
    SilenceRequest,
    SilenceWire,
    TrialRequest,
)
from lifecycle_core.access import Role
from lifecycle_core.operations import alerts
from tasks import alerts as tasks

router = APIRouter(prefix="/api/lifecycle/alerts", tags=["alerts"])


@router.get("", summary="How signals stand", openapi_extra=needs(Role.READ), responses=answers(404))
def now(database: Store, at: At, variant: OneVariant = None) -> AlertsWire:
    """Of one variant, or of all: each state, what a look says now, silences, and whether messages arrive."""
    return AlertsWire.of(alerts.now(database, at, variant), list(tasks.targets()))


@router.get("/messages", summary="Messages and how far they have come", openapi_extra=needs(Role.READ), responses=answers(404))
def messages(database: Store, page: AskedPage, variant: OneVariant = None, limit: Limit = 50) -> MessagesWire:
    """The newest first; one that is dead reached nobody."""
    return page.sign(MessagesWire.of(alerts.messages(database, variant, limit, page.before), limit))


@router.post("/silence", summary="Keep a signal from being told", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def silence(body: SilenceRequest, act: Acting, database: Writable) -> SilenceWire:
    """For so long; what still alerts when it ends is told then."""
    return SilenceWire.of(alerts.silence(database, act, body.variant, body.signals, timedelta(hours=body.hours), body.reason))


@router.post("/lift", summary="End a silence", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def lift(body: LiftRequest, act: Acting, database: Writable) -> SilenceWire:
    """Before its time; one that is over stays as it is."""
    return SilenceWire.of(alerts.lift(database, replace(act, why=body.reason), body.silence_id))


@router.post("/test", summary="Send a message that says nothing", openapi_extra=needs(Role.OPERATE), responses=answers())
def test(body: TrialRequest, act: Acting, database: Writable) -> MessageWire:
    """To every target, as other messages are sent: within seconds, by whatever serves."""
    return MessageWire.of(alerts.test(database, replace(act, why=body.reason), act.request_id or ""))


@router.post("/resend", summary="Try dead deliveries anew", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def resend(body: ResendRequest, act: Acting, database: Writable) -> ResentWire:
    """Of one message or of all, under the ids that they had."""
    return ResentWire(message_id=body.message_id, resent=alerts.resend(database, replace(act, why=body.reason), body.message_id).deliveries)
