"""Where the actors of a simulation play: one at a time, up to a boundary, in virtual time and beside a Prefect that is played.

1. A boundary stands before each transaction, and before each question to Prefect. Between two of them an actor is alone.
2. An actor that stopped at a boundary is not kept: to go on it is run again from its beginning, with each transaction that it had taken
   against the state in which it took it. So what a process knows is what it read, as old as that is.
3. Actors are the program's own operations, tasks and reconciler; what they would ask of models are values.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from benchmarks._memory import Memory
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database, Transaction

START: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)


class RunState(StrEnum):
    """What Prefect believes of a run, in its words."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CRASHED = "CRASHED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run. place : the step that comes next; alive : whether a process executes it, whatever Prefect believes of it.

    state : what Prefect believes, None where it has forgotten the run.
    asks : it waits for a person, with a form that shows `evidence`; answer : what came of that.
    """

    key: str
    place: int = 0
    state: RunState | None = RunState.RUNNING
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
