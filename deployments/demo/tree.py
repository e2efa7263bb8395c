"""`lifecycle serve` as a child of this process: a folder, ports and a clock of its own, and gone when this process is."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from deployments.supervisor.folder import LOGS
from lifecycle_core.errors import SetupError
from lifecycle_core.settings import LOOPBACK

LIFECYCLE = (sys.executable, "-P", "-m", "deployments.cli")
ENDS_WITHIN_S = 60.0
_ANSWERS_WITHIN_S = 20.0
_LINES_TOLD = 3
_PAGE = 200  # as many runs as Prefect tells at once
_BUSY_TRIES = 5

OnLine = Callable[[str], None]
OnWait = Callable[[], None]


def environment_for(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which commands see `folder` alone, whatever this process was given of ours and Prefect's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIFECYCLE_", "PREFECT_"))}
    return {**kept, "LIFECYCLE_DATA_DIR": str(folder), **more}


class Tree:
    """One `lifecycle serve`: `on_line` is told what it says, `on_wait` is called again and again while it is waited for."""

    def __init__(self, folder: Path, on_line: OnLine = lambda _line: None, on_wait: OnWait = lambda: None, **environment: str) -> None:
        self.api_port, self.prefect_port = free_ports(2)
        ports = {"LIFECYCLE_API_PORT": str(self.api_port), "LIFECYCLE_PREFECT_PORT": str(self.prefect_port)}
        self.folder = folder
        self.environment = environment_for(folder, **ports, **environment)
        self.said: list[str] = []
        self._on_line = on_line
        self._on_wait = on_wait

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def prefect_url(self) -> str:
        """The address of Prefect's pages."""
        return f"http://{LOOPBACK}:{self.prefect_port}"

    def start(self, options: Sequence[str] = ("--simulated-clock",)) -> Self:
        """Start it; it is not ready yet."""
        self.process = subprocess.Popen(  # noqa: S603 - this program itself
            [*LIFECYCLE, "serve", *options],
            env=self.environment,
            stdin=subprocess.PIPE,  # closes with this process, and the tree ends
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process alone, which ends the tree in order
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def wait_for(self, words: str, *, within_s: float) -> float:
        """Wait until it has said `words`: -> seconds waited. Raises SetupError where it ends instead, or takes longer."""
        began = time.monotonic()
        while not any(words in line for line in self.said):
            self.expect_alive()
            self._on_wait()
            if time.monotonic() - began > within_s:
                self._fail(f"has not said {words!r} within {within_s:.0f} s")
            time.sleep(0.1)
        return time.monotonic() - began

    def expect_alive(self) -> None:
        """Raise SetupError where it has ended."""
        if self.process.poll() is not None:
            self._reader.join(timeout=1)
            self._fail(f"ended with {self.process.returncode}")

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal to the parent of the tree alone, and wait for its end: -> its return code. One that hangs is killed."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._reader.join(timeout=ENDS_WITHIN_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def api(self, path: str, body: object = None, *, within_s: float = _ANSWERS_WITHIN_S) -> Any:  # noqa: ANN401 - any JSON value
        """What our API answers; to a `body` by POST."""
        return _answer(f"{self.api_url}{path}", body, within_s)

    def prefect(self, path: str, body: object = None, method: str | None = None) -> Any:  # noqa: ANN401 - any JSON value
        """What Prefect's API answers; to a `body` by POST, or by `method`."""
        for _ in range(_BUSY_TRIES):
            try:
                return _answer(f"{self.prefect_url}/api{path}", body, method=method)
            except _BusyError:
                self._on_wait()
                time.sleep(1)
        return _answer(f"{self.prefect_url}/api{path}", body, method=method)

    def runs(self) -> list[Mapping[str, Any]]:
        """Every flow run that Prefect knows, the first due first."""
        found: list[Mapping[str, Any]] = []
        while len(page := self.prefect("/flow_runs/filter", {"sort": "EXPECTED_START_TIME_ASC", "offset": len(found)})) == _PAGE:
            found += page
        return [*found, *page]

    @staticmethod
    def command(*words: str) -> list[str]:
        """A command line of this program, to be run in `environment`."""
        return [*LIFECYCLE, *words]

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - asked for in `start`
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            self._on_line(self.said[-1])

    def _fail(self, what: str) -> None:
        last = "; ".join(self.said[-_LINES_TOLD:])
        message = f"`lifecycle serve` {what}; it said last: {last or 'nothing'}. Its logs are in {self.folder / LOGS}"
        raise SetupError(message)


class _BusyError(SetupError):
    """It is there, and cannot answer now, as Prefect while its database is locked."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    held = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports: list[int] = [it.getsockname()[1] for it in held]
    for it in held:
        it.close()
    return ports


def is_free(port: int) -> bool:
    """Whether nobody listens on `port`."""
    with socket.socket() as caller:
        return caller.connect_ex((LOOPBACK, port)) != 0


def _answer(url: str, body: object, within_s: float = _ANSWERS_WITHIN_S, method: str | None = None) -> Any:  # noqa: ANN401 - any JSON value
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    asked = Request(url, data=data, headers={"Content-Type": "application/json"}, method=method)  # noqa: S310 - http on loopback
    try:
        with urlopen(asked, timeout=within_s) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or b"null")
    except OSError as error:
        message = f"{url} did not answer: {error}"
        busy = isinstance(error, HTTPError) and error.code == HTTPStatus.SERVICE_UNAVAILABLE
        raise (_BusyError if busy else SetupError)(message) from error
