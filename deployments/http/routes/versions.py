"""Versions: register, activate, roll back, tag; what is active, what was, and how two differ."""

from dataclasses import replace

from fastapi import APIRouter

from deployments.http.access import needs
from deployments.http.dependencies import Acting, Before, Limit, Number, Store, VariantName
from deployments.http.problems import answers
from deployments.wire.versions import (
    ActivateRequest,
    ActivationWire,
    CompareWire,
    DiffWire,
    RegisterRequest,
    RollbackRequest,
    RollbackWire,
    TagRequest,
    VariantsWire,
    VersionHistoryWire,
    VersionWire,
)
from lifecycle_core.access import Role
from lifecycle_core.operations import versions

router = APIRouter(prefix="/api/lifecycle/versions", tags=["versions"])


@router.post("/register", summary="Keep a version", openapi_extra=needs(Role.OPERATE), responses=answers(413))
def register(body: RegisterRequest, act: Acting, database: Store) -> VersionWire:
    """The same content again answers the version that has it."""
    registered = versions.register(
        database,
        act,
        variant=body.variant_name,
        system_prompt=body.system_prompt,
        metadata=body.metadata,
        model=body.model,
        parameters=body.parameters,
        tools=body.tools,
    )
    return VersionWire.of(registered)


@router.post("/activate", summary="Make a version the active one", openapi_extra=needs(Role.OPERATE), responses=answers(404, 409))
def activate(body: ActivateRequest, act: Acting, database: Store) -> ActivationWire:
    """All others of the variant are inactive from then on."""
    return ActivationWire.of(versions.activate(database, replace(act, why=body.reason), body.variant_name, body.version))


@router.post(
    "/rollback", summary="Go back to the version that was active before", openapi_extra=needs(Role.OPERATE), responses=answers(404, 409)
)
def rollback(body: RollbackRequest, act: Acting, database: Store) -> RollbackWire:
    """Twice goes back twice."""
    return RollbackWire.of(versions.roll_back(database, replace(act, why=body.reason), body.variant_name))


@router.get("/active", summary="The active version", openapi_extra=needs(Role.READ, Role.INGEST), responses=answers(404))
def active(variant: VariantName, database: Store) -> VersionWire:
    """With its prompt, and all that it is run with."""
    return VersionWire.of(versions.active(database, variant))


@router.get("/history", summary="Versions and activations, the newest first", openapi_extra=needs(Role.READ), responses=answers(404))
def history(variant: VariantName, database: Store, before: Before, limit: Limit = 50) -> VersionHistoryWire:
    """Of one variant."""
    return VersionHistoryWire.of(variant, versions.history(database, variant, limit, before), limit)


@router.get("/compare", summary="Two versions by what their traffic came to", openapi_extra=needs(Role.READ), responses=answers(404))
def compare(variant: VariantName, version1: Number, version2: Number, database: Store) -> CompareWire:
    """Not randomised: the two served at different times."""
    return CompareWire.of(versions.compare(database, variant, version1, version2))


@router.get("/diff", summary="Two versions by what they say", openapi_extra=needs(Role.READ), responses=answers(404))
def diff(variant: VariantName, version1: Number, version2: Number, database: Store) -> DiffWire:
    """The prompts' unified diff, and what else differs."""
    return DiffWire.of(versions.diff(database, variant, version1, version2))


@router.post("/tag", summary="Set a tag, or move it here", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def tag(body: TagRequest, act: Acting, database: Store) -> VersionWire:
    """Moving it leaves a trail."""
    return VersionWire.of(versions.tag(database, act, body.variant_name, body.version, body.tag, body.description).version)


@router.get("/list", summary="All variants", openapi_extra=needs(Role.READ), responses=answers())
def list_variants(database: Store) -> VariantsWire:
    """With their latest and their active version."""
    return VariantsWire.of(versions.list_variants(database))
