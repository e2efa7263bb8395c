"""Who acts on a session in a simulation: its flow, step by step; people; the reconciler; customers; time; and what breaks.

Each calls what the program calls: the flow's steps are tasks made by `tasks.steps`, the reconciler is the supervisor's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from benchmarks._played import finished
from benchmarks._played_flow import TAUGHT, breaking, next_step
from benchmarks._sessions import PROMPT, served
from benchmarks._stage import START, RunState, Scene, World
from deployments.supervisor import reconciler
from lifecycle_core.errors import LifecycleError, SetupError
from lifecycle_core.operations import arms, policies, probation, promotion, retraining, shadow, traffic, versions
from lifecycle_core.policy import Policy, ProbationPolicy, RetrainingPolicy, ShadowPolicy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from lifecycle_core.store.database import Database
from tasks.steps import Standing

VARIANT: Final = "baseline"
POLICY: Final = Policy(
    retraining=RetrainingPolicy(cooldown_days=7, retrain_every_days=1, review_days=7, min_training_examples=10),
    shadow=ShadowPolicy(min_shadow_samples=20, look_every=20, max_samples=40, min_harm_samples=10, max_days=7),
    probation=ProbationPolicy(min_conversations=20, min_hours=1, max_days=7),
)
"""Of few samples and few conversations, so that a session is short."""
MOST_SESSIONS: Final = 2
MOST_RUNS: Final = 8
BREAKING: Final = 5
"""Once there were so many runs nothing more befalls them."""
LAST: Final = START + timedelta(days=40)
STEP: Final = timedelta(days=4)
"""So far the clock moves on; every deadline is seven days, and is passed by two."""
BATCH: Final = 20
WATCH: Final = "watch"
"""Who starts a session by its triggers."""
KINDS: Final = MappingProxyType({"better": (1, 4, None), "better a little": (3, 4, None), "worse": (4, 0, None), "odd": (4, 4, False)})
"""Samples by what they show: successes of incumbent and candidate in four replays, and how the conversation itself went."""


@dataclass(frozen=True, slots=True)
class Actor:
    """play : what it does; may : whether it can; staged : it passes several boundaries; often : how often it acts, beside others.

    run : the number of the flow run whose process it is; None where it is of none.
    """

    play: Callable[[Scene], object]
    may: Callable[[World], bool] = lambda _world: True
    staged: bool = False
    often: int = 1
    run: int | None = None


def ready(database: Database) -> None:
    """A variant that can be retrained, with two versions."""
    act = Provenance("simulated", START)
    versions.register(database, act, variant=VARIANT, system_prompt="You book.")
    versions.activate(database, act, VARIANT, 1)
    versions.register(database, act, variant=VARIANT, system_prompt=PROMPT)
    versions.activate(database, act, VARIANT, 2)
    policies.set_policy(database, act, VARIANT, POLICY)
    traffic.ingest(database, act, served(act, 60, variant=VARIANT, version=2))


def samples(kind: str, part: int) -> list[Sample]:
    """The first or the second twenty, which are the same scenarios whatever they show."""
    incumbent, candidate, live = KINDS[kind]
    first, second = (Arm(replays=4, successes=it, cost_usd=0.001) for it in (incumbent, candidate))
    return [
        Sample(
            scenario_id=f"s{number:02}",
            ended_at=START + timedelta(minutes=number),
            source=Source.NEW,
            incumbent=first,
            candidate=second,
            again=first if number % 5 == 0 else None,
            live_success=live,
        )
        for number in range(BATCH * part, BATCH * (part + 1))
    ]


def _started(scene: Scene, *, review: bool = False, triggered: bool = False) -> None:
    """As the API and the watch start one: the session first, then its run, which the session is told."""
    options = Options(manual_review=review)
    key = f"{scene.world.begun} {review} {triggered}"
    it = retraining.begin(scene.database, scene.act(WATCH if triggered else "starter"), VARIANT, key, options, triggered=triggered)
    scene.world = replace(scene.world, session=it.session_id, key=key, begun=scene.world.begun + 1)
    finished(reconciler._begin(it))  # noqa: SLF001 - what the supervisor does where nobody did


def _again(scene: Scene) -> None:
    """The last start comes once more."""
    it = retraining.begin(scene.database, scene.act("starter"), VARIANT, scene.world.key, Options(manual_review=True))
    _expect(it.session_id == scene.world.session, f"the key of {scene.world.session} began {it.session_id}")


def _approved(scene: Scene) -> None:
    """As the API takes a yes: the evidence is looked at, then answered, then concluded."""
    name = scene.world.session
    shown = arms.basis(scene.database, name).evidence_hash
    promotion.record_decision(scene.database, scene.act("reviewer"), name, Answer.PROMOTE, "seen", shown)
    promotion.promote_or_roll_back(scene.database, scene.act("reviewer"), name)


def _approved_unseen(scene: Scene) -> None:
    """A yes to evidence that the session never had; an answer that stands already is no new one."""
    name = scene.world.session
    before = retraining.session(scene.database, name).review
    it = promotion.record_decision(scene.database, scene.act("reviewer"), name, Answer.PROMOTE, "seen", "0" * 64)
    _expect(it.review == before, f"a yes to other evidence was taken of {name}")


def _rejected(scene: Scene) -> None:
    name = scene.world.session
    promotion.record_decision(scene.database, scene.act("another"), name, Answer.REJECT, "no")
    promotion.promote_or_roll_back(scene.database, scene.act("another"), name)


def _served(scene: Scene, *, well: bool) -> None:
    """Customers come: twenty, all of whom book, or none."""
    version = 3 if scene.world.session else 2
    stamp, at = f"{scene.world.at:%d}/{well}", scene.world.at
    came = [replace(it, id=f"{stamp}/{it.id}", variant=VARIANT, version=version, booked=well, ended_at=at) for it in TAUGHT[:20]]
    traffic.ingest(scene.database, scene.act("agent"), came)


def _later(scene: Scene) -> None:
    scene.turn()
    scene.world = replace(scene.world, at=scene.world.at + STEP)


def _of_session(change: Callable[[Database, Provenance, str], object]) -> Actor:
    return Actor(lambda scene: change(scene.database, scene.act("somebody"), scene.world.session), lambda world: bool(world.session))


def _sampling(kind: str, part: int, often: int) -> Actor:
    batch = samples(kind, part)
    it = _of_session(lambda database, act, name: shadow.record_samples(database, act, name, batch))
    return replace(it, often=often)


def _flow(number: int, breaks: Callable[[str], Standing] | None = None) -> Actor:
    """The next step of a run; where it breaks, with what cannot pass."""

    def play(scene: Scene) -> None:
        try:
            next_step(scene, number, breaks)
        except LifecycleError:
            scene.change(number, state=RunState.FAILED, alive=False)
            raise

    def may(world: World) -> bool:
        runs = world.runs
        return number < len(runs) and runs[number].alive and runs[number].state is not RunState.PAUSED

    return Actor(play, may, staged=True, often=8 if breaks is None else 1, run=number)


def _lost(scene: Scene) -> None:
    """Prefect takes the newest run for dead, and its process goes on."""
    scene.turn()
    scene.change(len(scene.world.runs) - 1, state=RunState.CRASHED)


def _killed(scene: Scene) -> None:
    """The newest run's process is gone, and Prefect does not know."""
    scene.turn()
    scene.change(len(scene.world.runs) - 1, alive=False)


