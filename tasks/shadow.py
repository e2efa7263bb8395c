"""A shadow test served: goals played by incumbent and candidate, each sample kept as it comes, the verdict when it is due.

1. One process at a time serves a session, so that no scenario is paid for twice; few sessions are served at a time, the others later.
2. A scenario that the infrastructure took is served again, later each time; as lost it counts only where others got through meanwhile.
3. The first verdict ends it, and lets the suspended run go on. Where the budget is spent, the samples that are there decide.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Final

from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import arms, promotion, retraining, shadow
from lifecycle_core.operations.arms import Arms
from lifecycle_core.operations.shadow import Goal
from lifecycle_core.retraining.errors import ForbiddenMoveError
from lifecycle_core.retraining.report.ending import evidence
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from lifecycle_core.spending import BudgetSpentError
from tasks import agreement, artifacts, context, runs, secrets
from tasks.alone import alone
from tasks.replays import FIRST_IN_SHADOW, INFRASTRUCTURE, Stage, as_they_come
from tasks.steps import act, may_pass, named

TESTS_AT_ONCE: Final = 2
"""Shadow tests that are served at a time on one machine, whatever the number of runs that would; so the other flows find a runner."""
GOALS_PER_PLACE: Final = 4
"""Goals drawn together for each conversation that is held at a time."""
PAUSES_S: Final = (1.0, 5.0)
"""How long to wait before a scenario that the infrastructure took is served again."""
SHOWN_EVERY: Final = 10
"""Samples from one picture of the evidence to the next."""

log = logging.getLogger(__name__)


@named("list shadow tests")
def list_shadow_tests() -> list[str]:
    """The sessions whose shadow tests wait for samples."""
    now = context.now()
    return [it.session_id for it in retraining.open_sessions(context.database()) if it.status is Status.SHADOW_TESTING and it.waits(now)]


@named("serve goals")
def serve_goals(session_id: str) -> int:
    """Serve the goals that a session's shadow test waits for, until there are none or it has its verdict: -> how many were served.

    0 where another process serves it, or where as many tests as may be are served already; a later watch serves it then.
    """
    with alone(f"shadow test of {session_id}") as mine, alone("shadow tests", TESTS_AT_ONCE) as free:
        if not (mine and free):
            return 0
        try:
            return _serve(session_id)
        except ForbiddenMoveError as error:
            log.warning("%s", error)  # it was ended meanwhile
            return 0
        except BudgetSpentError as error:
            let_go_on(shadow.close(context.database(), act(), session_id, str(error)))
            return 0
        except LifecycleError as error:
            if may_pass(error):
                raise
            promotion.fail(context.database(), act(), session_id, str(error))
            let_go_on(retraining.session(context.database(), session_id))
            return 0


def let_go_on(it: Session) -> None:
    """Let the run that waits for this session's verdict go on; a wake-up that is lost the reconciler makes good."""
    if it.flow_run_id:
        try:
            runs.now(runs.resume(it.flow_run_id))
        except runs.RunnerUnavailableError as error:
            log.warning("%s", error)


def _serve(session_id: str) -> int:
    both = arms.arms(context.database(), session_id)
    if not shadow.recorded_samples(context.database(), session_id):
        agreement.ask(session_id)
    server = _Server(both, Stage.of(session_id))
    kept = 0
    while _decided(session_id) is None:
        goals = shadow.goals(context.database(), act(), session_id, GOALS_PER_PLACE * context.settings().replays_at_once, secrets.masker())
        if not goals:
            if ended := _decided(session_id):  # the last of the record were drawn, or are too few
                let_go_on(ended)
            return kept
        for samples in as_they_come(server.sample, goals):
            found = shadow.record_samples(context.database(), act(), session_id, samples)
            kept += found.kept
            ended = _decided(session_id)
            if ended is not None or found.samples // SHOWN_EVERY > (found.samples - found.kept) // SHOWN_EVERY:
                _show(ended or both.session)
            if ended is not None:
                let_go_on(ended)
                return kept
    return kept


def _decided(session_id: str) -> Session | None:
    """The session, where its test waits for no sample any more; its verdict is kept as soon as the samples allow one."""
    it = shadow.keep_verdict(context.database(), act(), session_id)
    return it if not it.open or it.shadow_analysis is not None else None


def _show(it: Session) -> None:
    now = context.now()
    so_far = shadow.analysis(context.database(), it.session_id, now)
    artifacts.leave(it, evidence(so_far, shadow.progress_of(context.database(), it.session_id, now)))


@dataclass
class _Server:
    """Serves one scenario after the other by both versions; `got_through` counts those for which a model was had."""

    both: Arms
    stage: Stage
    got_through: int = field(default=0)

    def sample(self, goal: Goal) -> Sample:
        """Serve a goal; raises ChatUnavailableError where no model can be reached for it, nor for others."""
        for pause in (*PAUSES_S, None):
            before = self.got_through
            sample = self._once(goal)
            if not sample.incumbent.lost and not sample.candidate.lost:
                return sample
            if pause is None:
                break
            time.sleep(pause)
        if self.got_through == before:
            message = f"scenario {goal.scenario.id} found no model in {len(PAUSES_S) + 1} attempts; see that it can be reached"
            raise ChatUnavailableError(message)
        return sample

    def _once(self, goal: Goal) -> Sample:
        policy, candidate = self.both.session.policy.shadow, self.both.candidate or self.both.incumbent
        first, second = (range(start, start + policy.replays) for start in (FIRST_IN_SHADOW, FIRST_IN_SHADOW + policy.replays))
        incumbent = self.stage.serve(self.both.incumbent, goal.scenario, first)
        mended = self.stage.serve(candidate, goal.scenario, first)
        again = self.stage.serve(self.both.incumbent, goal.scenario, second) if goal.again else []
        self.got_through += any(it.broken_by != INFRASTRUCTURE and not it.cached for it in (*incumbent, *mended, *again))
        return Sample(
            scenario_id=goal.scenario.id,
            ended_at=goal.scenario.ended_at,
            source=Source(policy.source.value),
            incumbent=Arm.of(incumbent),
            candidate=Arm.of(mended),
            again=Arm.of(again) if again and not any(it.broken_by == INFRASTRUCTURE for it in again) else None,
            live_success=goal.live_success,
            simulated=any(it.simulated for it in (*incumbent, *mended, *again)),
        )
