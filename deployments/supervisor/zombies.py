"""Runs without a process, and processes without a runner: what a kill leaves, and what would be waited for in vain.

1. A zombie is a run that Prefect believes to run though no process executes it: whoever was to say so was killed too, or could not reach
   Prefect. A run's process says how it ended before it ends; so one that still runs after its process was looked for and not found is one.
2. An orphan is a flow run's process that outlived who started it. Prefect has no fence between it and its follower, it holds the locks
   that its follower needs, and it asks models where nobody listens any more.

Both are judged by the one process that holds the data folder: nobody else runs flows of it.
"""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from prefect.client.schemas.objects import StateType

from deployments.supervisor.deployments_file import names_of
from tasks import runs

RUN_ID: Final = "PREFECT__FLOW_RUN_ID"
"""The variable in which Prefect tells a flow run's process what it runs."""
DATA_DIR: Final = "LIFECYCLE_DATA_DIR"
STARTS_WITHIN: Final = timedelta(minutes=1)
"""Within this time a process is there for a run that is about to begin."""


async def end_zombies() -> int:
    """End each run of ours that no process of this machine executes: -> how many. Raises RunnerUnavailableError."""
    begun = await runs.begun(names_of())
    alive = executed() if begun else frozenset()
    gone = [it for it in begun if str(it.id) not in alive]
    young = datetime.now(UTC) - STARTS_WITHIN
    due = [it for it in gone if it.state is not None and (it.state.type is not StateType.PENDING or it.state.timestamp < young)]
    return sum([await runs.end_zombie(str(it.id)) for it in due])


def end_orphans(data_dir: Path) -> int:
    """End every process of this machine that executes a flow run of `data_dir`: -> how many. For who runs none of them yet."""
    ours = f"{DATA_DIR}={data_dir}".encode()
    found = [int(place.name) for place in _processes() if (said := _environment(place)) and ours in said and _run_of(said) is not None]
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def executed() -> frozenset[str]:
    """The ids of the flow runs that processes of this machine execute."""
    return frozenset(run for place in _processes() if (run := _run_of(_environment(place))) is not None)


def executed_by(pid: int) -> str | None:
    """The id of the flow run that this process executes; None for one that executes none, or is gone."""
    return _run_of(_environment(Path(f"/proc/{pid}")))


def _processes() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*")


def _environment(place: Path) -> list[bytes]:
    try:
        return (place / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _run_of(environment: Iterable[bytes]) -> str | None:
    said = f"{RUN_ID}=".encode()
    return next((it.removeprefix(said).decode() for it in environment if it.startswith(said)), None)
