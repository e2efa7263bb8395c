"""The API as a process of its own, as `lifecycle serve` runs it and without Prefect beside it; it can be killed at any moment."""

import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from deployments.demo.tree import environment_for
from deployments.supervisor.ports import free_port
from lifecycle_core.errors import SetupError
from lifecycle_core.settings import LOOPBACK

STARTS_WITHIN_S: Final = 60.0
_SERVE: Final = """
import asyncio, sys
from deployments.http.app import create_app
from deployments.supervisor.web import Web
from tasks import context
context.database()
web = Web(create_app(), on_ready=lambda: None)
web.config.host, web.config.port = "127.0.0.1", int(sys.argv[1])
asyncio.run(web.serve())
"""


class Api:
    """One process that answers at `url`; `start` after `kill` brings it back on the same folder and port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._environment = environment_for(folder, **environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> "Api":
        """Start it; with `wait` it answers when this returns."""
        self._process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-c", _SERVE, str(self.port)], env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if wait:
            self.answers()
        return self

    def answers(self) -> float:
        """Wait until it answers: -> the monotonic instant at which it did."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/healthz", timeout=5) as reply:  # noqa: S310 - http on loopback
                    if reply.status == HTTPStatus.OK:
                        return time.monotonic()
            except (URLError, OSError):
                time.sleep(0.02)
        message = f"the API at {self.url} has not answered within {STARTS_WITHIN_S:.0f} s"
        raise SetupError(message)

    @property
    def pid(self) -> int:
        """Its process; raises SetupError before it was started."""
        if self._process is None:
            message = "the API was not started"
            raise SetupError(message)
        return self._process.pid

    def kill(self) -> None:
        """End it at whatever instruction it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
