"""Runs that Prefect believes to run though no process executes them: whoever was to tell it was killed too, or could not reach it.

A run that says that it runs was told so by its own process, which says how it ended before it ends. So one that still says so after its
process was looked for and not found is a zombie, and who waits for it would wait for ever.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from prefect.client.schemas.objects import StateType

from deployments.supervisor.deployments_file import names_of
from tasks import runs

RUN_ID: Final = "PREFECT__FLOW_RUN_ID"
"""The variable in which Prefect tells a flow run's process what it runs."""
STARTS_WITHIN: Final = timedelta(minutes=1)
"""Within this time a process is there for a run that is about to begin."""


async def end_zombies() -> int:
    """End each run of ours that no process of this machine executes: -> how many.

    Only for a process that holds the data folder: nobody else runs them. Raises RunnerUnavailableError.
    """
    begun = await runs.begun(names_of())
    alive = executed() if begun else frozenset()
    gone = [it for it in begun if str(it.id) not in alive]
    young = datetime.now(UTC) - STARTS_WITHIN
    due = [it for it in gone if it.state is not None and (it.state.type is not StateType.PENDING or it.state.timestamp < young)]
    return sum([await runs.end_zombie(str(it.id)) for it in due])


def executed() -> frozenset[str]:
    """The ids of the flow runs that processes of this machine execute."""
    return frozenset(found for place in Path("/proc").glob("[0-9]*") if (found := executed_by(place.name)) is not None)


def executed_by(pid: int | str) -> str | None:
    """The id of the flow run that this process executes; None for one that executes none, or is gone."""
    try:
        said = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next((it.partition(b"=")[2].decode() for it in said if it.startswith(f"{RUN_ID}=".encode())), None)
