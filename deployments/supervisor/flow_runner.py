"""The runner: asks Prefect what is due, and starts a process for each flow run. Imports Prefect, which takes seconds."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

from deployments.supervisor.deployments_file import deployments_of
from deployments.supervisor.zombies import end_orphans
from lifecycle_core.errors import LifecycleError
from lifecycle_core.settings import Settings
from tasks import runs

FIRST_CHECK = "watch-drift/watch-drift"
FLOW_RUNS_AT_ONCE = 4
PREFETCH_S = 2
"""A run's process is started this long before it is due: about what it needs to load."""
STOPS_WITHIN_S = 10.0
LOOKS_EVERY_S = 20.0
"""How often Prefect is asked whether it still knows what is served: its database may have been wiped, or a deployment deleted by hand."""

_LOG = logging.getLogger(__name__)


async def run_flows(settings: Settings, on_start: Callable[[list[str]], None]) -> None:
    """Serve the deployments of prefect.yaml until cancelled, or until Prefect has been away for too long.

    on_start : told the deployments' names once they are served.
    Raises SetupError for a file of deployments that cannot be meant.
    """
    deployments = deployments_of(every_seconds=settings.watch_seconds)
    names = [deployment.name for deployment in deployments]
    await asyncio.to_thread(end_orphans, settings.data_dir)
    await runs.end_left_behind(names)
    runner = Runner(name="agent-lifecycle", limit=FLOW_RUNS_AT_ONCE, prefetch_seconds=PREFETCH_S, pause_on_shutdown=False)
    for deployment in deployments:
        await runner.aadd_deployment(deployment)
    await runs.start(FIRST_CHECK)
    running = asyncio.create_task(runner.start())
    remembering = asyncio.create_task(_remember_for_ever(runner, deployments))
    try:
        await asyncio.sleep(0)  # by now it has put its own signal handler in our place
        on_start(names)
        await asyncio.wait([running])
    finally:
        remembering.cancel()
        await _end(runner, running)
    await running  # raises what ended it


async def _remember_for_ever(runner: Runner, deployments: Sequence[RunnerDeployment]) -> NoReturn:
    while True:
        await asyncio.sleep(LOOKS_EVERY_S)
        try:
            forgotten = await runs.forgotten([it.name for it in deployments])
            for it in deployments:
                if it.name in forgotten:
                    await runner.aadd_deployment(it)
        except LifecycleError as error:
            _LOG.warning("%s", error)
        except Exception:  # noqa: BLE001 - a server that goes away just then; the next look may find it
            _LOG.exception("a deployment could not be served again")


async def _end(runner: Runner, running: "asyncio.Task[None]") -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(STOPS_WITHIN_S):
            if runner.started:
                await runner.astop()
            await asyncio.wait([running])
    if not running.done():
        running.cancel()
        await asyncio.wait([running], timeout=STOPS_WITHIN_S)
