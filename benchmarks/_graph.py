"""The states that a simulation comes to, and the steps between them: each step of each state is taken once, by the real code.

A schedule is a sequence of steps from the first state on. Those that meet in a state share what follows, so that a schedule whose steps are
all known costs a look into a table; each step that is not is taken, and what it leads to is held to every claim. So that the states are
told apart by all that matters, steps that are known are now and then taken again, and must lead where they led.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from benchmarks import _claims
from benchmarks._actors import ACTORS, Actor, ready
from benchmarks._claims import Told
from benchmarks._memory import Images, Memory, image_of, made, prepared
from benchmarks._stage import Past, PausedError, Scene, World, on
from lifecycle_core.errors import DatabaseUnavailableError, LifecycleError, LostRaceError
from lifecycle_core.operations.database import verify
from lifecycle_core.retraining.session import TRANSITIONS, Event, Status

POOL: Final = 6
"""Databases that stand where an actor passed a boundary."""
MOST_PAUSED: Final = 2
GOING_ON: Final = 4
"""How often an actor that stopped goes on, beside others."""
ENDS_EVERY: Final = 5
"""Of so many states in which schedules end, one is held to all of `lifecycle db verify`."""
LOG_EVERY: Final = 4
VERIFY_EVERY: Final = 200
"""Of so many states that are new, one is held to its audit log, and one to all of `lifecycle db verify`."""
_EVENTS: Final = MappingProxyType({(start.value, end.value): (start, event) for (start, event), end in TRANSITIONS.items()})


class Mode(StrEnum):
    """How far an actor goes: to its end, or to its next boundary; or it dies where it stopped."""

    WHOLE = "to its end"
    TURN = "one turn"
    DIES = "dies"


@dataclass(frozen=True, slots=True)
class Step:
    """An actor's."""

    actor: str
    mode: Mode = Mode.WHOLE

    def __str__(self) -> str:
        """As it is told."""
        return self.actor if self.mode is Mode.WHOLE else f"{self.actor} ({self.mode})"


@dataclass(frozen=True, slots=True)
class State:
    """Where all is. name : of the database's rows; paused : actor -> the boundaries that it has passed."""

    name: bytes
    world: World
    paused: tuple[tuple[str, tuple[Past, ...]], ...] = ()

    @property
    def key(self) -> bytes:
        """What it is told apart by."""
        return blake2b(repr((self.name, self.world, self.paused)).encode(), digest_size=16).digest()


@dataclass(slots=True)
class Found:
    """What was seen. broken : a sentence for each thing that does not hold, with the steps that led there."""

    statuses: set[Status] = field(default_factory=set)
    moves: set[tuple[Status, Event]] = field(default_factory=set)
    broken: list[tuple[str, tuple[Step, ...]]] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    repeated: int = 0
    verified: int = 0

    def add(self, other: "Found") -> None:
        """Count what another process saw, too."""
        self.statuses |= other.statuses
        self.moves |= other.moves
        self.broken += other.broken
        self.refusals += other.refusals
        self.taken, self.repeated, self.verified = self.taken + other.taken, self.repeated + other.repeated, self.verified + other.verified


def beginning(schema: Sequence[str] = ()) -> bytes:
    """The image of a database with a variant that can be retrained; `schema` is done to it by hand."""
    with made() as database:
        ready(database)
        return prepared(image_of(database), schema)


