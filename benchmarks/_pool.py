"""A Prefect server, a work pool with workers, and the API beside it: what several machines would run, as processes of this one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from deployments.supervisor.environment import environment_of
from deployments.supervisor.ports import free_port
from lifecycle_core.settings import LOOPBACK, Settings

ROOT: Final = Path(__file__).parents[1]
POOL: Final = "agent-lifecycle"
WITHIN_S: Final = 120.0
_EVERY_S: Final = 0.5


@dataclass
class Pool:
    """The processes by name, each with all that it started.

    folder : of their logs and data; url : of the database that they share.
    """

    folder: Path
    url: str
    environment: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], *, home: str | None = None) -> None:
        """Start a process in a session of its own. home : its own Prefect home, where it needs one."""
        environment = self.environment | ({"PREFECT_HOME": str(self.folder / home)} if home else {})
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - programs of ours
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_worker(self, name: str) -> None:
        """Start a worker that runs one flow run at a time."""
        self.start(name, ["prefect", "--no-prompt", "worker", "start", "--pool", POOL, "--name", name, "--limit", "1"], home=name)

    def kill(self, name: str) -> None:
        """Kill a process and everything that it started, at once, as a machine that is lost."""
        process = self.processes.pop(name)
        for pid in [process.pid, *_descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def run(self, *command: str) -> str:
        """What a command says; raises RuntimeError where it fails."""
        done = subprocess.run(  # noqa: S603 - programs of ours
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            message = f"{' '.join(command)}: {done.stdout} {done.stderr}"
            raise RuntimeError(message)
        return done.stdout


@contextmanager
def pool(folder: Path, url: str, *, deployments: Sequence[str]) -> Iterator[Pool]:
    """Serve all but the workers, with these deployments of prefect.yaml, until the block ends."""
    settings = Settings.read({"LIFECYCLE_DATA_DIR": str(folder / "data"), "LIFECYCLE_DATABASE_URL": url, **_ports()})
    beside = Settings.read({**environment_of(settings, os.environ), "LIFECYCLE_PREFECT_API_URL": f"{settings.prefect_url}/api"})
    it = Pool(folder, url, {**os.environ, **environment_of(beside, os.environ), "PREFECT_WORKER_QUERY_SECONDS": "2"})
    (folder / "data" / "prefect").mkdir(parents=True)
    try:
        it.start("server", ["prefect", "server", "start", "--host", LOOPBACK, "--port", str(settings.prefect_port)])
        until(lambda: _answers(f"{settings.prefect_url}/api/health"))
        it.run("prefect", "--no-prompt", "work-pool", "create", POOL, "--type", "process")
        for name in deployments:
            it.run("prefect", "--no-prompt", "deploy", "--name", name)
        it.start("api", ["deployments.cli", "serve"])
        until(lambda: _answers(f"{settings.api_url}/healthz"))
        yield it
    finally:
        for name in list(it.processes):
            it.kill(name)


def until(holds: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Wait until something holds; raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within_s:
            message = f"it did not come to that within {within_s:.0f} s"
            raise TimeoutError(message)
        time.sleep(_EVERY_S)


def _descendants(pid: int) -> list[int]:
    """What a process started, and what that started: flow runs are in sessions of their own."""
    try:
        children = [int(it) for task in Path(f"/proc/{pid}/task").iterdir() for it in (task / "children").read_text().split()]
    except OSError:
        return []
    return [*children, *(one for child in children for one in _descendants(child))]


def _ports() -> dict[str, str]:
    return {"LIFECYCLE_API_PORT": str(free_port()), "LIFECYCLE_PREFECT_PORT": str(free_port())}


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):  # noqa: S310 - http on loopback
            return True
    except (URLError, OSError):
        return False
