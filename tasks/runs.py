"""Flow runs seen from outside, each question bounded: a Prefect server that hangs must not hang who asks.

The database owns the truth, Prefect only runs what is due. So a run that the last
process left behind is ended, not run again: a check is made as of now, and the run
that is started with the new process makes it. A retraining goes on with a new run of
its session, whose steps answer from their rows.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from httpx import HTTPError, TransportError
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Cancelled, Cancelling, Crashed

from lifecycle_core.errors import LifecycleError
from lifecycle_core.retraining.session import Session
from lifecycle_core.traffic.backfill import Backfill

BOUND_S: Final = 5.0
_T = TypeVar("_T")
RETRAIN: Final = "retrain/retrain"
BACKFILL: Final = "backfill/backfill"
LEFT: Final = "Left by a process that ended; what it did is done anew."
STOPPED: Final = "Cancelled; its process had ended before it could say so."
MISSED: Final = "Nothing was serving when this was due; one check as of now stands for all that were missed."


class RunnerUnavailableError(LifecycleError):
    """A Prefect server that cannot answer now: it starts, hangs or is down. What the database holds goes on by itself, later."""

    status = 503
    code = "runner-unavailable"


class RunnerAwayError(RunnerUnavailableError):
    """One that does not answer at all, whatever it is asked."""


async def start(deployment: str, parameters: Mapping[str, Any] | None = None, *, key: str | None = None, tags: Sequence[str] = ()) -> UUID:
    """Start a run of `deployment` ("flow/name") now: -> its id; the same `key` gets the same run.

    Raises RunnerUnavailableError.
    """
    async with _answers(f"start {deployment}"):
        run = await arun_deployment(
            deployment,
            parameters=dict(parameters or {}),
            timeout=0,
            as_subflow=False,
            idempotency_key=key,
            tags=list(tags),
        )
    return run.id


async def begin_run(session: Session) -> UUID:
    """Start the run that executes `session`, the one run of its present attempt: -> its id. Raises RunnerUnavailableError."""
    return await start(
        RETRAIN,
        {"variant": session.variant, "session_id": session.session_id},
        key=attempt_key(session),
        tags=tags_of(session),
    )


async def begin_backfill(it: Backfill, place: str) -> UUID:
    """Start a run that works on a backfill: -> its id; the same `place` gets the same run. Raises RunnerUnavailableError."""
    return await start(BACKFILL, {"backfill_id": it.id}, key=f"{it.id}/{place}", tags=(backfill_tag(it.id),))


def backfill_tag(backfill_id: str) -> str:
    """What the runs of a backfill are found by."""
    return f"backfill:{backfill_id}"


def tags_of(session: Session) -> tuple[str, ...]:
    """What the runs of a session are found by."""
    return f"variant:{session.variant}", f"session:{session.session_id}"


async def tag(flow_run_id: str, tags: Sequence[str]) -> None:
    """Give a run tags beside those that it has. Raises RunnerUnavailableError."""
    async with _answers("tag a run"), get_client() as client:
        known = (await client.read_flow_run(UUID(flow_run_id))).tags
        if not set(tags) <= set(known):
            await client.update_flow_run(UUID(flow_run_id), tags=[*known, *(it for it in tags if it not in known)])


def attempt_key(session: Session) -> str:
    """The idempotency key of the run of a session's present attempt."""
    return f"{session.session_id}/{session.attempts}"


async def resume(flow_run_id: str) -> bool:
    """Let a suspended run go on: -> whether it was suspended. Raises RunnerUnavailableError."""
    return await _resume(flow_run_id, None)


async def resume_review(flow_run_id: str, answer: str, reason: str) -> bool:
    """Let a run that waits for a review go on, with the answer that was recorded: -> whether it waited. Raises RunnerUnavailableError."""
    return await _resume(flow_run_id, {"decision": answer, "reason": reason})


async def state(flow_run_id: str) -> State[Any] | None:
    """The state of a run; None where Prefect knows none of that id. Raises RunnerUnavailableError."""
    async with _answers("tell the state of a run"), get_client() as client:
        try:
            return (await client.read_flow_run(UUID(flow_run_id))).state
        except ObjectNotFound:
            return None


async def cancel(flow_run_id: str) -> bool:
    """Cancel a run, and end its process: -> whether it has ended or is about to. Raises RunnerUnavailableError."""
    async with _answers("cancel a run"), get_client() as client:
        try:
            await client.set_flow_run_state(UUID(flow_run_id), Cancelling())
            found = (await client.read_flow_run(UUID(flow_run_id))).state  # the answer of the first says less
        except ObjectNotFound:
            return True
    return found is not None and (found.is_final() or found.is_cancelling())


