"""The pages: everything at a glance, and what each thing rests on. A page changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from deployments.dashboard import alerts as alerts_page
from deployments.dashboard import audit as audit_page
from deployments.dashboard import fleet as fleet_page
from deployments.dashboard import retraining as retraining_page
from deployments.dashboard import settings as settings_page
from deployments.dashboard import variant as variant_page
from deployments.dashboard import version as version_page
from deployments.dashboard.rendering import STATIC, stylesheet
from deployments.http.access import needs
from deployments.http.browsers import Framed, page
from deployments.http.cookies import HEADERS
from deployments.http.cursors import AskedPage
from deployments.http.dependencies import At, Number, Store, Variant
from deployments.http.routes import audit as audit_routes
from deployments.http.routes.retraining import OneSession
from deployments.reports import page as report_page
from deployments.wire.alerts import AlertsWire, MessagesWire
from deployments.wire.audit import AuditVerificationWire, ChangesWire
from deployments.wire.installation import SettingsWire
from deployments.wire.policies import PolicyWire
from deployments.wire.sessions import LinksWire
from lifecycle_core.access import Role
from lifecycle_core.drift.report import Metric
from lifecycle_core.operations import alerts, audit, explaining, fleet, keys, policies, traffic, versions_asked
from tasks import alerts as alert_tasks
from tasks import context, reports


def sought(subject: Annotated[str, Query(max_length=500)] = "", by: Annotated[str, Query(max_length=300)] = "") -> audit.Asked:
    """Which changes are asked for; a field that was left empty asks for nothing."""
    return audit.Asked(subject or None, by or None, None, None)


Sought = Annotated[audit.Asked, Depends(sought)]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

READ = needs(Role.READ)
_ROWS = 50
_VERSIONS = 100
"""As many of a variant's newest as a page offers."""
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Of files whose address changes with their content."""

Days = Annotated[int, Query(ge=2, le=366)]
Other = Annotated[int | None, Query(alias="with", ge=1, lt=2**31)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Stamp = Annotated[str, Query(max_length=64)]
Words = Annotated[str, Query(max_length=200)]


@router.get("/static/style.css")
def style(v: Stamp = "") -> Response:  # noqa: ARG001 - another content has another address
    """How pages look."""
    return Response(stylesheet(), media_type="text/css", headers=FOR_EVER)


@router.get("/static/htmx.min.js")
def script(v: Stamp = "") -> Response:  # noqa: ARG001 - as above
    """What keeps a page up to date; every page works without it."""
    return Response((STATIC / "htmx.min.js").read_bytes(), media_type="text/javascript", headers=FOR_EVER)


@router.get("/", openapi_extra=READ)
def all_variants(database: Store, frame: Framed, q: Words = "", number: PageNumber = 1) -> Response:
    """All variants, what needs attention first."""
    found = fleet.fleet(database, frame.at)
    chosen = fleet_page.chosen(found, q, number)
    return page(fleet_page.page(frame, found, chosen, fleet.trends(database, chosen.names, frame.at, fleet_page.DAYS)))


@router.get("/variant", openapi_extra=READ)
def variant(database: Store, frame: Framed, variant: Variant, days: Days = fleet_page.DAYS) -> Response:
    """One variant: its metrics, why they did or did not alarm, and what may be done."""
    seen, found = fleet.seen(database, variant, frame.at), fleet.course(database, variant, frame.at, days)
    return page(variant_page.page(frame, seen, found, versions_asked.preview(database, variant), days))


@router.get("/variant/days.csv", openapi_extra=READ)
def days_csv(database: Store, at: At, variant: Variant, days: Days = fleet_page.DAYS) -> Response:
    """What the charts show, as a table."""
    return Response(variant_page.as_csv(fleet.course(database, variant, at, days)), media_type="text/csv; charset=utf-8", headers=HEADERS)


@router.get("/variant/days.json", openapi_extra=READ)
def days_json(database: Store, at: At, variant: Variant, days: Days = fleet_page.DAYS) -> Response:
    """What the charts show, for programs."""
    return JSONResponse(variant_page.as_json(fleet.course(database, variant, at, days)), headers=HEADERS)


@router.get("/explain", openapi_extra=READ)
def explain(database: Store, frame: Framed, variant: Variant, metric: Metric | None = None) -> Response:
    """What contributes to a change, and the conversations behind it."""
    return page(variant_page.explained(frame, variant, explaining.explain(database, variant, frame.at, metric)))


@router.get("/retraining", openapi_extra=READ)
def retraining(frame: Framed, session_id: OneSession) -> Response:
    """One retraining: its steps, its evidence, and what a person may decide."""
    found = reports.source_of(session_id)
    return page(retraining_page.page(frame, found, LinksWire.of(found.session, context.settings().prefect_url).flow_run))


@router.get("/retraining/report", openapi_extra=READ)
def session_report(session_id: OneSession) -> Response:
    """The same as one file, to be kept: it opens with no server."""
    return HTMLResponse(report_page.page(reports.of_session(session_id)), headers={"Content-Security-Policy": report_page.POLICY})


@router.get("/version", openapi_extra=READ)
def version(
    database: Store,
    frame: Framed,
    variant: Variant,
    version: Number,
    other: Other = None,
) -> Response:
    """One version, beside another: the one before it where none is named."""
    found, evidence = versions_asked.version(database, variant, version)
    history = versions_asked.history(database, variant, _VERSIONS)
    chosen = other or max((it.version for it in history.versions if it.version < version), default=None)
    beside = (
        None
        if chosen is None
        else version_page.Beside(
            number=chosen,
            diff=versions_asked.diff(database, variant, chosen, version),
            comparison=versions_asked.compare(database, variant, chosen, version),
        )
    )
    return page(version_page.page(frame, found, evidence, history, beside, versions_asked.preview(database, variant)))


@router.get("/alerts", openapi_extra=READ)
def all_alerts(database: Store, frame: Framed, asked: AskedPage) -> Response:
    """What alerts, silences, and whether messages arrive."""
    now = AlertsWire.of(alerts.speaking(database, frame.at), list(alert_tasks.targets()))
    messages = asked.sign(MessagesWire.of(alerts.messages(database, None, _ROWS, asked.before), _ROWS))
    return page(alerts_page.page(frame, now, messages, alerts.counts(database), traffic.variants(database)))


@router.get("/audit", openapi_extra=READ)
def all_changes(database: Store, frame: Framed, asked: AskedPage, sought: Sought) -> Response:
    """Who changed what."""
    return page(_audit(database, frame, asked, sought, None))


@router.get("/audit/verify", openapi_extra=READ)
def log_verified(database: Store, frame: Framed, asked: AskedPage, sought: Sought) -> Response:
    """The same, and whether the log holds: all of it is read."""
    return page(_audit(database, frame, asked, sought, audit_routes.verify(database)))


@router.get("/settings", openapi_extra=READ)
def all_settings(database: Store, frame: Framed) -> Response:
    """How this installation and its variants are set, to be read."""
    settings = SettingsWire.of(context.settings(), context.source)
    own = {name: PolicyWire.of(name, it) for name, it in policies.own(database).items()}
    known = keys.list_keys(database) if frame.may(Role.ADMIN) else None
    return page(settings_page.page(frame, settings, own, known, traffic.quarantined(database, _ROWS)))


def _audit(database: Store, frame: Framed, asked: AskedPage, sought: Sought, verification: AuditVerificationWire | None) -> str:
    found = asked.sign(ChangesWire.of(audit.newest(database, sought, _ROWS, asked.before), _ROWS))
    return audit_page.page(frame, found, verification, {"subject": sought.subject, "by": sought.by})
