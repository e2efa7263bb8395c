"""What browsers are given: pages, and forms that only our pages can send.

A form carries a token that is signed for whoever was shown it, and is good for a day. It names the act, so that a form which
is sent twice acts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from secrets import token_bytes, token_urlsafe
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import BaseModel, ValidationError

from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address
from deployments.http.cookies import HEADERS, key_of
from deployments.http.dependencies import At
from deployments.http.metrics import WATCH_S
from lifecycle_core.errors import ForbiddenError, InvalidInputError
from lifecycle_core.operations import secrets
from lifecycle_core.operations import status as stands
from lifecycle_core.provenance import Provenance
from tasks import context

PURPOSE: Final = "forms"
GOOD_S: Final = 86_400
MOST_FIELDS: Final = 30
SEE_OTHER: Final = 303

M = TypeVar("M", bound=BaseModel)


def page(html: str, status: int = 200) -> HTMLResponse:
    """A page with what every page is sent with."""
    return HTMLResponse(html, status, headers=HEADERS)


def on_to(path: str, **asked: object) -> RedirectResponse:
    """After an act: look at what it came to."""
    return RedirectResponse(address(path, **asked), SEE_OTHER, headers=HEADERS)


async def framed(request: Request, at: At, done: str | None = None) -> Frame:
    """What stands around the page that is asked for."""
    return frame_of(request, at, done)


def frame_of(request: Request, at: At, done: str | None = None) -> Frame:
    """What stands around a page as of an instant."""
    by = request.state.caller
    return Frame(
        by=by,
        roles=request.state.roles,
        signed_in=key_of(request) is not None and bool(request.state.roles),
        token=str(_signer(context.settings().database_url).dumps([by, token_urlsafe(9)])),
        at=at,
        checked_at=stands.checked_at(context.database(), at),
        interval_s=context.settings().watch_seconds or WATCH_S,
        path=request.url.path,
        done=done,
    )


@dataclass(frozen=True, slots=True)
class Form:
    """A form that one of our pages sent: its fields, and the act that it stands for."""

    fields: Mapping[str, str]
    act: Provenance

    def text(self, name: str) -> str:
        """One field; empty where it was left so, or left out."""
        return self.fields.get(name, "").strip()

    def number(self, name: str) -> float | None:
        """One field as a number, None where it is empty; raises InvalidInputError."""
        given = self.text(name)
        if not given:
            return None
        if not given.replace(".", "", 1).isdecimal():
            message = f"{name} is {given[:50]!r}; give a number"
            raise InvalidInputError(message, field=name)
        return float(given)

    def whole(self, name: str) -> int | None:
        """One field as a whole number, None where it is empty; raises InvalidInputError."""
        given = self.number(name)
        if given is not None and given != int(given):
            message = f"{name} is {given}; give a whole number"
            raise InvalidInputError(message, field=name)
        return None if given is None else int(given)


def asked(kind: type[M], **given: object) -> M:
    """The request that a form stands for, as a program would send it; raises InvalidInputError."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(it) for it in first["loc"])
        message = f"{field}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InvalidInputError(message, field=field) from error


async def sent(request: Request) -> Form:
    """The form of a request; raises ForbiddenError for one that no page of ours gave to whoever sends it."""
    try:
        given = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        message = f"the form cannot be read: {error}; send what the page gives"
        raise InvalidInputError(message) from error
    fields = {name: values[-1] for name, values in given.items()}
    nonce = _named(fields.pop("token", ""), request.state.caller)
    act = context.act(request.state.caller, why=fields.get("reason", "").strip(), request_id=request.state.request_id)
    return Form(fields, replace(act, idempotency_key=f"{nonce}{request.url.path}"))


def _named(token: str, by: str) -> str:
    try:
        whose, nonce = _signer(context.settings().database_url).loads(token, max_age=GOOD_S)
    except (BadData, ValueError, TypeError):
        whose, nonce = None, ""
    if whose != by:
        message = "the form is not one that this page gave you, or it is over a day old; open the page again"
        raise ForbiddenError(message)
    return str(nonce)


@cache
def _signer(_place: str) -> URLSafeTimedSerializer:
    """What signs for one database, the same in all processes that serve it."""
    key = secrets.of_purpose(context.database(), context.act("http:pages"), PURPOSE, token_bytes(32))
    return URLSafeTimedSerializer(key, salt=PURPOSE)


Framed = Annotated[Frame, Depends(framed)]
Sent = Annotated[Form, Depends(sent)]
