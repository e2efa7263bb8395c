"""Every request told: a line in the log, and a count and its seconds among the metrics."""

import logging
import time
from collections.abc import Collection
from typing import Any, Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

QUIET: Final = {"/healthz", "/readyz", "/metrics"}
"""What asks all the time, and is told at debug only."""
OTHER: Final = "other"
"""Every path that is no route: paths that clients make up must not make metrics."""
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

CLOSED: Final = 499
"""What is told of a request whose client went away before its answer, in nginx's word; there is none in HTTP."""

_LOG = logging.getLogger("deployments.http")


def install(app: FastAPI, paths: Collection[str]) -> CollectorRegistry:
    """Let every request to `app` be told; paths : of its routes. -> where its metrics are kept."""
    registry = CollectorRegistry()
    app.add_middleware(_Observed, registry=registry, paths=frozenset(paths))
    return registry


class _Observed:
    def __init__(self, app: ASGIApp, registry: CollectorRegistry, paths: frozenset[str]) -> None:
        self.app, self._paths = app, paths
        labels = ("method", "route", "status")
        self._requests = Counter("agent_lifecycle_http_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "agent_lifecycle_http_request_seconds", "Seconds until the answer was sent.", ("route",), buckets=SECONDS, registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, sent = time.perf_counter(), CLOSED, 0

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            status = 500  # whoever is outside of this answers so
            raise
        finally:
            self._tell(scope, status, sent, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        route = scope["path"] if scope["path"] in self._paths else OTHER
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else OTHER
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        state: dict[str, Any] = scope.get("state", {})
        told = {"method": method, "route": route, "status": status, "milliseconds": round(1000 * seconds, 1), "bytes": sent}
        who = {"caller": state.get("caller"), "request_id": state.get("request_id")}
        _LOG.log(logging.DEBUG if route in QUIET else logging.INFO, "request", extra=told | who)