async def paused(deployment: str) -> list[str]:
    """The ids of the suspended runs of a deployment ("flow/name"). Raises RunnerUnavailableError."""
    suspended = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    async with _answers("list suspended runs"), get_client() as client:
        return [str(it.id) for it in await _runs(client, [deployment.partition("/")[2]], suspended)]


async def on_its_way(deployment: str, tag: str) -> bool:
    """Whether a run of a deployment with that tag is due, begins or runs. Raises RunnerUnavailableError."""
    unfinished = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, *_BEGUN]))
    async with _answers("list runs"), get_client() as client:
        return any(tag in it.tags for it in await _runs(client, [deployment.partition("/")[2]], unfinished))


async def forgotten(deployments: Sequence[str]) -> set[str]:
    """Those of `deployments` (names) that Prefect does not know. Raises RunnerUnavailableError."""
    async with _answers("list deployments"), get_client() as client:
        named = DeploymentFilter(name=DeploymentFilterName(any_=list(deployments)))
        return set(deployments) - {it.name for it in await client.read_deployments(deployment_filter=named)}


async def begins(tag: str) -> bool:
    """Whether a run with that tag is due or about to run, but does not run yet. Raises RunnerUnavailableError."""
    soon = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])),
        tags=FlowRunFilterTags(all_=[tag]),
    )
    async with _answers("list runs"), get_client() as client:
        return bool(await client.read_flow_runs(flow_run_filter=soon, limit=1))


async def begun(deployments: Sequence[str]) -> list[FlowRun]:
    """The runs of `deployments` (names) that run, are about to, or are being cancelled. Raises RunnerUnavailableError."""
    async with _answers("list runs"), get_client() as client:
        return await _runs(client, deployments, FlowRunFilterState(type=FlowRunFilterStateType(any_=_BEGUN)))


async def end_zombie(flow_run_id: str) -> bool:
    """Say of a run whose process is gone that it ended: -> whether it had not said so itself. Raises RunnerUnavailableError."""
    async with _answers("end a run"), get_client() as client:
        found = (await client.read_flow_run(UUID(flow_run_id))).state
        if found is None or found.type not in _BEGUN:
            return False
        await client.set_flow_run_state(UUID(flow_run_id), _ending(found), force=True)
        return True


def now(question: Coroutine[Any, Any, _T]) -> _T:
    """Ask one of these questions where no event loop runs, as in a task."""
    return asyncio.run(question)


async def end_left_behind(deployments: Sequence[str]) -> int:
    """End what the last process left of `deployments` (names): -> how many runs.

    Only for a process that holds the data folder: nobody else runs them. What was
    running is crashed, what was being cancelled is cancelled, and so is what was due and never started.
    """
    ended = 0
    async with asyncio.timeout(BOUND_S), get_client() as client:
        for run in await _runs(client, deployments, FlowRunFilterState(type=FlowRunFilterStateType(any_=_BEGUN))):
            await client.set_flow_run_state(run.id, _ending(run.state))
            ended += 1
        due = FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC))
        scheduled = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        for run in await _runs(client, deployments, scheduled, due):
            await client.set_flow_run_state(run.id, Cancelled(message=MISSED))
            ended += 1
    return ended


def _ending(state: State[Any] | None) -> State[Any]:
    """How a run ended whose process is gone: cancelled where a person had asked for that."""
    return Cancelled(message=STOPPED) if state is not None and state.is_cancelling() else Crashed(message=LEFT)


_BEGUN: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


async def _resume(flow_run_id: str, answer: dict[str, str] | None) -> bool:
    async with _answers("resume a run"), get_client() as client:
        try:
            found = await client.resume_flow_run(UUID(flow_run_id), run_input=answer)
        except ObjectNotFound:
            return False
    return found.status is SetStateStatus.ACCEPT


@asynccontextmanager
async def _answers(what: str) -> AsyncIterator[None]:
    """Bound a question to Prefect, and tell in a sentence where it has no answer."""
    try:
        async with asyncio.timeout(BOUND_S):
            yield
    except (HTTPError, PrefectException, TimeoutError, RuntimeError) as error:
        told = f"no answer within {BOUND_S:.0f} s" if isinstance(error, TimeoutError) else type(error).__name__
        message = f"Prefect could not {what} ({told}); it is tried again by itself within half a minute of its return"
        raise (RunnerAwayError if isinstance(error, TimeoutError | TransportError) else RunnerUnavailableError)(message) from error


async def _runs(
    client: PrefectClient, deployments: Sequence[str], state: FlowRunFilterState, due: FlowRunFilterNextScheduledStartTime | None = None
) -> list[FlowRun]:
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state, next_scheduled_start_time=due),
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=list(deployments))),
    )
