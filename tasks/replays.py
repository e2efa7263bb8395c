"""Scenarios served by versions: whole conversations with models, a few at a time, on the account of a session."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, TypeVar

from lifecycle_core.chat import Chat
from lifecycle_core.replay.agent import Agent, Prompted
from lifecycle_core.replay.episode import Replay, Scenario, drive, play
from lifecycle_core.retraining.evaluation import INCUMBENT_RUNS
from tasks import context
from tasks.llm import SIMULATED
from tasks.metered import Metered

INFRASTRUCTURE: Final = "infrastructure"
FIRST_IN_SHADOW: Final = INCUMBENT_RUNS
"""The number of a shadow test's first replay: by the outcomes of those before it a candidate was chosen already."""
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where scenarios are served: the models that are asked, and which of them plays the customer and an agent that names none."""

    chat: Chat
    model: str

    @classmethod
    def of(cls, session_id: str) -> "Stage":
        """The stage of a session; raises SetupError where no model can be reached."""
        return cls(Metered.of(session_id), model())

    def serve(self, version: Prompted, scenario: Scenario, replays: Iterable[int]) -> list[Replay]:
        """The replays of those numbers, one after the other."""
        agent = Agent.of(version, self.model)
        return [drive(play(agent, scenario, replay=number, customer_model=self.model), self.chat) for number in replays]


def model() -> str:
    """The model that is asked where a version names none."""
    access = context.settings().models
    return access.model if access is not None else SIMULATED


def simulated() -> bool:
    """Whether the scripted model serves here, in place of one that somebody chose."""
    return model() == SIMULATED


def as_they_come(work: Callable[[_T], _R], given: Sequence[_T]) -> Iterator[list[_R]]:
    """What `work` makes of each of `given`, as they come, those together that come together, few at a time.

    A failure ends it; what waits is not begun.
    """
    pool = ThreadPoolExecutor(context.settings().replays_at_once, thread_name_prefix="replay")
    try:
        waiting: set[Future[_R]] = {pool.submit(work, it) for it in given}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield [it.result() for it in done]
    finally:
        pool.shutdown(cancel_futures=True)
