"""The policy of a variant: what counts as drift, what is done about it, and who changed it."""

from dataclasses import replace

from fastapi import APIRouter

from deployments.http.access import needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, Limit, Store, Variant, Writable
from deployments.http.problems import answers
from deployments.wire.policies import PolicyHistoryWire, PolicyWire, ResetPolicyRequest, SetPolicyRequest, changed, reset
from lifecycle_core.access import Role
from lifecycle_core.operations import policies

router = APIRouter(prefix="/api/lifecycle/policy", tags=["policy"])


@router.get("", summary="The policy of a variant", openapi_extra=needs(Role.READ), responses=answers(404))
def show(variant: Variant, database: Store) -> PolicyWire:
    """Every setting, and which are not the default."""
    return PolicyWire.of(variant, policies.policy(database, variant))


@router.post("/set", summary="Change settings", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def set_policy(body: SetPolicyRequest, act: Acting, database: Writable) -> PolicyWire:
    """The next check goes by it; an open session goes on by the one that it began with."""
    act, wanted = replace(act, why=body.reason), ("set", body.settings)
    made = policies.change_policy(database, act, body.variant, lambda it: changed(it, body.settings), wanted)
    return PolicyWire.of(body.variant, made.policy)


@router.post("/reset", summary="Bring settings back to the default", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def reset_policy(body: ResetPolicyRequest, act: Acting, database: Writable) -> PolicyWire:
    """Those that are named, or all."""
    act, wanted = replace(act, why=body.reason), ("reset", body.settings)
    made = policies.change_policy(database, act, body.variant, lambda it: reset(it, body.settings), wanted)
    return PolicyWire.of(body.variant, made.policy)


@router.get("/history", summary="Who changed the policy, the newest first", openapi_extra=needs(Role.READ), responses=answers(404))
def history(variant: Variant, database: Store, page: AskedPage, limit: Limit = 50) -> PolicyHistoryWire:
    """With the reason, and what takes each change back."""
    return page.sign(PolicyHistoryWire.of(variant, policies.history(database, variant, limit, page.before), limit))
