"""The flow of a retraining as a simulation plays it: the tasks that `tasks.steps` makes, one after the other, with values for models."""

from collections.abc import Callable
from typing import Final

from benchmarks._played import run_id
from benchmarks._sessions import EVALUATION, FAILURES, IMPROVEMENT, served
from benchmarks._stage import START, RunState, Scene, World
from lifecycle_core.conversations import Window
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import arms, promotion, retraining, shadow, training
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.training_data import TrainingData
from tasks import context
from tasks import retraining as tasks_of
from tasks.steps import Standing, act, step

TAUGHT: Final = tuple(served(Provenance("simulated", START), 60))
_DATA: Final = TrainingData(conversations=TAUGHT, window=Window(TAUGHT[-1].ended_at, START))


def _begins(it: Session) -> Session:
    return it


def _collected(it: Session) -> Session:
    return training.keep_training_data(context.database(), act(), it.session_id, _DATA)


def _analyzed(it: Session) -> Session:
    return retraining.keep_failures(context.database(), act(), it.session_id, FAILURES)


def _improved(it: Session) -> Session:
    return retraining.keep_improvement(context.database(), act(), it.session_id, IMPROVEMENT)


def _registered(it: Session) -> Session:
    return retraining.register_candidate(context.database(), act(), it.session_id)


def _evaluated(it: Session) -> Session:
    return retraining.keep_evaluation(context.database(), act(), it.session_id, EVALUATION)


def _tested(it: Session) -> Session:
    return shadow.start_shadow(context.database(), act(), it.session_id)


def _judged(it: Session) -> Session:
    return shadow.keep_verdict(context.database(), act(), it.session_id) if it.shadow_analysis is None else it


BODIES: Final = (_begins, _collected, _analyzed, _improved, _registered, _evaluated, _tested, None, _judged, None, None)
"""The flow, by the places of its steps; where none is, it waits for samples, waits for a person, or ends."""
_SAMPLES, _PERSON, _END = (place for place, body in enumerate(BODIES) if body is None)
_EVALUATION: Final = BODIES.index(_evaluated)
_STEPS: Final = tuple(step(f"{place:02}")(body).fn if body is not None else None for place, body in enumerate(BODIES))


def breaking(error: type[LifecycleError]) -> Callable[[str], Standing]:
    """A step that breaks so."""

    def body(_session: Session) -> Session:
        message = "so it was to be"
        raise error(message)

    return step("breaks")(body).fn


def next_step(scene: Scene, number: int, breaks: Callable[[str], Standing] | None) -> None:
    """Let a run take the step that comes next in it; `breaks` : in its place."""
    run, name = scene.world.runs[number], _session_of(scene.world, number)
    place, body = run.place, _STEPS[run.place]
    if place == 0:
        retraining.note_flow_run(scene.database, act(), name, run_id(number), 1)
    elif body is not None:
        stands = (breaks or body)(name)
        if place == _EVALUATION and not stands.continues:
            place = _END - 1
    elif place == _SAMPLES and tasks_of.waits_for_samples(name):
        scene.change(number, state=RunState.PAUSED)
        return
    elif place == _PERSON and run.answer:
        tasks_of.record_decision.fn(name, run.answer, "so the form says", run.evidence)
    elif place == _PERSON and tasks_of.waits_for_a_person(name):
        evidence = arms.basis(scene.database, name).evidence_hash
        scene.change(number, state=RunState.PAUSED, asks=True, evidence=evidence)
        return
    elif place == _END:
        if retraining.session(scene.database, name).open:
            promotion.promote_or_roll_back(scene.database, act(), name)
        scene.change(number, state=RunState.COMPLETED, alive=False)
        return
    scene.change(number, place=place + 1)


def _session_of(world: World, number: int) -> str:
    """A run's session, whose id its key begins with."""
    return world.runs[number].key.rpartition("/")[0]
