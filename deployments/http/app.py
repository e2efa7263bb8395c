"""The API, and the pages beside it."""

from functools import cache
from typing import Final

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from deployments.http import bodies, observing, problems, requests
from deployments.http.access import paths_of, roles_of
from deployments.http.docs import page
from deployments.http.document import document
from deployments.http.parameters import only_known
from deployments.http.routes import (
    acts,
    alerts,
    audit,
    backtest,
    cases,
    conversations,
    drift,
    failures,
    keys,
    pages,
    policy,
    retraining,
    shadow,
    signing,
    status,
    traces,
    training,
    versions,
)

DESCRIPTION = """Watches an agent's conversations for drift, keeps its versions, and retrains it.

Errors are `application/problem+json` with a stable `code`. Times are UTC with a `Z`. Strings such as "75.00%" stand beside
their numbers, which end in `Value`. Every reply names its request in `X-Request-Id`."""

ROUTERS: Final = tuple(
    it.router
    for it in (
        conversations,
        traces,
        drift,
        backtest,
        alerts,
        policy,
        failures,
        retraining,
        training,
        cases,
        shadow,
        versions,
        keys,
        audit,
        status,
        pages,
        acts,
        signing,
    )
)


def create_app() -> FastAPI:
    """Make the application; it opens the database at the first request that needs it."""
    app = FastAPI(title="agent-lifecycle", version="0.1.0", description=DESCRIPTION, docs_url=None, redoc_url=None)
    problems.install(app)
    bodies.install(app)
    requests.install(app, roles_of(ROUTERS))
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(only_known)])

    app.state.metrics = observing.install(app, paths_of(ROUTERS))
    app.openapi = cache(lambda: document(app))  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Every route on one page, which asks nothing of anywhere else."""
        return page(app.openapi())

    return app
