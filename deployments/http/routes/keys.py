"""Keys to the API: who asks, and making, listing and revoking keys."""

from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter, Request

from deployments.http.access import needs
from deployments.http.dependencies import Acting, Store, Writable
from deployments.http.problems import answers
from deployments.wire.keys import CreateKeyRequest, KeysWire, KeyWire, MadeKeyWire, RevokeKeyRequest, WhoamiWire
from lifecycle_core.access import Role
from lifecycle_core.operations import keys
from tasks import context

router = APIRouter(prefix="/api/lifecycle", tags=["keys"])


@router.get("/whoami", summary="Who asks, and what he may", openapi_extra=needs(*Role), responses=answers())
def whoami(request: Request) -> WhoamiWire:
    """As the audit log will name the caller; without keys everybody on this machine is admin."""
    return WhoamiWire(by=request.state.caller, roles=sorted(request.state.roles, key=list(Role).index))


@router.get("/keys", summary="Every key that was made", openapi_extra=needs(Role.ADMIN), responses=answers())
def list_keys(database: Store) -> KeysWire:
    """With its roles, its last use and how it stands; never the key itself."""
    found = keys.list_keys(database)
    return KeysWire.of(found, context.now(), loopback=context.settings().loopback)


@router.post("/keys/create", summary="Make a key", openapi_extra=needs(Role.ADMIN), responses=answers(409))
def create(body: CreateKeyRequest, act: Acting, database: Writable) -> MadeKeyWire:
    """It is told once: sent again under its `Idempotency-Key` the answer is 409 `told-once`, for nobody keeps a key."""
    act, secret = replace(act, why=body.reason), context.new_secret()
    expires = timedelta(days=body.expires_days) if body.expires_days else None
    made = keys.create(database, act, body.name, roles=body.roles, secret=secret, expires_in=expires)
    return MadeKeyWire.made(made, secret, act.at)


@router.post("/keys/revoke", summary="Revoke a key", openapi_extra=needs(Role.ADMIN), responses=answers(404))
def revoke(body: RevokeKeyRequest, act: Acting, database: Writable) -> KeyWire:
    """Within a second it is good no more; revoking it again changes nothing."""
    return KeyWire.at(keys.revoke(database, replace(act, why=body.reason), body.name), act.at)
