"""What every request passes: it gets its name, and must ask for this host by a name of its own."""

import re
from typing import Final
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from deployments.http.problems import problem
from lifecycle_core.settings import LOOPBACK

REQUEST_ID: Final = "X-Request-Id"
HOSTS: Final = {LOOPBACK, "localhost", "[::1]", "testserver"}
"""The names under which a browser or a program on this machine may ask; another name means that a page elsewhere asks through it."""

_USABLE: Final = re.compile(r"[\w.:-]{1,128}")


def install(app: FastAPI) -> None:
    """Let every request to `app` pass."""

    @app.middleware("http")
    async def _(request: Request, call_next: RequestResponseEndpoint) -> Response:
        given = request.headers.get(REQUEST_ID, "")
        request.state.request_id = given if _USABLE.fullmatch(given) else uuid4().hex
        host = re.sub(r":\d+$", "", request.headers.get("Host", ""))
        if host in HOSTS:
            response = await call_next(request)
        else:
            detail = f"this API answers on {LOOPBACK} and localhost only, and was asked as {host[:100]!r}"
            response = problem(request, 421, "unknown-host", detail)
        response.headers[REQUEST_ID] = request.state.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
