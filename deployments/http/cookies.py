"""Whether a browser asks for a page, and whose it is: a person's key in a cookie.

1. The cookie holds the key itself: what revokes or ends the key ends it. Scripts cannot read it, and other sites cannot send it.
2. It counts for pages alone. The API takes a key in its header and nothing else, so that no page can make a browser ask it for more.
"""

from typing import Final

from fastapi import Request, Response

from deployments.dashboard.rendering import POLICY

COOKIE: Final = "lifecycle_key"
HEADERS: Final = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Cache-Control": "no-store"}
"""Of every page. Without its own address in `Referer` a browser would send its forms with the origin "null"."""
_NO_PAGES: Final = ("/api/", "/v1/", "/metrics", "/openapi.json", "/healthz", "/readyz")


def of_pages(path: str) -> bool:
    """Whether a path is a person's and no program's."""
    return not path.startswith(_NO_PAGES)


def wants_page(request: Request) -> bool:
    """Whether the answer to `request` is read by a person: a browser asks for a page."""
    return of_pages(request.url.path) and "text/html" in request.headers.get("Accept", "")


def key_of(request: Request) -> str | None:
    """What the request's cookie says in place of the header `Authorization`; of pages alone."""
    secret = request.cookies.get(COOKIE) if of_pages(request.url.path) else None
    return f"Bearer {secret}" if secret else None


def keep_key(response: Response, request: Request, secret: str) -> None:
    """Let the browser show this key at each page until it is closed."""
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/")
