"""What the steps of a retraining have in common: each is a Prefect task that answers from its session's row where it is done.

1. What may pass (a locked database, a model that cannot answer now) is tried again, later each time.
2. What cannot pass ends the session, with the sentence that says why.
3. A session that has ended, by whomever, is left as it is.
"""

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run
from prefect.tasks import exponential_backoff

from lifecycle_core.chat import ChatError
from lifecycle_core.errors import LifecycleError, SetupError
from lifecycle_core.operations import promotion, retraining
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.errors import ForbiddenMoveError, RetrainingRefusedError
from lifecycle_core.retraining.session import OPEN, Session
from tasks import context
from tasks.alone import leased
from tasks.metered import ACTOR

RETRIES: Final = 4
FIRST_RETRY_S: Final = 2
_FAULT_OF_THIS_SIDE: Final = 500

_P = ParamSpec("_P")
_R = TypeVar("_R")

_held: Final = ExitStack()
"""The leases that this process has to its end."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands after a step."""

    session_id: str
    status: str

    @classmethod
    def of(cls, session: Session) -> "Standing":
        """The words for it."""
        return cls(session.session_id, session.status.value)

    @property
    def continues(self) -> bool:
        """Whether the session goes on."""
        return self.status in OPEN


def may_pass(error: BaseException) -> bool:
    """Whether trying again can help.

    >>> may_pass(SetupError("no model can be asked")), may_pass(LifecycleError("the database is locked"))
    (False, True)
    """
    if isinstance(error, ChatError):
        return error.retryable
    return isinstance(error, LifecycleError) and error.status >= _FAULT_OF_THIS_SIDE and not isinstance(error, SetupError)


def passes(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """The same, as Prefect asks it."""
    return may_pass(state.result(raise_on_failure=False))


def act() -> Provenance:
    """Who acts in a retraining's run, and when."""
    return context.act(ACTOR, request_id=str(flow_run.id or ""))


def named(name: str) -> "Callable[[Callable[_P, _R]], Task[_P, _R]]":
    """A task of that name, which is tried again where that may help; what it returns is kept nowhere."""

    def of(body: Callable[_P, _R]) -> Task[_P, _R]:
        return task(
            name=name,
            task_run_name=name,
            retries=RETRIES,
            retry_delay_seconds=exponential_backoff(FIRST_RETRY_S),
            retry_jitter_factor=0.5,
            retry_condition_fn=passes,
            persist_result=False,
        )(body)

    return of


def step(name: str) -> Callable[[Callable[[Session], Session]], "Task[[str], Standing]"]:
    """A step: takes an open session, and gives it back as it is then kept."""

    def of(body: Callable[[Session], Session]) -> "Task[[str], Standing]":
        @wraps(body)
        def run(session_id: str) -> Standing:
            session = retraining.session(context.database(), session_id)
            return Standing.of(_taken(body, session) if session.open else session)

        return named(name)(run)

    return of


def execution_of(flow_run_id: str) -> str:
    """The lease that tells other machines that a process executes the run."""
    return f"execution of {flow_run_id}"


def note(session_id: str) -> Session:
    """Keep that this process executes the session; where others share the database, a lease says so for as long as it lives."""
    if context.database().dialect == "postgresql":
        _held.enter_context(leased(execution_of(str(flow_run.id)), str(flow_run.id)))
    return retraining.note_flow_run(context.database(), act(), session_id, str(flow_run.id or ""), os.getpid())


def _taken(body: Callable[[Session], Session], session: Session) -> Session:
    try:
        return body(session)
    except ForbiddenMoveError as error:
        log.warning("%s", error)  # somebody was first: the session stands, or has ended, where they left it
        return retraining.session(context.database(), session.session_id)
    except RetrainingRefusedError as error:
        return promotion.give_up(context.database(), act(), session.session_id, str(error))
    except LifecycleError as error:
        if may_pass(error):
            raise
        return promotion.fail(context.database(), act(), session.session_id, str(error))
