"""A session's schedules, by the million: every interleaving up to a depth, from each place where one can stand, and random ones beyond.

Flow, people, reconciler, customers, time and what breaks take turns on the real operations, tasks and reconciler, over SQLite in memory
and in virtual time; between two transactions of one of them comes whatever another does, and each may die there. Each state is held to
the invariants and to what was decided before it; a random schedule ends with faults over, and then its sessions must come to their end.
"""

import random
import sys
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import perf_counter, process_time
from types import MappingProxyType
from typing import Final

from benchmarks._graph import Found, Graph, Mode, Step, beginning
from benchmarks._played import played
from lifecycle_core.retraining.session import TRANSITIONS, Status

LONGEST: Final = 60
"""Steps of a random schedule before its faults are over."""
PATIENCE: Final = 120
"""Steps within which its sessions must have ended then."""
ALWAYS: Final = ("start", "flow", "time passes", "reconcile", "samples better")
"""What the actors are called that have a part in every random schedule."""
OTHERS: Final = (0.1, 0.25, 0.6)
"""How probably each of the others has one: in few schedules everything breaks, and most sessions go far."""
TIME_EVERY: Final = 7
STRAIGHT_EVERY: Final = 20
"""Of so many random schedules one is taken again from its first step to its last."""
_TESTED: Final = ("start", *["flow 0"] * 8)
_ASKED: Final = ("start with a review", *["flow 0"] * 8, "samples better", "verdict")
PLACES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "nothing": (),
        "collecting": ("start", "flow 0"),
        "analyzing": ("start", *["flow 0"] * 2),
        "improving": ("start", *["flow 0"] * 3),
        "evaluating": ("start", *["flow 0"] * 5),
        "testing": _TESTED,
        "expired": (*_TESTED, "time passes", "time passes"),
        "harmed": (*_TESTED, "samples worse"),
        "odd": (*_TESTED, "samples odd"),
        "decided": (*_TESTED, "samples better"),
        "judging": (*_TESTED, "samples better", "reconcile", "flow 0"),
        "promoted": (*_TESTED, "samples better", "verdict", "finalize"),
        "review": (*_ASKED, "reconcile", *["flow 0"] * 3),
        "unanswered": (*_ASKED, "time passes", "time passes"),
        "revived": (*_ASKED, "lost", "reconcile", "flow 1"),
    }
)
"""Where a session can stand, and what leads there."""
RACERS: Final = ("flow 0", "finalize", "approve", "reject", "cancel", "roll back", "reconcile")
DECIDERS: Final = (*RACERS, "verdict", "force", "time passes")
FURTHER: Final = (("decided", 2, DECIDERS), ("review", 2, DECIDERS), ("decided", 5, RACERS), ("review", 5, RACERS))
"""Where the interleavings of a few are followed by so many steps more: of those who meet when a session is decided."""


