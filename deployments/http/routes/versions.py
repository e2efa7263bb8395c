"""Versions: register, activate, roll back, tag; what is active, what was, and how two differ."""

from dataclasses import replace

from fastapi import APIRouter, Response

from deployments.http.access import needs
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import Acting, Insisted, Limit, Number, Store, VariantName, Writable
from deployments.http.etags import Known, stamped
from deployments.http.problems import answers
from deployments.wire.comparison import CompareWire, DiffWire, PreviewWire
from deployments.wire.versions import (
    ActivateRequest,
    ActivationWire,
    OneVersionWire,
    RegisterRequest,
    RollbackRequest,
    RollbackWire,
    TagRequest,
    UntagRequest,
    VariantsWire,
    VersionHistoryWire,
    VersionWire,
    place,
)
from lifecycle_core.access import Role
from lifecycle_core.operations import versions, versions_asked

router = APIRouter(prefix="/api/lifecycle/versions", tags=["versions"])

CHANGE = needs(Role.OPERATE)
READ = needs(Role.READ)


@router.post("/register", summary="Keep a version", openapi_extra=CHANGE, responses=answers(413))
def register(body: RegisterRequest, act: Acting, database: Writable, response: Response) -> VersionWire:
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
    return stamped(VersionWire.of(registered), response)


@router.post("/activate", summary="Make a version the active one", openapi_extra=CHANGE, responses=answers(404, 412))
def activate(body: ActivateRequest, act: Acting, database: Writable, insisted: Insisted) -> ActivationWire:
    """All others of the variant are inactive from then on. `If-Match` insists on the version that is active now."""
    act = replace(act, why=body.reason)
    return ActivationWire.of(versions.activate(database, act, body.variant_name, body.version, insisted))


@router.post("/rollback", summary="Go back to the version that was active before", openapi_extra=CHANGE, responses=answers(404, 409, 412))
def rollback(body: RollbackRequest, act: Acting, database: Writable, insisted: Insisted) -> RollbackWire:
    """Twice goes back twice. `If-Match` insists on the version that is active now."""
    return RollbackWire.of(versions.roll_back(database, replace(act, why=body.reason), body.variant_name, insisted))


@router.get("/rollback/preview", summary="What a rollback would do", openapi_extra=READ, responses=answers(404))
def preview(variant: VariantName, database: Store) -> PreviewWire:
    """From which version to which, what it undoes, and what it does not."""
    return PreviewWire.of(versions_asked.preview(database, variant))


@router.get("/active", summary="The active version", openapi_extra=needs(Role.READ, Role.INGEST), responses=answers(304, 404))
def active(variant: VariantName, database: Store, response: Response, known: Known) -> VersionWire:
    """With its prompt, and all that it is run with. `If-None-Match` with its `ETag` answers 304 where nothing has changed."""
    found = versions_asked.active(database, variant)
    known.expect_other(found.etag)
    return stamped(VersionWire.of(found), response)


@router.get("/version", summary="One version", openapi_extra=READ, responses=answers(304, 404))
def version(variant: VariantName, version: Number, database: Store, response: Response, known: Known) -> OneVersionWire:
    """With its prompt, and the evidence that made it active first."""
    found, evidence = versions_asked.version(database, variant, version)
    known.expect_other(found.etag)
    return stamped(OneVersionWire.told(found, evidence), response)


@router.get("/history", summary="Versions and activations, the newest first", openapi_extra=READ, responses=answers(404))
def history(variant: VariantName, database: Store, page: AskedPage, limit: Limit = 50) -> VersionHistoryWire:
    """Of one variant; a page has up to `limit` of both."""
    found = versions_asked.history(database, variant, limit, *place(page.position))
    return page.sign(VersionHistoryWire.of(variant, found, limit))


@router.get("/compare", summary="Two versions by what their traffic came to", openapi_extra=READ, responses=answers(404))
def compare(variant: VariantName, version1: Number, version2: Number, database: Store) -> CompareWire:
    """Not randomised: the two served at different times."""
    return CompareWire.of(versions_asked.compare(database, variant, version1, version2))


@router.get("/diff", summary="Two versions by what they say", openapi_extra=READ, responses=answers(404))
def diff(variant: VariantName, version1: Number, version2: Number, database: Store) -> DiffWire:
    """The prompts by line and by word, and what else differs."""
    return DiffWire.of(versions_asked.diff(database, variant, version1, version2))


@router.post("/tag", summary="Set a tag, or move it here", openapi_extra=CHANGE, responses=answers(404, 412))
def tag(body: TagRequest, act: Acting, database: Writable, insisted: Insisted, response: Response) -> VersionWire:
    """Moving it leaves a trail. `If-Match` insists on the version that is tagged."""
    act = replace(act, why=body.reason)
    done = versions.tag(database, act, body.variant_name, body.version, body.tag, body.description, insisted)
    return stamped(VersionWire.of(done.version), response)


@router.post("/untag", summary="Take a tag off", openapi_extra=CHANGE, responses=answers(404, 412))
def untag(body: UntagRequest, act: Acting, database: Writable, insisted: Insisted, response: Response) -> VersionWire:
    """`production` and `rollback` say what is so, and stay. `If-Match` insists on the version that is tagged."""
    done = versions.untag(database, replace(act, why=body.reason), body.variant_name, body.version, body.tag, insisted)
    return stamped(VersionWire.of(done.version), response)


@router.get("/list", summary="All variants", openapi_extra=READ, responses=answers())
def list_variants(database: Store, page: AskedPage, limit: Limit = 1000) -> VariantsWire:
    """With their latest and their active version, by name."""
    return page.sign(VariantsWire.of(versions_asked.list_variants(database, limit, page.position), limit))
