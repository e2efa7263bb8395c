"""Signing in and out of the pages, where keys are asked for."""

from typing import Annotated, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from deployments.dashboard.rendering import rendered
from deployments.http.browsers import on_to, page
from deployments.http.cookies import COOKIE, keep_key
from lifecycle_core.access import Secret
from lifecycle_core.operations import keys
from tasks import context

router = APIRouter(include_in_schema=False)

MOST_BYTES = 10_000


def own(path: str) -> str:
    r"""A path of ours, or the first page in place of what would lead elsewhere.

    >>> own("/variant?variant=a"), own("//example.org"), own("https://example.org"), own("/\\example.org")
    ('/variant?variant=a', '/', '/', '/')
    """
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


@router.get("/sign-in")
async def asked(to: Annotated[str, Query(max_length=2000)] = "/", refused: Literal["yes"] | None = None) -> Response:
    """Ask for a key."""
    return page(rendered("sign_in.html", to=own(to), refused=refused is not None))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Keep a key that is good in the browser; raises UnauthenticatedError for another."""
    given = parse_qs((await request.body())[:MOST_BYTES].decode(errors="replace"), max_num_fields=5)
    secret = Secret.parse(given.get("key", [""])[-1].strip())
    await run_in_threadpool(keys.authenticate, context.database(), secret.text, context.now())
    answer = on_to(own(given.get("to", ["/"])[-1]))
    keep_key(answer, request, secret.text)
    return answer


@router.post("/sign-out")
async def sign_out() -> Response:
    """Forget the key."""
    answer = on_to("/sign-in")
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer
