"""Bodies before they are read: held in a lane, unpacked within a bound, and refused where they nest too deeply, while they are bytes."""

import asyncio
import zlib
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import Final

import numpy as np
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.http.lanes import BODY_WITHIN_S, Lane, Lanes
from deployments.http.problems import problem, refused
from lifecycle_core.errors import LifecycleError, SlowBodyError, TooDeepError, TooLargeError
from lifecycle_core.traffic.lines import MAX_EXPANSION
from lifecycle_core.traffic.posted import MAX_BODY_BYTES
from lifecycle_core.traffic.posted_traces import PROTOBUF

MOST_DEEP: Final = 100
"""How deeply lists and objects may stand in each other."""
READS: Final = {"GET", "HEAD"}
GZIP: Final = ("gzip", "x-gzip")
FREE_BYTES: Final = 2**20
"""What any packed body may grow to."""

_MARKS: Final = b'[]{}"'
_OTHERS: Final = bytes(set(range(256)) - set(_MARKS))
_PIECE: Final = 2**16
_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16
_LONG_BYTES: Final = 2**18
"""A longer body is looked at beside what answers other requests."""
_LOOKING: Final = 2


def install(app: FastAPI) -> None:
    """Let every body to `app` pass."""
    app.add_middleware(_Bodies, lanes=Lanes())


def depth(body: bytes, most: int | None = None) -> int:
    r"""How deeply lists and objects stand in each other in JSON, or the first depth that is more than `most`.

    What stands in a string does not count, nor in one that does not end. The time grows with the length, whatever the body is.

    >>> depth(b'{"a": [1, {"b": "[[[["}]}'), depth(b"[]"), depth(b"7")
    (3, 1, 0)
    """
    if b"\\" in body:  # an escaped quote neither begins nor ends a string
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = np.frombuffer(body.translate(None, _OTHERS), dtype=np.uint8)
    deepest = deep = quotes = 0
    for start in range(0, len(marks), _PIECE):
        read = marks[start : start + _PIECE]
        quoted = np.cumsum(read == ord('"')) + quotes
        opened = ((read == ord("[")) | (read == ord("{"))).astype(np.int64)
        closed = (read == ord("]")) | (read == ord("}"))
        depths = np.cumsum((opened - closed) * (quoted % 2 == 0)) + deep
        quotes, deep, deepest = int(quoted[-1]), int(depths[-1]), max(deepest, int(depths.max()))
        if most is not None and deepest > most:
            break
    return deepest


def expect_flat(body: bytes) -> None:
    """Raise TooDeepError where a body nests deeper than is read."""
    if body.count(b"[") + body.count(b"{") > MOST_DEEP and depth(body, MOST_DEEP) > MOST_DEEP:
        message = f"the body nests lists or objects over {MOST_DEEP} deep, which is the most that is read; send it flatter"
        raise TooDeepError(message)


def unpacked(body: bytes) -> bytes:
    """What gzipped bytes hold.

    Raises TooLargeError past the bound of a body and of growing, before more than that is unpacked, and zlib.error for what is no gzip.
    """
    most = min(MAX_BODY_BYTES, max(FREE_BYTES, MAX_EXPANSION * len(body)))
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    found = unpacking.decompress(body, most + 1)
    if len(found) > MAX_BODY_BYTES:
        message = f"the body unpacks to over {MAX_BODY_BYTES >> 20} MiB, which is the most that is read; send less at a time"
        raise TooLargeError(message)
    if len(found) > most:
        message = f"the body grows over {MAX_EXPANSION} times as it is unpacked, which is the most that is read; send it as it is"
        raise TooLargeError(message)
    if not unpacking.eof or unpacking.unused_data:
        message = "the stream is cut off, or goes on behind its end"
        raise zlib.error(message)
    return found


class _Bodies:
    def __init__(self, app: ASGIApp, lanes: Lanes) -> None:
        self.app, self._lanes = app, lanes
        self._threads: CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        packing = "identity" if scope["method"] in READS else request.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in {"identity", *GZIP}:
            detail = f"the body is packed as {packing[:50]!r}; send it as it is, or as gzip"
            answer = problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-encoding", detail)
            answer.headers["Accept-Encoding"] = GZIP[0]
            await answer(scope, receive, send)
            return
        try:
            await self._served(request, self._lanes.of(scope["method"], scope["path"]), send, packed=packing in GZIP)
        except LifecycleError as error:
            await refused(request, error)(scope, receive, send)
        except zlib.error:
            detail = "the body says that it is gzip, and is not, or is cut off, or goes on behind its end; send one whole stream"
            await problem(request, HTTPStatus.BAD_REQUEST, "unreadable-body", detail)(scope, receive, send)
        except ClientDisconnect:  # nobody is left to be answered, and half a body is none
            return

    async def _served(self, request: Request, lane: Lane, send: Send, *, packed: bool) -> None:
        """Wait for a place at work with the body as it came, then read it and answer."""
        with lane.entered(), ExitStack() as held:
            body = await _whole(request, lane, held)
            async with lane.at_work() as waited:
                if waited and await request.is_disconnected():
                    raise ClientDisconnect
                if request.method not in READS:
                    nested = not request.headers.get("Content-Type", "").startswith(PROTOBUF)  # whose parser has a bound of its own
                    body = await self._read(body, packed=packed, nested=nested)
                await self.app(request.scope, _again(body, request.receive), send)

    async def _read(self, body: bytes, *, packed: bool, nested: bool) -> bytes:
        """The body as it was before it was packed, when it may be parsed."""
        if not packed and len(body) <= _LONG_BYTES:
            return _admitted(body, packed=packed, nested=nested)
        self._threads = self._threads or CapacityLimiter(_LOOKING)
        return await to_thread.run_sync(partial(_admitted, body, packed=packed, nested=nested), limiter=self._threads)


def _admitted(body: bytes, *, packed: bool, nested: bool) -> bytes:
    body = unpacked(body) if packed else body
    if nested:
        expect_flat(body)
    return body


async def _whole(request: Request, lane: Lane, held: ExitStack) -> bytes:
    """The body; what its lane holds of it is let go with `held`."""
    told = request.headers.get("Content-Length", "")
    announced = int(told) if told.isdecimal() else 0
    held.enter_context(lane.held(announced))
    parts: list[bytes] = []
    came = 0
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part = message.get("body", b"")
                held.enter_context(lane.held(max(0, came + len(part) - max(announced, came))))
                came += len(part)
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        slow = f"the body has not come to its end within {BODY_WITHIN_S:g} s; nothing was done: send less at a time"
        raise SlowBodyError(slow) from None


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
