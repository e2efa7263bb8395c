"""Flow runs seen from outside, each question bounded: a Prefect server that hangs must not hang who asks.

The database owns the truth, Prefect only runs what is due. So a run that the last
process left behind is ended, not run again: a check is made as of now, and the run
that is started with the new process makes it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import arun_deployment
from prefect.states import Cancelled, Crashed

BOUND_S = 5.0
LEFT = "Left by a process that ended; the check is made anew."
MISSED = "Nothing was serving when this was due; one check as of now stands for all that were missed."


async def start(deployment: str) -> UUID:
    """Start a run of `deployment` ("flow/name") now: -> its id."""
    async with asyncio.timeout(BOUND_S):
        run = await arun_deployment(deployment, timeout=0, as_subflow=False)
    return run.id


async def end_left_behind(deployments: Sequence[str]) -> int:
    """End what the last process left of `deployments` (names): -> how many runs.

    Only for a process that holds the data folder: nobody else runs them. What was
    running is crashed, what was due and never started is cancelled.
    """
    ended = 0
    async with _client() as client:
        for run in await _runs(client, deployments, FlowRunFilterState(type=FlowRunFilterStateType(any_=_BEGUN))):
            await client.set_flow_run_state(run.id, Crashed(message=LEFT))
            ended += 1
        due = FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC))
        scheduled = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        for run in await _runs(client, deployments, scheduled, due):
            await client.set_flow_run_state(run.id, Cancelled(message=MISSED))
            ended += 1
    return ended


_BEGUN = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


@asynccontextmanager
async def _client() -> AsyncIterator[PrefectClient]:
    async with asyncio.timeout(BOUND_S), get_client() as client:
        yield client


async def _runs(
    client: PrefectClient, deployments: Sequence[str], state: FlowRunFilterState, due: FlowRunFilterNextScheduledStartTime | None = None
) -> list[FlowRun]:
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state, next_scheduled_start_time=due),
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=list(deployments))),
    )
