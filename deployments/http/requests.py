"""What every request passes: it gets its name; it asks for this host, comes from no page elsewhere, by one who may, and is not too long."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.http.access import ANONYMOUS, Doorkeeper
from deployments.http.bodies import READS
from deployments.http.problems import problem, refused
from lifecycle_core.access import Role
from lifecycle_core.errors import LifecycleError, TooLargeError
from lifecycle_core.settings import LOOPBACK
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from lifecycle_core.traffic.posted_traces import PROTOBUF
from tasks import context

REQUEST_ID: Final = "X-Request-Id"

_USABLE: Final = re.compile(r"[\w.:-]{1,128}")


def install(app: FastAPI, roles: Mapping[tuple[str, str], frozenset[Role]]) -> None:
    """Let every request to `app` pass; roles : see `access.roles_of`."""
    app.add_middleware(_Gate, roles=roles)


def hosts() -> set[str]:
    """The names under which a program may ask; another name means that a page elsewhere asks through a browser."""
    settings = context.settings()
    own = settings.api_host.lower()
    return {LOOPBACK, "localhost", "[::1]", f"[{own}]" if ":" in own else own, *settings.api_names}


class _Gate:
    def __init__(self, app: ASGIApp, roles: Mapping[tuple[str, str], frozenset[Role]]) -> None:
        self.app, self._roles, self.doorkeeper = app, roles, Doorkeeper()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get(REQUEST_ID, "")
        request.state.caller, request.state.roles = ANONYMOUS, frozenset()
        request.state.request_id = given if _USABLE.fullmatch(given) else uuid4().hex
        if not any(it in request.headers.get("Content-Type", "") for it in ("json", PROTOBUF)):
            # curl -d sends JSON as a form; every body here is JSON, whatever it is called, but for OTLP's
            MutableHeaders(scope=scope)["Content-Type"] = "application/json"

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request.state.request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await (_refusal(request) or await self._not_admitted(request) or self.app)(scope, _bounded(receive), named)

    async def _not_admitted(self, request: Request) -> Response | None:
        try:
            caller = await self.doorkeeper.admit(request, self._roles.get((request.method, request.url.path)))
        except LifecycleError as error:
            return refused(request, error)
        request.state.caller, request.state.roles = caller.by, caller.roles
        return None


def _refusal(request: Request) -> Response | None:
    asked = request.headers.get("Host", "").lower()
    if re.sub(r":\d+$", "", asked) not in hosts():
        names = ", ".join(sorted(hosts()))
        return problem(request, 421, "unknown-host", f"this API answers as {names} only, and was asked as {asked[:100]!r}")
    if request.method not in READS and (elsewhere := _elsewhere(request, asked)):
        detail = f"{elsewhere}, and pages of other sites may change nothing here; ask from a program, or from a page of this API"
        return problem(request, 403, "cross-site", detail)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        return refused(request, _too_large())
    return None


def _elsewhere(request: Request, asked: str) -> str:
    """What betrays that another site's page asks, else nothing: a program sends neither header, and a browser must."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin.lower()).netloc != asked:
        return f"the request comes from a page of {origin[:100]!r}"
    return "the request comes from another site's page" if request.headers.get("Sec-Fetch-Site") == "cross-site" else ""


def _bounded(receive: Receive) -> Receive:
    """`receive`, which refuses to go on past the bound: what comes in pieces tells no length."""
    held = 0

    async def receive_within() -> Message:
        nonlocal held
        message = await receive()
        held += len(message.get("body", b""))
        if held > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return receive_within


def _too_large() -> TooLargeError:
    return TooLargeError(f"the request is over {MAX_BODY_BYTES >> 20} MiB long, which is the most that is read; send less at a time")
