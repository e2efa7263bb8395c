"""Cases: a variant's own, added, removed, brought back; how its versions served them; what stands in for their tools."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.access import needs
from deployments.http.dependencies import Acting, At, Store, Variant, Writable
from deployments.http.problems import answers
from deployments.wire.cases import AddCasesRequest, CasesChangedWire, CasesWire, NamedCasesRequest, RunReportWire, ToolboxWire
from lifecycle_core.access import Role
from lifecycle_core.operations import cases
from tasks import cases as tasks
from tasks import secrets

router = APIRouter(prefix="/api/lifecycle/cases", tags=["retraining"])

AnyVersion = Annotated[int | None, Query(ge=1, lt=2**31, description="A version's number; the active one by default.")]


@router.get("", summary="A variant's cases", openapi_extra=needs(Role.READ), responses=answers(404))
def list_cases(variant: Variant, database: Store) -> CasesWire:
    """Its own, and the built-in ones."""
    return CasesWire.of(variant, cases.list_cases(database, variant), tasks.everybodys(variant))


@router.get("/report", summary="How a version served its cases", openapi_extra=needs(Role.READ), responses=answers(404))
def report(variant: Variant, at: At, version: AnyVersion = None) -> RunReportWire:
    """By what was served within the last week, in retrainings and by `lifecycle cases run`; no model is asked."""
    return RunReportWire.of(tasks.known(variant, version, at))


@router.get("/tools", summary="What stands in for a version's tools", openapi_extra=needs(Role.READ), responses=answers(404))
def tools(variant: Variant, version: AnyVersion = None) -> ToolboxWire:
    """In replays; the calendar behind it is nobody's."""
    return ToolboxWire.of(tasks.tools(variant, version))


@router.post("/add", summary="Keep cases", openapi_extra=needs(Role.OPERATE), responses=answers(404, 413))
def add(body: AddCasesRequest, act: Acting, database: Writable) -> CasesChangedWire:
    """All or none, masked; each serves in every evaluation from then on."""
    written = [it.value() for it in body.cases]
    return CasesChangedWire.of(cases.add(database, replace(act, why=body.reason), body.variant, written, masker=secrets.masker()))


@router.post("/remove", summary="Remove cases", openapi_extra=needs(Role.OPERATE), responses=answers(404))
def remove(body: NamedCasesRequest, act: Acting, database: Writable) -> CasesChangedWire:
    """All or none; they may be brought back."""
    return CasesChangedWire.of(cases.remove(database, replace(act, why=body.reason), body.variant, body.names))


@router.post("/restore", summary="Bring removed cases back", openapi_extra=needs(Role.OPERATE), responses=answers(404, 413))
def restore(body: NamedCasesRequest, act: Acting, database: Writable) -> CasesChangedWire:
    """All or none, as they were."""
    return CasesChangedWire.of(cases.restore(database, replace(act, why=body.reason), body.variant, body.names))
