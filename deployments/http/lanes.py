"""Who is let in under load: each kind of request has a lane of its own, with so many at work and so many waiting, and no more.

1. A lane that is full refuses at once, before a body is read, with 503 `overloaded` and the seconds after which it may work.
2. Rollbacks, active prompts and signs of life find a place at work whatever else is asked: the places of all lanes together are fewer
   than the threads that work. Traffic has few, since they share one interpreter and, with SQLite, one writer.
3. What a lane holds of bodies is bounded in bytes; a body that trickles is given up.
4. Who has gone away while he waited is not worked for: else a crowd that asks again and again would never be through.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, NoReturn

from deployments.http.access import URGENT
from lifecycle_core.errors import OverloadedError

PATIENCE_S: Final = 10.0
"""How long a request waits for a place at work."""
BODY_WITHIN_S: Final = 30.0
"""How long a body may take to come."""
LEAST_WAIT_S: Final = 1
MOST_WAIT_S: Final = 30
_SIGNS: Final = {("GET", "/healthz"), ("GET", "/readyz")}
_TRAFFIC: Final = {"/api/lifecycle/conversations", "/v1/traces", "/api/reliability/shadow/samples"}
_ANALYSIS: Final = {
    "/api/lifecycle/audit/verify",
    "/api/lifecycle/drift/backtest",
    "/api/lifecycle/drift/detect",
    "/api/lifecycle/drift/explain",
    "/api/lifecycle/failures",
    "/api/lifecycle/retraining/check",
    "/api/lifecycle/retraining/report",
    "/api/lifecycle/training/export",
    "/api/lifecycle/versions/compare",
    "/audit/verify",
    "/explain",
    "/retraining/report",
    "/api/reliability/shadow/agreement",
    "/api/reliability/shadow/analysis",
    "/api/reliability/shadow/evidence",
    "/api/reliability/shadow/plan",
}
_STARTS: Final = {"/api/lifecycle/retraining/start"}
"""What waits for half a minute, and holds no thread meanwhile."""
_RECENT: Final = 0.1
"""The weight of the newest request among those that tell how long one takes."""


class Lane:
    """Requests of one kind.

    name : what they are, as a refusal says it. at_once, waiting : how many are at work, and wait for it, at most.
    most_bytes : what their bodies may come to together.
    """

    def __init__(self, name: str, *, at_once: int, waiting: int, most_bytes: int = 2**26) -> None:
        self.name, self.at_once, self.waiting, self.most_bytes = name, at_once, waiting, most_bytes
        self._inside = self._bytes = 0
        self._seconds = 0.0
        self._places = asyncio.Semaphore(at_once)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside, at work or waiting; raises OverloadedError where the lane is full."""
        if self._inside >= self.at_once + self.waiting:
            self._refuse(f"{self._inside} {self.name} are in hand, which is the most")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Hold so many bytes of a body; raises OverloadedError where the lane holds too many by then."""
        if self._bytes + size > self.most_bytes:
            self._refuse(f"the bodies of the {self.name} in hand come to {self.most_bytes >> 20} MiB, which is the most")
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[bool]:
        """Be at work, once it is one's turn: -> whether one had to wait; raises OverloadedError where that takes too long."""
        waited = self._places.locked()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            self._refuse(f"{self._inside} {self.name} are in hand, and {PATIENCE_S:g} s were not enough")
        began = time.monotonic()
        try:
            yield waited
        finally:
            self._places.release()
            self._seconds += _RECENT * (time.monotonic() - began - self._seconds)

    def _refuse(self, why: str) -> NoReturn:
        wait = min(MOST_WAIT_S, max(LEAST_WAIT_S, math.ceil(self._seconds * self._inside / self.at_once)))
        message = f"{why}; nothing was done: ask again in {wait} s"
        raise OverloadedError(message, retry_after_s=wait)


class Lanes:
    """The lanes of one application."""

    def __init__(self) -> None:
        self._urgent = Lane("urgent requests", at_once=10, waiting=200)
        self._traffic = Lane("batches", at_once=2, waiting=30)
        self._analysis = Lane("analyses", at_once=4, waiting=28)
        self._starts = Lane("starts", at_once=32, waiting=0)
        self._others = Lane("requests", at_once=16, waiting=112)

    def of(self, method: str, path: str) -> Lane:
        """The lane of a request."""
        if (method, path) in URGENT | _SIGNS:
            return self._urgent
        if path in _TRAFFIC:
            return self._traffic
        if path in _ANALYSIS:
            return self._analysis
        return self._starts if path in _STARTS else self._others
