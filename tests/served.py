"""The whole tree as `lifecycle serve` runs it, for tests that ask the real thing."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from deployments.demo.tree import Tree
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import STILL, Behaviour
from lifecycle_core.store.database import Database

STARTS_WITHIN_S = 180.0
HOSTILE = "![x](http://example.org/x.png)"
WORSE = Behaviour(booking=0.3, latency_s=4.0)
DAYS = 14


def seed(folder: Path, variant: str, *, per_day: float = 100, drifting_hours: int = 0) -> None:
    """Put two weeks of simulated traffic of `variant` in the folder's database; it drifts in its last hours."""
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    upgrade(database)
    now, generator = datetime.now(UTC), np.random.default_rng(5)
    for ago, hours, drift in ((DAYS * 24, DAYS * 24 - drifting_hours, None), (drifting_hours, drifting_hours, WORSE)):
        span = {"start": now - timedelta(hours=ago), "hours": hours, "per_day": per_day, "drift": drift}
        found = list(conversations(STILL, generator, variant=variant, version=1, messages=False, **span)) if hours else []
        traffic.ingest(database, Provenance("test", now), found)
    database.close()


class Served(Tree):
    """One `lifecycle serve`, asked by tests."""

    def server(self) -> list[int]:
        """The Prefect server's process, while there is one."""
        return processes(rf"prefect_server .* {self.prefect_port}$")

    def scheduled(self) -> list[Any]:
        """The runs of the hourly watch that the schedule made and that have ended by themselves, the first due first."""
        ended = [it for it in self.runs() if it["auto_scheduled"] and it["state"]["type"] in {"COMPLETED", "FAILED"}]
        return [it for it in ended if it["name"].startswith("watch-drift")]

    def prefect_answers(self) -> bool:
        """Whether Prefect's API is there."""
        try:
            return bool(self.prefect("/health"))
        except SetupError:
            return False


def until(ask: Callable[[], Any], *, within_s: float = 90.0) -> Any:
    """Ask until the answer is one."""
    deadline = time.monotonic() + within_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s"
        time.sleep(0.2)
    return answer


def processes(pattern: str) -> list[int]:
    """The processes whose command line matches."""
    lines = subprocess.run(["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True).stdout.splitlines()
    return [int(line.split()[0]) for line in lines if re.search(pattern, line)]


def descendants(pid: int) -> set[int]:
    """The process and all that it started, directly or not."""
    lines = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.splitlines()
    parents = {int(child): int(parent) for child, parent in (line.split() for line in lines)}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that have not ended; one that waits to be buried has."""
    lines = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True, check=True).stdout.splitlines()
    return pids & {int(pid) for pid, stat in (line.split() for line in lines) if not stat.startswith("Z")}
