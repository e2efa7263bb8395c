"""Errors as `application/problem+json` (RFC 9457): the one place where refusals get a status."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from deployments.dashboard.rendering import address, rendered
from deployments.http.cookies import HEADERS, wants_page
from lifecycle_core.errors import LaterError, LifecycleError
from lifecycle_core.retraining.errors import NotReadyError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = "1"
WAITS: Final = (429, 503)
"""What is told with the time to wait."""

_SENTENCES: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "model_attributes_type": "is not a JSON object",
}

_LOG = logging.getLogger(__name__)


class Fault(BaseModel):
    """One field at fault."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, for people in `detail` and for programs in `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    requestId: str  # noqa: N815 - the name on the wire
    errors: list[Fault]


class NotReadyProblem(Problem):
    """A problem that time solves: how far the shadow test has come, in numbers."""

    samples: int | None = None
    needed: int | None = None
    secondsLeft: float | None = None  # noqa: N815 - the name on the wire


def answers(*statuses: int, conflict: type[Problem] = Problem) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route itself gives, for the OpenAPI document, of a database that does not answer too. conflict : its 409."""
    return {status: told(status, conflict if status == HTTPStatus.CONFLICT else Problem) for status in sorted({*statuses, 503})}


def told(status: int, kind: type[Problem] = Problem) -> dict[str, Any]:
    """One refusal in the OpenAPI document."""
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": "What the client has still holds; there is no body."}
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    headers = {"Retry-After": {"description": "Seconds until it may work.", "schema": {"type": "integer"}}} if status in WAITS else {}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": schema}},
        **({"headers": headers} if headers else {}),
    }


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[Fault] = (),
    **members: float | None,
) -> Response:
    """The answer to `request` that tells a problem, as a page where a person reads it; `members` are what its kind tells beside."""
    told = Problem(
        type=f"/problems/{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        requestId=request.state.request_id,
        errors=list(errors),
    )
    headers = {"X-Request-Id": request.state.request_id}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_S
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if wants_page(request):
        return _page(request, told, headers)
    return JSONResponse({**told.model_dump(), **members}, status, headers, MEDIA_TYPE)


def _page(request: Request, told: Problem, headers: dict[str, str]) -> Response:
    """A problem as a page; whoever has no key is asked for one."""
    if told.status == HTTPStatus.UNAUTHORIZED:
        asked = f"{request.url.path}?{request.url.query}".removesuffix("?") if request.method == "GET" else "/"
        again = "yes" if request.url.path == "/sign-in" else None
        return RedirectResponse(address("/sign-in", to=asked, refused=again), HTTPStatus.SEE_OTHER, headers=HEADERS)
    from_page = urlsplit(request.headers.get("Referer", ""))
    back = f"/{from_page.path.lstrip('/')}?{from_page.query}".removesuffix("?")
    html = rendered("problem.html", told=told, back=back)
    return HTMLResponse(html, told.status, headers | HEADERS)


def refused(request: Request, error: LifecycleError) -> Response:
    """The answer to `request` that tells a refusal of the core."""
    errors = [Fault(field=error.field, message=str(error))] if error.field else []
    if isinstance(error, NotReadyError) and error.needed is not None:
        how_far = {"samples": error.samples, "needed": error.needed, "secondsLeft": error.seconds_left}
        return problem(request, error.status, error.code, str(error), errors, **how_far)
    answer = problem(request, error.status, error.code, str(error), errors)
    if isinstance(error, LaterError):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a problem document."""

    @app.exception_handler(LifecycleError)
    def _(request: Request, error: LifecycleError) -> Response:
        return refused(request, error)

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> Response:
        errors = [_fault(it) for it in error.errors()]
        detail = "; ".join(it.message for it in errors)
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", detail, errors)

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_MODIFIED:
            return Response(status_code=error.status_code, headers=error.headers)
        if isinstance(error.__cause__, LifecycleError):  # raised while the body was read
            return refused(request, error.__cause__)
        if error.status_code == HTTPStatus.BAD_REQUEST:
            return problem(request, error.status_code, "unreadable-body", _unreadable(error.__cause__))
        phrase = HTTPStatus(error.status_code).phrase
        detail = f"{request.method} {request.url.path}: {error.detail}; /docs lists every route"
        answer = problem(request, error.status_code, phrase.lower().replace(" ", "-"), detail)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    def _(request: Request, error: Exception) -> Response:
        _LOG.exception("request %s failed", request.state.request_id, exc_info=error)
        detail = f"the program failed; its log tells more under request {request.state.request_id}"
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


def _unreadable(cause: BaseException | None) -> str:
    """Why a body is not even text that could be JSON."""
    if isinstance(cause, UnicodeDecodeError):
        return f"the body is not UTF-8 (byte {cause.start + 1}); send JSON in UTF-8"
    if isinstance(cause, RecursionError):
        return "the body nests objects or lists deeper than is read; send it flatter"
    return "the body cannot be read; send one JSON object in UTF-8"


def _fault(error: dict[str, Any]) -> Fault:
    if error["type"] == "json_invalid":
        return Fault(field="body", message=f"body is not JSON (character {error['loc'][-1] + 1})")
    place = ".".join(str(it) for it in error["loc"][1:]) or "body"
    given = error.get("input")
    rule = error["msg"][:1].lower() + error["msg"][1:]
    if error["type"] in _SENTENCES:
        message = f"{place} {_SENTENCES[error['type']]}"
    elif isinstance(given, str | int | float | bool):
        message = f"{place} is {given!r:.80}: {rule}"
    else:
        message = f"{place}: {rule}"
    return Fault(field=place, message=message)