class Graph:
    """The states that are known, from the image of the first one on."""

    def __init__(self, image: bytes, actors: Mapping[str, Actor] = ACTORS) -> None:
        self.actors, self.found = actors, Found()
        self._memory, self._images = Memory(image), Images(image)
        self._stands, self._logged = self._memory.name, self._memory.logged
        self._images.keep(self._stands, image)
        self._pool: OrderedDict[bytes, Memory] = OrderedDict()
        self.first = State(self._stands, World())
        self.states: dict[bytes, State] = {self.first.key: self.first}
        self.came: dict[bytes, tuple[bytes, Step]] = {}
        self._told: dict[bytes, Mapping[str, Told]] = {}
        self._verified: set[bytes] = set()
        self._next: dict[tuple[bytes, Step], bytes] = {}
        self._steps: dict[bytes, tuple[Step, ...]] = {}
        self._look(self.first, None, None)

    def steps(self, key: bytes) -> tuple[Step, ...]:
        """What may come next."""
        if key not in self._steps:
            self._steps[key] = tuple(self._possible(self.states[key]))
        return self._steps[key]

    def after(self, key: bytes, step: Step) -> bytes:
        """The state after a step, which is taken where it is not known."""
        known = self._next.get((key, step))
        if known is None:
            state = self._take(key, step)
            known = self._next[key, step] = state.key
            if known not in self.states:
                self.states[known], self.came[known] = state, (key, step)
        return known

    def often(self, key: bytes, step: Step) -> int:
        """How often a step is taken, beside others."""
        going_on = step.mode is Mode.TURN and step.actor in dict(self.states[key].paused)
        return GOING_ON if going_on else 1 if step.mode is not Mode.WHOLE else self.actors[step.actor].often

    def open(self, key: bytes) -> bool:
        """Whether a session goes on there."""
        return any(not it.ended for it in self._told[self.states[key].name].values())

    def verify(self, key: bytes) -> None:
        """Hold the state that a schedule ends in to all of `lifecycle db verify`, unless it was."""
        name = self.states[key].name
        if name in self._verified:
            return
        self._verified.add(name)
        if len(self._verified) % ENDS_EVERY:
            return
        self.found.verified += 1
        self._stand_at(name)
        for sentence in verify(self._memory.database).problems:
            self.broke(sentence, key, None)

    def straight(self, steps: Sequence[Step]) -> None:
        """Take the steps of a schedule one after the other on one database, whose log is its own: each must lead where it is known to."""
        state, key = self.first, self.first.key
        self._stand_at(state.name)
        with self._memory.taken_back():
            for step in steps:
                state = self._died(state, step.actor) if step.mode is Mode.DIES else self._play(state, step)[0]
                self.found.repeated += 1
                if state.key != self._next[key, step]:
                    self.broke("a step led elsewhere than before: states are told apart by too little", key, step)
                    return
                key = state.key
            for sentence in verify(self._memory.database).problems:
                self.broke(sentence, key, None)
        self.found.verified += 1

    def way(self, key: bytes) -> tuple[Step, ...]:
        """The steps by which a state was first come to."""
        steps: list[Step] = []
        while key in self.came:
            key, step = self.came[key]
            steps.append(step)
        return tuple(reversed(steps))

    def broke(self, sentence: str, key: bytes, step: Step | None) -> None:
        """Something does not hold after a step."""
        self.found.broken.append((sentence, (*self.way(key), *([step] if step else []))))

    def close(self) -> None:
        """Give all memory back."""
        for it in (self._memory, *self._pool.values()):
            it.close()

    def _possible(self, state: State) -> Iterator[Step]:
        paused = dict(state.paused)
        for name, actor in self.actors.items():
            if name in paused:
                yield Step(name, Mode.TURN)
                yield Step(name, Mode.DIES)
            elif actor.may(state.world):
                yield Step(name)
                if actor.staged and len(paused) < MOST_PAUSED:
                    yield Step(name, Mode.TURN)

    def _take(self, key: bytes, step: Step) -> State:
        """Take a step by the real code, and look at what it leads to."""
        state = self.states[key]
        self.found.taken += 1
        if step.mode is Mode.DIES:
            return self._died(state, step.actor)
        self._stand_at(state.name)
        with self._memory.taken_back():
            after, fault = self._play(state, step)
            if fault is not None:
                self.broke(f"{step.actor}: {fault!r}", key, step)
            if after.name != state.name:
                self._images.keep(after.name, self._memory.image)
                self._look(after, key, step)
        return after

    def _died(self, state: State, actor: str) -> State:
        paused = {name: past for name, past in state.paused if name != actor}
        return self._settled(state.name, _dead(state.world, self.actors[actor].run), paused)

    def _play(self, state: State, step: Step) -> tuple[State, Exception | None]:
        """Let an actor take its turn in a state in which the database stands: -> the state after it, and what went wrong in it."""
        paused = dict(state.paused)
        fault: Exception | None = None
        past = paused.pop(step.actor, ())
        with ExitStack() as stack:
            known = [(self._at(it.name), it.world) for it in past]
            for memory in {id(it): it for it, _ in known}.values():
                stack.enter_context(memory.taken_back())
            changes = self._memory.changes
            scene = Scene(self._memory, state.world, known, pauses=step.mode is Mode.TURN)
            try:
                with on(scene):
                    self.actors[step.actor].play(scene)
            except PausedError:
                paused[step.actor] = (*past, Past(state.name, state.world))
            except (LostRaceError, DatabaseUnavailableError) as error:
                fault = error  # nobody else writes here
            except LifecycleError as refusal:
                self.found.refusals[refusal.code] += 1
            except Exception as error:  # noqa: BLE001 - an operation is answered or refused, and nothing else
                fault = error
        if not scene.there and step.actor not in paused:
            scene.world = state.world  # it came to its end before the present, which it has not changed
        same = self._memory.changes == changes
        return self._settled(state.name if same else self._memory.name, scene.world, paused), fault

    def _settled(self, name: bytes, world: World, paused: Mapping[str, tuple[Past, ...]]) -> State:
        """The state, in which no dead process is left."""
        alive = {actor: past for actor, past in paused.items() if _lives(world, self.actors[actor].run)}
        return State(name, world, tuple(sorted(alive.items())))

    def _stand_at(self, name: bytes) -> None:
        if self._stands != name:
            self._memory.stand_at(self._images.of(name))
            self._stands, self._logged = name, self._memory.logged

    def _at(self, name: bytes) -> Memory:
        """A database that stands in an earlier state."""
        if name in self._pool:
            self._pool.move_to_end(name)
            return self._pool[name]
        memory = self._pool.popitem(last=False)[1] if len(self._pool) >= POOL else Memory(self._images.of(name))
        memory.stand_at(self._images.of(name))
        self._pool[name] = memory
        return memory

    def _look(self, after: State, key: bytes | None, step: Step | None) -> None:
        """Hold the database as it stands now to every claim, and note what moved."""
        before = self.states[key].name if key is not None else None
        origin = key if key is not None else after.key
        for start, end in self._memory.moves(self._logged):
            self.found.statuses.add(Status(end))
            if start is not None and (start, end) in _EVENTS:
                self.found.moves.add(_EVENTS[start, end])
        known = after.name in self._told
        if not known:
            nth = len(self._told)
            told, problems = _claims.looked_at(self._memory.database, log=nth % LOG_EVERY == 0)
            self._told[after.name] = told
            if nth % VERIFY_EVERY == 0:
                self.found.verified += 1
                problems = [*problems, *verify(self._memory.database).problems]
            for sentence in dict.fromkeys(problems):
                self.broke(sentence, origin, step)
        if before is not None:
            for sentence in _claims.changed(self._told[before], self._told[after.name]):
                self.broke(sentence, origin, step)


def _lives(world: World, run: int | None) -> bool:
    return run is None or world.runs[run].alive


def _dead(world: World, run: int | None) -> World:
    if run is None:
        return world
    runs = list(world.runs)
    runs[run] = replace(runs[run], alive=False)
    return replace(world, runs=tuple(runs))
