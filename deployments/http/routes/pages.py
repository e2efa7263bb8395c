"""The pages: everything at a glance, and what each thing rests on. A page changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from deployments.dashboard import fleet as fleet_page
from deployments.dashboard.rendering import STATIC, stylesheet
from deployments.http.access import needs
from deployments.http.browsers import Framed, page
from deployments.http.dependencies import Store
from lifecycle_core.access import Role
from lifecycle_core.operations import fleet

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

READ = needs(Role.READ)
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Of files whose address changes with their content."""

Stamp = Annotated[str, Query(max_length=64)]
Stamp = Annotated[str, Query(max_length=64)]
Words = Annotated[str, Query(max_length=200)]


@router.get("/static/style.css")
def style(v: Stamp = "") -> Response:
    """How pages look."""
    return Response(stylesheet(), media_type="text/css", headers=FOR_EVER)


@router.get("/static/htmx.min.js")
def script(v: Stamp = "") -> Response:
    """What keeps a page up to date; every page works without it."""
    return Response((STATIC / "htmx.min.js").read_bytes(), media_type="text/javascript", headers=FOR_EVER)


@router.get("/", openapi_extra=READ)
def all_variants(database: Store, frame: Framed, q: Words = "", page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1) -> Response:
    """All variants, what needs attention first."""
    found = fleet.fleet(database, frame.at)
    shown, total = fleet_page.chosen(found, q, page_number)
    trends = fleet.trends(database, [it.summary.variant_name for it in shown], frame.at, fleet_page.DAYS)
    return page(fleet_page.page(frame, found, shown, total, trends, q, page_number))
