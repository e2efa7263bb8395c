"""The simulated endpoint as a process: on loopback, each reply in one write, gone with whoever started it."""

import asyncio
import os
import socket
import stat
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from deployments.lifeline import end_with_parent
from deployments.simulated_endpoint.app import Endpoint
from deployments.simulated_endpoint.script import Script
from lifecycle_core.errors import PortTakenError
from lifecycle_core.settings import LOOPBACK

READY: Final = "Simulated models: "
"""What the line that tells the address begins with."""


class _Joined:
    """A transport whose writes of one step of the event loop go out together: a head apart from its body costs the client a wait."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._parts = transport, list[bytes]()

    def write(self, data: bytes) -> None:
        if not self._parts:
            asyncio.get_running_loop().call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._parts and not self._transport.is_closing():
            self._transport.writelines(self._parts)
        self._parts = []


class _InOneWrite(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Joined(transport))  # type: ignore[arg-type]


def serve(port: int, script: Script) -> None:
    """Serve until Ctrl-C, or until the parent that holds this process's standard input ends.

    port : 0 takes a free one; the first line printed tells it. Raises PortTakenError.
    """
    listener = _bound(port)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        end_with_parent()
    config = uvicorn.Config(
        Endpoint(script).app(),
        http=_InOneWrite,
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    print(f"{READY}http://{LOOPBACK}:{listener.getsockname()[1]}/v1", flush=True)  # noqa: T201 - whoever started it reads it
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        message = f"port {port} on {LOOPBACK} cannot be had ({error.strerror}); end what has it, or choose another with --port"
        raise PortTakenError(message, field="port") from error
    return listener
