"""The audit log: who changed what, whether it holds, and anchors of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from deployments.http.access import needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, Limit, Store, Writable
from deployments.http.problems import answers
from deployments.wire.audit import AnchoredWire, AuditVerificationWire, ChangesWire
from deployments.wire.base import ZonedInstant
from lifecycle_core.access import Role
from lifecycle_core.operations import audit
from tasks import context

router = APIRouter(prefix="/api/lifecycle/audit", tags=["audit"])


def meant(
    subject: Annotated[
        str | None, Query(max_length=500, description='Only rows whose subject begins so, such as "model_versions:baseline/".')
    ] = None,
    by: Annotated[str | None, Query(max_length=300, description='Only what one made, such as "key:ada".')] = None,
    request_id: Annotated[str | None, Query(alias="requestId", max_length=300, description="Only what one request changed.")] = None,
    since: Annotated[
        ZonedInstant | None, Query(description="Only what was changed at this instant or later, ISO 8601 with a zone.")
    ] = None,
) -> audit.Asked:
    """Which changes are asked for."""
    return audit.Asked(subject, by, request_id, since)


Meant = Annotated[audit.Asked, Depends(meant)]


@router.get("", summary="Every change of state, the newest first", openapi_extra=needs(Role.READ), responses=answers())
def changes(database: Store, page: AskedPage, asked: Meant, limit: Limit = 50) -> ChangesWire:
    """Who, what, when, from, to and why; each row is chained to the one before it by its hash."""
    found = audit.newest(database, asked, limit, page.before)
    return page.sign(ChangesWire.of(found, limit))


@router.get("/verify", summary="Whether the audit log holds", openapi_extra=needs(Role.READ), responses=answers())
def verify(database: Store) -> AuditVerificationWire:
    """The chain, the audited rows and the server's anchors; it reads all of them, which takes about a second for 20,000 rows."""
    it = context.settings()
    return AuditVerificationWire.of(audit.verify(database, audit.read_anchors(it.audit_anchors, it.audit_key)))


@router.post("/anchor", summary="Anchor the audit log", openapi_extra=needs(Role.ADMIN), responses=answers(409))
def anchor(act: Acting, database: Writable) -> AnchoredWire:
    """Append a line that holds all rows up to now to the server's file of anchors; keep the answer where the server cannot edit it."""
    it = context.settings()
    return AnchoredWire.of(audit.anchor(database, act, it.audit_anchors, it.audit_key))
