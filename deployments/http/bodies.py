"""Bodies before they are read: unpacked within a bound, and refused where they nest too deeply, while they are still bytes."""

import re
import zlib
from http import HTTPStatus
from typing import Final

import numpy as np
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.http.problems import problem, refused
from lifecycle_core.errors import TooLargeError
from lifecycle_core.traffic.posted import MAX_BODY_BYTES

MOST_DEEP: Final = 100
"""How deeply lists and objects may stand in each other."""
GZIP: Final = "gzip"

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_OPENING: Final = b"[{"
_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16


def install(app: FastAPI) -> None:
    """Let every body to `app` pass."""
    app.add_middleware(_Bodies)


def depth(body: bytes) -> int:
    r"""How deeply lists and objects stand in each other in JSON; what stands in a string does not count.

    >>> depth(b'{"a": [1, {"b": "[[[["}]}'), depth(b"[]"), depth(b"7")
    (3, 1, 0)
    """
    if sum(body.count(it) for it in (b"[", b"{")) == 0:
        return 0
    read = np.frombuffer(_STRINGS.sub(b"", body), dtype=np.uint8)
    steps = np.zeros(len(read), dtype=np.int32)
    steps[(read == ord("[")) | (read == ord("{"))] = 1
    steps[(read == ord("]")) | (read == ord("}"))] = -1
    return int(np.cumsum(steps).max(initial=0))


def expect_flat(body: bytes) -> None:
    """Raise TooLargeError where a body nests deeper than is read."""
    if sum(body.count(it) for it in (b"[", b"{")) > MOST_DEEP and depth(body) > MOST_DEEP:
        message = f"the body nests lists or objects over {MOST_DEEP} deep, which is the most that is read; send it flatter"
        raise TooLargeError(message)


def unpacked(body: bytes) -> bytes:
    """What gzipped bytes hold; raises TooLargeError past the bound of a body, however well they are packed, and zlib.error for no gzip."""
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    found = unpacking.decompress(body, MAX_BODY_BYTES + 1)
    if len(found) > MAX_BODY_BYTES:
        message = f"the body unpacks to over {MAX_BODY_BYTES >> 20} MiB, which is the most that is read; send less at a time"
        raise TooLargeError(message)
    if not unpacking.eof:
        message = "the stream is cut off"
        raise zlib.error(message)
    return found


class _Bodies:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        packing = request.headers.get("Content-Encoding", "identity").lower()
        if packing not in {"identity", GZIP}:
            detail = f"the body is packed as {packing[:50]!r}; send it as it is, or as gzip"
            answer = problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", detail)
            await answer(scope, receive, send)
            return
        try:
            body = await _whole(receive)
            body = unpacked(body) if packing == GZIP else body
            expect_flat(body)
        except TooLargeError as error:
            await refused(request, error)(scope, receive, send)
        except zlib.error:
            detail = "the body says that it is gzip, and is not, or is cut off; send it again"
            await problem(request, HTTPStatus.BAD_REQUEST, "unreadable-body", detail)(scope, receive, send)
        else:
            await self.app(scope, _again(body, receive), send)


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """`receive` as it is with the body in one piece."""
    told = False

    async def once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
