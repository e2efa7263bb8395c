"""The API inside the supervisor's event loop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn

_OPEN_REQUESTS_END_WITHIN_S = 5


class Web(uvicorn.Server):
    """Uvicorn, which leaves signals to the supervisor, tells when it answers, and ends when `should_exit` is set."""

    def __init__(self, app: Any, on_ready: Callable[[], None]) -> None:  # noqa: ANN401 - any ASGI application
        super().__init__(
            uvicorn.Config(
                app, access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=_OPEN_REQUESTS_END_WITHIN_S
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
