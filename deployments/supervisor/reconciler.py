"""What brings sessions and their flow runs together again: the database says what is due, Prefect is told.

Each of these costs half a minute at most, and none of them a session. They are looked at every twenty seconds, and after five where the
last look found something to mend, for one often follows from the other:

1. A session without a run gets one: Prefect was away when it began, or has forgotten it.
2. A run that says that it runs, and whose process is gone, is ended. One that crashed, failed or was cut off by a restart is followed by
   another of its session, later each time as long as none brings it on. Whose runs die again and again where it stands has failed.
3. A suspended run goes on once nothing is waited for: a wake-up was lost, or a deadline has passed.
4. A run that a person cancelled in Prefect ends its session, for that reason.
5. A shadow test whose goals wait is served; one whose posted pairs allow a verdict gets it.
6. A backfill that fewer runs work on than it was begun with gets another; leases of the dead are let go.

Where Prefect does not answer at all it is asked once in a look; verdicts and deadlines come of the database alone, and are kept then too.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prefect.client.schemas.objects import State, StateType

from deployments.supervisor import zombies
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import backfills, leases, promotion, retraining, shadow
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.traffic.backfill import FileState, Progress
from tasks import context, runs
from tasks.alone import alone, held_by_anybody
from tasks.retraining import WATCH_SHADOW
from tasks.steps import execution_of

ACTOR: Final = "system:reconciler"
EVERY_S: Final = 20.0
SOON_S: Final = 5.0
QUICK_S: Final = 4.0
"""Where a demo or a test runs the watch faster than by the hour."""
MOST_ATTEMPTS: Final = 20
LONGEST_PAUSE: Final = timedelta(minutes=10)
FIRST_PAUSE: Final = timedelta(seconds=5)
BEGINS_WITHIN: Final = timedelta(minutes=1)
"""Within this time a run that runs on another machine has told its session in which process."""
SHUTTING_DOWN: Final = "Runner is shutting down."
_LOG = logging.getLogger(__name__)
_CUT_OFF: Final = frozenset({runs.LEFT, runs.MISSED, SHUTTING_DOWN})
_NEWEST: Final = 200
_deaths: Final[dict[str, tuple[object, int]]] = {}
"""By session: how far it had come when its runs began to die there, and how many died since. Forgotten with this process."""


async def reconcile_for_ever() -> None:
    """Bring sessions and runs together, again and again; what goes wrong with one stops no other."""
    while True:
        mended = await reconcile()
        await asyncio.sleep(QUICK_S if context.settings().watch_seconds else SOON_S if mended else EVERY_S)


async def reconcile() -> bool:
    """Bring every open session and its run together, and let the runs of ended ones go on to their end: -> whether anything was amiss."""
    look = _Look()
    if context.settings().prefect_api is None:
        await look.at(zombies.end_zombies)
    for it in await asyncio.to_thread(retraining.open_sessions, context.database()):
        await look.at(_reconcile, it.session_id, it.flow_run_id)
        if look.away:
            await look.alone(asyncio.to_thread, _advanced, it.session_id)
    await look.at(_let_ended_go)
    await asyncio.to_thread(leases.sweep, context.database(), context.act_outside(ACTOR))
    for found in await asyncio.to_thread(backfills.unfinished, context.database()):
        await look.at(_work_on, found)
    return look.amiss


@dataclass(slots=True)
class _Look:
    """One look at everything. amiss : whether something was, or could not be seen; away : whether Prefect did not answer."""

    amiss: bool = False
    away: bool = False

    async def at(self, what: Callable[..., Coroutine[Any, Any, object]], *about: object) -> None:
        """See to one thing by what Prefect says of it, unless it does not answer."""
        if not self.away:
            await self.alone(what, *about)

    async def alone(self, what: Callable[..., Coroutine[Any, Any, object]], *about: object) -> None:
        """See to one thing, whether or not Prefect answers; what goes wrong is told, and stops no other."""
        try:
            self.amiss |= bool(await what(*about))
        except LifecycleError as error:
            _LOG.warning("%s", error)
            self.amiss, self.away = True, self.away or isinstance(error, runs.RunnerAwayError)
        except Exception:  # noqa: BLE001 - the next one, and the next time, may fare better
            _LOG.exception("the reconciler failed")
            self.amiss = True


async def _work_on(it: Progress) -> bool:
    """Start one more run of a backfill that fewer work on than should; those that begin are waited for, and one too many ends by itself."""
    now = context.outside()
    at_work = it.at_work(now)
    if len(at_work) < min(it.backfill.runs, it.count(FileState.PENDING)) and not await runs.begins(runs.backfill_tag(it.backfill.id)):
        await runs.begin_backfill(it.backfill, now.isoformat())
        return True
    return False


async def _reconcile(session_id: str, flow_run_id: str | None) -> bool:
    state = await runs.state(flow_run_id) if flow_run_id else None
    it = await asyncio.to_thread(_advanced, session_id)  # read after the state: a run that waits has left in it what it waits for
    if not it.open or it.flow_run_id != flow_run_id:
        return False
    if state is None:
        await _begin(it)
    elif state.type is StateType.PAUSED:
        return await _let_go_on_or_serve(it, state)
    elif state.type is StateType.RUNNING:
        return await _expect_alive(it, state)
    elif state.type is StateType.CANCELLED and state.message not in _CUT_OFF:
        await asyncio.to_thread(promotion.cancel, context.database(), _act(), it.session_id, "its run was cancelled in Prefect")
    elif state.is_final():
        await _follow(it, state)
    else:
        return False
    return True


def _advanced(session_id: str) -> Session:
    """The session, with what its rows allow without a run: a verdict, and the ending of a review that nobody answered in time."""
    it = retraining.session(context.database(), session_id)
    if it.status is Status.SHADOW_TESTING and it.shadow_analysis is None:
        it = shadow.keep_verdict(context.database(), _act(), session_id)
    if it.status is Status.AWAITING_REVIEW and it.review is None and not it.waits(context.now()):
        it = promotion.promote_or_roll_back(context.database(), _act(), session_id)
    return it


async def _let_go_on_or_serve(it: Session, state: State[Any]) -> bool:
    if not it.waits(context.now()) or (it.status is Status.AWAITING_REVIEW and not _asks(state)):
        await _resume(it)
        return True
    if it.status is Status.SHADOW_TESTING and await asyncio.to_thread(_goals_wait, it):
        tag = f"session:{it.session_id}"
        if not await runs.on_its_way(WATCH_SHADOW, tag):
            await runs.start(WATCH_SHADOW, {"session_id": it.session_id}, tags=(tag,))
            return True
    return False


async def _begin(it: Session) -> None:
    run = await runs.begin_run(it)
    await asyncio.to_thread(retraining.note_flow_run, context.database(), _act(), it.session_id, str(run))


async def _follow(it: Session, state: State[Any]) -> None:
    """Follow a run that ended before its session with another one."""
    reached = await asyncio.to_thread(retraining.reached, context.database(), it.session_id)
    place, deaths = _deaths.get(it.session_id, (reached, 0))
    deaths = deaths if place == reached else 0
    if deaths >= MOST_ATTEMPTS:
        told = f"{deaths + 1} runs in a row ended where it stands; the last one said: {state.message or state.type.value}"
        await asyncio.to_thread(promotion.fail, context.database(), _act(), it.session_id, told)
        return
    pause = min(FIRST_PAUSE * 2**deaths, LONGEST_PAUSE)
    if state.message in _CUT_OFF or state.timestamp is None or datetime.now(UTC) >= state.timestamp + pause:
        await _begin(await asyncio.to_thread(retraining.revived, context.database(), _act(), it.session_id))
        _deaths[it.session_id] = reached, deaths + 1


async def _expect_alive(it: Session, state: State[Any]) -> bool:
    """End a run of another machine whose lease has run out; what ran on this one was looked at already."""
    known = state.timestamp is not None and datetime.now(UTC) >= state.timestamp + BEGINS_WITHIN
    if known and it.flow_run_id and not await asyncio.to_thread(_lives, it):
        return await runs.end_zombie(it.flow_run_id)
    return False


def _lives(it: Session) -> bool:
    """Whether the process that executes a session is there: on this machine by its number, on another by its lease."""
    here = it.flow_process is not None and _executes(it.flow_process, it)
    return here or (context.settings().prefect_api is not None and held_by_anybody(execution_of(it.flow_run_id or "")))


async def _resume(it: Session) -> None:
    """Let the run go on; one that waits with a form has it filled in with what was decided, and with nothing before that."""
    if it.flow_run_id and not await runs.resume(it.flow_run_id) and (it.review is not None or not it.open):
        answer = it.review.answer if it.review else Answer.PROMOTE if it.success else Answer.REJECT
        await runs.resume_review(it.flow_run_id, answer.value, "decided in the database already")


def _goals_wait(it: Session) -> bool:
    """Whether a shadow test has goals to be served, and nobody serves them."""
    with alone(f"shadow test of {it.session_id}") as free:
        return free and shadow.goals_wait(context.database(), it.session_id, context.now())


async def _let_ended_go() -> None:
    """Let runs that are suspended though their sessions have ended go on to their end."""
    suspended = set(await runs.paused(runs.RETRAIN))
    if not suspended:
        return
    for it in await asyncio.to_thread(retraining.history, context.database(), None, _NEWEST):
        if not it.open and it.flow_run_id in suspended:
            await _resume(it)


def _asks(state: State[Any]) -> bool:
    """Whether a suspended run waits with a form."""
    return state.state_details.run_input_keyset is not None


def _executes(pid: int, it: Session) -> bool:
    """Whether this process is there and executes the session's run; another may have its number by now."""
    return it.flow_run_id is not None and zombies.executed_by(pid) == it.flow_run_id


def _act() -> Provenance:
    return context.act(ACTOR)
