"""Where the actors of a simulation play: one at a time, each up to its next boundary, in virtual time and beside a Prefect that is played.

1. A boundary stands before each transaction, and before each question to Prefect. Between two of them an actor is alone.
2. An actor that stopped at a boundary is not kept: to go on it is run again from its beginning, with each transaction that it had taken
   against the state in which it took it. So what a process knows is what it read, as old as that is.
3. Actors are the program's own operations, tasks and reconciler; what they would ask of models are values.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from prefect.client.schemas.objects import State, StateType

from sqlmodel import select

from benchmarks._memory import Memory
from deployments.supervisor import reconciler
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.operations import retraining
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Session
from lifecycle_core.settings import Settings
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.store.tables import ActivationRow, ConversationRow
from tasks import context, runs

START: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
BESIDE_PREFECT: Final = Settings.read({"LIFECYCLE_PREFECT_API_URL": "http://prefect.invalid/api"})
"""Runs are executed on other machines, where only their leases prove them alive."""
LONG_AGO: Final = datetime(2001, 1, 1, tzinfo=UTC)
"""Since when a run is in its state, as Prefect tells: what waits for a while has waited."""


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run. place : the step that comes next; alive : whether a process executes it, whatever Prefect believes of it.

    state : what Prefect believes, None where it has forgotten the run. asks : it waits for a person, with a form that shows `evidence`; answer : what came of that.
    """

    key: str
    place: int = 0
    state: StateType | None = StateType.RUNNING
    alive: bool = True
    asks: bool = False
    evidence: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What there is beside the database. session : the newest, and key : its; begun : sessions asked for.

    deaths : what the reconciler remembers of runs that died.
    """

    at: datetime = START
    runs: tuple[Run, ...] = ()
    session: str = ""
    key: str = ""
    begun: int = 0
    deaths: tuple[tuple[str, tuple[object, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """A boundary that was passed: in which state of the database and of the world."""

    name: bytes
    world: World


class PausedError(BaseException):
    """An actor comes to its next boundary, and another's turn is; nothing in the program catches it."""


class Scene:
    """One actor's turn.

    past : the boundaries that it has passed, each with a database that stands where it was; pauses : whether it stops at its next one.
    """

    def __init__(self, here: Memory, world: World, past: Sequence[tuple[Memory, World]] = (), *, pauses: bool = False) -> None:
        self.world, self.taken = world, 0
        self.database: Database = _Staged(self)
        self._here, self._now, self._past, self._pauses = here, world, past, pauses

    @property
    def there(self) -> bool:
        """Whether it has come to the present."""
        return self.taken > len(self._past)

    def turn(self) -> Database:
        """Pass a boundary: -> the database as it is to be seen behind it."""
        place, self.taken = self.taken, self.taken + 1
        if place < len(self._past):
            memory, self.world = self._past[place]
            return memory.database
        if place > len(self._past):
            if self._pauses:
                self.taken = place
                raise PausedError
        else:
            self.world = self._now
        return self._here.database

    def act(self, by: str) -> Provenance:
        """Who acts, now."""
        return Provenance(by, self.world.at, "simulated")

    def change(self, run: int, **changes: Any) -> None:  # noqa: ANN401 - any field of a run
        """Let a run be otherwise."""
        found = list(self.world.runs)
        found[run] = replace(found[run], **changes)
        self.world = replace(self.world, runs=tuple(found))


class _Staged(Database):
    """The database of a scene: before each transaction is a boundary."""

    def __init__(self, scene: Scene) -> None:
        self.url, self.name, self.dialect = "sqlite:///simulated.db", "simulated", "sqlite"
        self._scene = scene

    @contextmanager
    def write(self, act: Provenance, step: str = "", *, urgent: bool = False) -> Iterator[Transaction]:
        with self._scene.turn().write(act, step, urgent=urgent) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._scene.turn().read() as tx:
            yield tx


_scene: Scene | None = None


@contextmanager
def on(scene: Scene) -> Iterator[None]:
    """Let the program's clock, database and Prefect be those of the scene."""
    global _scene  # noqa: PLW0603 - the program asks its process for them
    before, _scene = _scene, scene
    try:
        yield
    finally:
        _scene = before


def here() -> Scene:
    """The scene that is played."""
    if _scene is None:
        message = "nothing is played"
        raise LookupError(message)
    return _scene


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
        (retraining, "report_of"): _once(retraining.report_of),
    }
    with ExitStack() as stack:
        for (module, name), found in put.items():
            stack.enter_context(patch.object(module, name, found))
        yield


def _once(report_of: Callable[..., DriftReport]) -> Callable[..., DriftReport]:
    """A drift report of the same traffic and versions, as of the same instant, is worked out once."""
    known: dict[object, DriftReport] = {}

    def report(tx: Transaction, variant: str, at: datetime) -> DriftReport:
        asked = (select(ConversationRow.id, ConversationRow.booked), select(ActivationRow.version, ActivationRow.at))
        rows = (variant, at, *(tuple(tx.connection().execute(it).all()) for it in asked))
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
    found: State[Any] = State(type=run.state, timestamp=LONG_AGO)
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
    if run.state is not StateType.PAUSED or run.asks:
        return False
    scene.change(number, state=StateType.RUNNING, alive=True)
    return True


async def _resume_review(flow_run_id: str, answer: str, _reason: str) -> bool:
    scene, number = _asked(), _number(flow_run_id)
    if scene.world.runs[number].state is not StateType.PAUSED:
        return False
    scene.change(number, state=StateType.RUNNING, alive=True, asks=False, answer=answer)
    return True


async def _end_zombie(flow_run_id: str) -> bool:
    scene, number = _asked(), _number(flow_run_id)
    if scene.world.runs[number].state is not StateType.RUNNING:
        return False
    scene.change(number, state=StateType.CRASHED)
    return True


async def _paused(_deployment: str) -> list[str]:
    return [run_id(number) for number, it in enumerate(_asked().world.runs) if it.state is StateType.PAUSED]


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