def _called_off(scene: Scene) -> None:
    """A person cancels the newest run on Prefect's pages."""
    scene.turn()
    scene.change(len(scene.world.runs) - 1, state=RunState.CANCELLED, alive=False)


def _forgotten(scene: Scene) -> None:
    """Prefect's own database is lost."""
    scene.turn()
    for number in range(len(scene.world.runs)):
        scene.change(number, state=None, alive=False)


def _answered(scene: Scene) -> None:
    """A person fills in the form of the newest run."""
    scene.turn()
    scene.change(len(scene.world.runs) - 1, state=RunState.RUNNING, asks=False, answer=Answer.PROMOTE.value)


def _runs(world: World) -> bool:
    return 0 < len(world.runs) < BREAKING and world.runs[-1].state in {RunState.RUNNING, RunState.PAUSED}


def _asks(world: World) -> bool:
    return bool(world.runs) and world.runs[-1].state is RunState.PAUSED and world.runs[-1].asks


def _may_start(world: World) -> bool:
    return world.begun < MOST_SESSIONS


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a claim
    if not holds:
        raise AssertionError(otherwise)


ACTORS: Final[Mapping[str, Actor]] = MappingProxyType(
    {
        "start": Actor(_started, _may_start, staged=True, often=4),
        "start with a review": Actor(lambda it: _started(it, review=True), _may_start, staged=True, often=4),
        "start by a trigger": Actor(lambda it: _started(it, triggered=True), _may_start, staged=True),
        "start again": Actor(_again, lambda world: world.begun > 0),
        **{f"flow {number}": _flow(number) for number in range(MOST_RUNS)},
        "refused": _flow(0, breaking(RetrainingRefusedError)),
        "broken": _flow(0, breaking(SetupError)),
        "broken later": _flow(1, breaking(SetupError)),
        "samples better": _sampling("better", 0, 3),
        "samples a little better": _sampling("better a little", 0, 2),
        "more samples": _sampling("better a little", 1, 2),
        "samples worse": _sampling("worse", 0, 1),
        "samples odd": _sampling("odd", 0, 1),
        "verdict": _of_session(shadow.keep_verdict),
        "finalize": _of_session(promotion.finalize),
        "force": _of_session(lambda it, act, name: promotion.finalize(it, act, name, force=True, reason="now")),
        "approve": Actor(_approved, lambda world: bool(world.session), staged=True, often=2),
        "approve unseen": Actor(_approved_unseen, lambda world: bool(world.session)),
        "reject": Actor(_rejected, lambda world: bool(world.session), staged=True),
        "cancel": _of_session(promotion.cancel),
        "roll back": Actor(lambda it: versions.roll_back(it.database, it.act("operator"), VARIANT)),
        "activate": Actor(lambda it: versions.activate(it.database, it.act("operator"), VARIANT, 1)),
        "probation": Actor(lambda it: probation.check(it.database, it.act("watch"), VARIANT)),
        "customers book": Actor(lambda it: _served(it, well=True)),
        "customers leave": Actor(lambda it: _served(it, well=False)),
        "time passes": Actor(_later, lambda world: world.at < LAST),
        "reconcile": Actor(lambda _it: finished(reconciler.reconcile()), staged=True, often=4),
        "lost": Actor(_lost, _runs),
        "killed": Actor(_killed, lambda world: _runs(world) and world.runs[-1].alive),
        "called off": Actor(_called_off, _runs),
        "forgotten": Actor(_forgotten, _runs),
        "form": Actor(_answered, _asks, often=2),
    }
)