@dataclass(slots=True)
class Simulated:
    """What became of some schedules. exhaustive : interleavings that are all there are from the places; walks : random schedules."""

    exhaustive: int = 0
    walks: int = 0
    steps: int = 0
    states: int = 0
    known: int = 0
    unfinished: int = 0
    cpu_s: float = 0.0
    found: Found = field(default_factory=Found)

    @property
    def schedules(self) -> int:
        """All of them."""
        return self.exhaustive + self.walks

    def add(self, other: "Simulated") -> None:
        """Count another process's, too."""
        for name in ("exhaustive", "walks", "steps", "states", "unfinished", "cpu_s"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.found.add(other.found)


def run(schedules: int = 1_000_000, depth: int = 2, seed: int = 1, processes: int = 1, walks: int = 300) -> dict[str, object]:
    """All interleavings of `depth` steps from each place, of those who decide longer ones, then at least `walks` random schedules.

    These go on until there are `schedules` in all.
    """
    began, total = perf_counter(), Simulated()
    print(f"{processes} processes; all interleavings of {depth} steps from {len(PLACES)} places, random ones up to {schedules:,} schedules")
    shares = [
        (list(PLACES)[number::processes], depth, seed + number, schedules // processes, walks // processes) for number in range(processes)
    ]
    if processes == 1:
        total.add(simulated(*shares[0]))
    else:
        with ProcessPoolExecutor(processes, get_context("fork")) as pool:
            for it in pool.map(simulated, *zip(*shares, strict=True)):
                total.add(it)
    found, seconds = total.found, perf_counter() - began
    missed = sorted(f"{start}, {event}" for start, event in set(TRANSITIONS) - found.moves)
    print("schedules   of all interleavings   random   steps taken   states   verified   broken   unfinished   seconds   a second")
    print(
        f"{total.schedules:>9,}{total.exhaustive:>23,}{total.walks:>9,}{found.taken:>14,}{total.states:>9,}{found.verified:>11,}"
        f"{len(found.broken):>9}{total.unfinished:>13}{seconds:>10.0f}{total.schedules / seconds:>11,.0f}"
    )
    seen = f"statuses {len(found.statuses)} of {len(Status)}, moves {len(found.moves)} of {len(TRANSITIONS)}"
    print(f"{seen}; never seen: {'; '.join(missed) or 'none'}")
    for sentence, way in found.broken[:10]:
        print(f"  {sentence}\n    after {' · '.join(map(str, way))}")
    return {
        "schedules": total.schedules,
        "exhaustive": total.exhaustive,
        "walks": total.walks,
        "steps_taken": found.taken,
        "steps_repeated": found.repeated,
        "states": total.states,
        "verified": found.verified,
        "violations": len(found.broken),
        "unfinished": total.unfinished,
        "statuses": [len(found.statuses), len(Status)],
        "transitions": [len(found.moves), len(TRANSITIONS)],
        "never_seen": missed,
        "seconds": round(seconds, 1),
        "cpu_s": round(total.cpu_s, 1),
        "schedules_per_s": round(total.schedules / seconds, 1),
    }


def simulated(places: Sequence[str], depth: int, seed: int, schedules: int, walks: int) -> Simulated:
    """A process's share: what is all there is from these places, and random schedules."""
    began, told = process_time(), Simulated()
    with played():
        graph = Graph(beginning())
        for place in places:
            told.exhaustive += interleavings(graph, at(graph, PLACES[place]), depth)
            for _, more, cast in (it for it in FURTHER if it[0] == place and depth > 1):
                told.exhaustive += interleavings(graph, at(graph, PLACES[place]), depth + more, cast)
            _say(f"{place}: {told.exhaustive:,} interleavings, {graph.found.taken:,} steps taken, {len(graph.states):,} states")
        chance = random.Random(seed)  # noqa: S311 - an order, and no secrets
        while told.walks < walks or told.schedules < schedules:
            told.unfinished += not walked(graph, chance)
            told.walks += 1
            if told.walks % 1000 == 0:
                _say(f"{told.walks:,} random schedules, {graph.found.taken:,} steps taken, {len(graph.found.broken)} broken")
        graph.close()
    told.states, told.found, told.cpu_s = len(graph.states), graph.found, process_time() - began
    return told


def at(graph: Graph, actors: Sequence[str]) -> bytes:
    """Where these lead, one after the other."""
    key = graph.first.key
    for actor in actors:
        key = graph.after(key, Step(actor))
    return key


def interleavings(graph: Graph, key: bytes, depth: int, cast: Collection[str] = ()) -> int:
    """Take every step of every state within so many steps: -> how many sequences of so many steps there are.

    cast : the actors that have a part; all where it is empty. One of them at a time stands at a boundary.
    """
    counted: dict[tuple[bytes, int], int] = {}

    def steps(here: bytes) -> list[Step]:
        paused = dict(graph.states[here].paused)
        taken = [it for it in graph.steps(here) if not cast or it.actor in cast]
        return [it for it in taken if it.mode is not Mode.TURN or it.actor in paused or not paused]

    def count(here: bytes, left: int) -> int:
        if left == 0:
            return 1
        if (here, left) not in counted:
            counted[here, left] = sum(count(graph.after(here, step), left - 1) for step in steps(here)) or 1
        return counted[here, left]

    return count(key, depth)


def walked(graph: Graph, chance: random.Random) -> bool:
    """A random schedule from the beginning, of some of the actors: -> whether all of its sessions came to their end."""
    others = chance.choice(OTHERS)
    cast = {name for name in graph.actors if name.startswith(ALWAYS) or chance.random() < others}
    key, taken = graph.first.key, list[Step]()
    for _ in range(LONGEST):
        steps = [it for it in graph.steps(key) if it.actor in cast]
        taken += chance.choices(steps, [graph.often(key, it) for it in steps])
        key = graph.after(key, taken[-1])
    ended = finished(graph, key, taken)
    if chance.random() < 1 / STRAIGHT_EVERY:
        graph.straight(taken)
    return ended


def finished(graph: Graph, key: bytes, taken: list[Step]) -> bool:
    """Whether the sessions come to their end where nothing breaks any more, by what steps is added to those `taken`."""
    for number in range(PATIENCE):
        if not graph.open(key) and not graph.states[key].paused:
            graph.verify(key)
            return True
        taken.append(_fair(graph, key, number))
        key = graph.after(key, taken[-1])
    graph.broke(f"its sessions did not end within {PATIENCE} steps of the last fault", key, None)
    return False


def _fair(graph: Graph, key: bytes, number: int) -> Step:
    """Who is next where everybody has a turn: what stopped goes on, a run takes its steps, the reconciler looks, and time passes."""
    turns = [it for it in graph.steps(key) if it.mode is Mode.TURN and it.actor in dict(graph.states[key].paused)]
    flows = [it for it in graph.steps(key) if it.mode is Mode.WHOLE and it.actor.startswith("flow")]
    in_turn = [*turns[:1], *flows[:1], Step("reconcile")]
    return Step("time passes") if number % TIME_EVERY == 0 else in_turn[number % len(in_turn)]


def _say(told: str) -> None:
    """Tell how far it is, apart from the figures."""
    print(told, file=sys.stderr, flush=True)
