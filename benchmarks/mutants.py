"""Sixteen bugs put into the program one at a time, and how soon the simulation sees each; with none of them it sees nothing."""

import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time
from typing import Final

from benchmarks import simulation
from benchmarks._graph import Graph, beginning
from benchmarks._mutants import MUTANTS, Mutant
from benchmarks._played import played
from benchmarks.simulation import PLACES

CASTS: Final = (
    ("nothing", 3, ("start", "start with a review", "start by a trigger", "start again")),
    ("collecting", 3, ("cancel", "start again", "start by a trigger", "time passes")),
    ("collecting", 2, ("lost", "killed", "reconcile")),
    ("testing", 2, ("finalize", "samples a little better", "flow 0")),
    ("decided", 2, ("activate", "finalize", "flow 0", "samples better")),
    ("review", 3, ("approve", "reject", "approve unseen", "finalize")),
    ("promoted", 2, ("cancel", "finalize", "roll back", "start again")),
)
"""Where a hunt begins, how many steps of all interleavings it takes, and whose."""


@dataclass(frozen=True, slots=True)
class Caught:
    """sentence : by which it was seen; empty where it was not. schedules, steps, cpu_s : until then."""

    sentence: str
    schedules: int
    steps: int
    cpu_s: float


def run(walks: int = 10, seed: int = 1) -> dict[str, object]:
    """Hunt each; at most so many random schedules after the interleavings of a few actors."""
    logging.getLogger("tasks").setLevel(logging.ERROR)
    print("bug                                                                    caught  schedules   steps  cpu s  by")
    told: dict[str, object] = {}
    caught = 0
    for name, mutant in {"none": Mutant("", {}), **MUTANTS}.items():
        it = hunted(mutant, walks, seed)
        caught += bool(it.sentence) and name != "none"
        print(
            f"{name:<72}{'yes' if it.sentence else 'no':>5}{it.schedules:>11,}{it.steps:>8,}{it.cpu_s:>7.1f}  {it.sentence[:90]}",
            flush=True,
        )
        told[name] = {
            "caught": bool(it.sentence),
            "schedules": it.schedules,
            "steps": it.steps,
            "cpu_s": round(it.cpu_s, 2),
            "by": it.sentence,
        }
    return {"mutants": len(MUTANTS), "caught": caught, "false_alarms": int(bool(told["none"]["caught"])), **told}  # type: ignore[index]


def hunted(mutant: Mutant, walks: int, seed: int = 1, place: str = "") -> Caught:
    """Simulate the program with a bug until that is seen; at one place alone, where one is named."""
    began, schedules, image = process_time(), 0, beginning(mutant.schema)
    with mutant.alive(), played():
        graph = Graph(image)
        for more in _schedules(graph, walks, seed, place):
            schedules += more
            if graph.found.broken:
                break
        broken, steps = graph.found.broken, graph.found.taken
        graph.close()
    return Caught(broken[0][0] if broken else "", schedules, steps, process_time() - began)


def _schedules(graph: Graph, walks: int, seed: int, only: str) -> Iterator[int]:
    """Simulate on and on: -> so many schedules more."""
    for place, depth, cast in CASTS:
        if only in {"", place}:
            yield simulation.interleavings(graph, simulation.at(graph, PLACES[place]), depth, cast)
            yield int(simulation.finished(graph, simulation.at(graph, PLACES[place]), []))
    chance = random.Random(seed)  # noqa: S311 - an order, and no secrets
    for _ in range(walks):
        simulation.walked(graph, chance)
        yield 1
