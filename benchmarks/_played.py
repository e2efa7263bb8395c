"""What a simulation plays of its surroundings: the clock, threads, and Prefect with its runs, all of which are the world's of the scene."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from prefect.client.schemas.objects import State, StateType

from benchmarks._stage import Run, RunState, Scene, here
from deployments.supervisor import reconciler
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.operations import retraining
from lifecycle_core.operations.checked import report_of
from lifecycle_core.retraining.session import Session
from lifecycle_core.settings import Settings
from lifecycle_core.store.database import Transaction
from tasks import context, runs

BESIDE_PREFECT: Final = Settings.read({"LIFECYCLE_PREFECT_API_URL": "http://prefect.invalid/api"})
"""Runs are executed on other machines, where only their leases prove them alive."""
REPORTED_FROM: Final = ("SELECT id, booked FROM conversations", "SELECT version, at FROM activations")
LONG_AGO: Final = datetime(2001, 1, 1, tzinfo=UTC)
"""Since when a run is in its state, as Prefect tells: what waits for a while has waited."""


@contextmanager
def played() -> Iterator[None]:
    """From here on the process's clock, database and Prefect are those of the scene that is `on`."""
    put: dict[tuple[object, str], object] = {
        (context, "database"): lambda: here().database,
        (context, "now"): lambda: here().world.at,
        (context, "outside"): lambda: here().world.at,
        (asyncio, "to_thread"): _at_once,
        (runs, "state"): _state,
        (runs, "begin_run"): _begin_run,
        (runs, "resume"): _resume,
        (runs, "resume_review"): _resume_review,
        (runs, "end_zombie"): _end_zombie,
        (runs, "paused"): _paused,
        (runs, "on_its_way"): _on_its_way,
        (context, "settings"): lambda: BESIDE_PREFECT,
        (reconciler, "_executes"): lambda *_process: False,
        (reconciler, "execution_of"): lambda run: run,
        (reconciler, "held_by_anybody"): _alive,
        (reconciler, "MOST_ATTEMPTS"): 1,
        (reconciler, "_deaths"): _Deaths(),
        (retraining, "report_of"): _once(report_of),
    }
    with ExitStack() as stack:
        for (module, name), found in put.items():
            stack.enter_context(patch.object(module, name, found))
        yield


def _once(report_of: Callable[..., DriftReport]) -> Callable[..., DriftReport]:
    """A drift report of the same traffic and versions, as of the same instant, is worked out once."""
    known: dict[object, DriftReport] = {}

    def report(tx: Transaction, variant: str, at: datetime) -> DriftReport:
        driver: Any = tx.connection().connection.driver_connection
        rows = (variant, at, *(tuple(driver.execute(asked).fetchall()) for asked in REPORTED_FROM))
        if rows not in known:
            known[rows] = report_of(tx, variant, at)
        return known[rows]

    return report


def finished(coroutine: Any) -> None:  # noqa: ANN401 - a coroutine
    """Run a coroutine that waits for nothing."""
    with suppress(StopIteration):
        coroutine.send(None)
        message = "it waits, and nothing here is waited for"
        raise RuntimeError(message)


async def _at_once(work: Callable[..., object], *given: object) -> object:
    return work(*given)


def run_id(number: int) -> str:
    """The id of the run of that number."""
    return str(UUID(int=number + 1))


def _number(flow_run_id: str) -> int:
    return UUID(flow_run_id).int - 1


def _asked() -> Scene:
    scene = here()
    scene.turn()
    return scene


async def _state(flow_run_id: str) -> State[Any] | None:
    scene, number = _asked(), _number(flow_run_id)
    if number >= len(scene.world.runs):
        return None
    run = scene.world.runs[number]
    if run.state is None:
        return None
    found: State[Any] = State(type=StateType(run.state.value), timestamp=LONG_AGO)
    found.state_details.run_input_keyset = {} if run.asks else None
    return found


async def _begin_run(session: Session) -> UUID:
    scene, key = _asked(), runs.attempt_key(session)
    known = [number for number, it in enumerate(scene.world.runs) if it.key == key and it.state is not None]
    if not known:
        scene.world = replace(scene.world, runs=(*scene.world.runs, Run(key)))
    return UUID(run_id(known[0] if known else len(scene.world.runs) - 1))


async def _resume(flow_run_id: str) -> bool:
    scene, number = _asked(), _number(flow_run_id)
    run = scene.world.runs[number]
    if run.state is not RunState.PAUSED or run.asks:
        return False
    scene.change(number, state=RunState.RUNNING, alive=True)
    return True


async def _resume_review(flow_run_id: str, answer: str, _reason: str) -> bool:
    scene, number = _asked(), _number(flow_run_id)
    if scene.world.runs[number].state is not RunState.PAUSED:
        return False
    scene.change(number, state=RunState.RUNNING, alive=True, asks=False, answer=answer)
    return True


async def _end_zombie(flow_run_id: str) -> bool:
    scene, number = _asked(), _number(flow_run_id)
    if scene.world.runs[number].state is not RunState.RUNNING:
        return False
    scene.change(number, state=RunState.CRASHED)
    return True


async def _paused(_deployment: str) -> list[str]:
    return [run_id(number) for number, it in enumerate(_asked().world.runs) if it.state is RunState.PAUSED]


async def _on_its_way(*_asked_for: str) -> bool:
    return True  # its goals are served by the simulation's own actors


def _alive(flow_run_id: str) -> bool:
    known, number = here().world.runs, _number(flow_run_id)
    return number < len(known) and known[number].alive


class _Deaths:
    """What the reconciler knows of runs that died, which goes with its process: here it is the world's."""

    def get(self, session_id: str, default: tuple[object, int]) -> tuple[object, int]:
        return dict(here().world.deaths).get(session_id, default)

    def __setitem__(self, session_id: str, found: tuple[object, int]) -> None:
        scene = here()
        deaths = dict(scene.world.deaths) | {session_id: found}
        scene.world = replace(scene.world, deaths=tuple(sorted(deaths.items())))
