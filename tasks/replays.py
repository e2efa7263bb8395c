"""Scenarios served by versions: whole conversations with models, a few at a time, on the account of a session."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from lifecycle_core.chat import Chat, ChatReply, ChatRequest
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import retraining
from lifecycle_core.policy import AgentMode, RetrainingPolicy
from lifecycle_core.replay.agent import Agent, Prompted
from lifecycle_core.replay.episode import PURPOSE, Replay, Scenario, drive, play
from lifecycle_core.replay.identity import replay_key
from lifecycle_core.retraining.evaluation import INCUMBENT_RUNS
from tasks import context, llm
from tasks.llm import SIMULATED
from tasks.metered import Kept, Metered

INFRASTRUCTURE: Final = "infrastructure"
FIRST_IN_SHADOW: Final = INCUMBENT_RUNS
"""The number of a shadow test's first replay: by the outcomes of those before it a candidate was chosen already."""
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where scenarios are served: the models that are asked, and which of them plays the customer and an agent that names none.

    address : where the agent is that is a service of its own; None where a model plays it here.
    """

    chat: Chat
    model: str
    address: str | None = None

    @classmethod
    def of(cls, session_id: str) -> "Stage":
        """The stage of a session; raises SetupError where no model, or no agent, can be reached."""
        address = address_of(retraining.session(context.database(), session_id).policy.retraining)
        metered = Metered.of(session_id)
        return cls(replace(metered, chat=together(metered.chat, address)), model(), address)

    @classmethod
    def kept(cls, session_id: str) -> "Stage":
        """The same, of replies that are kept, at no cost: where the agent is by now does not matter."""
        policy = retraining.session(context.database(), session_id).policy.retraining
        return cls(Kept(session_id), model(), None if policy.agent is AgentMode.MODEL else "")

    def agent(self, version: Prompted) -> Agent:
        """The agent that a version is here."""
        return Agent.of(version, self.model, apart=self.address is not None)

    def serve(self, version: Prompted, scenario: Scenario, replays: Iterable[int]) -> list[Replay]:
        """The replays of those numbers, one after the other."""
        agent = self.agent(version)
        return [drive(play(agent, scenario, replay=number, customer_model=self.model), self.chat) for number in replays]

    def key(self, version: Prompted, scenario: Scenario, number: int) -> str:
        """What decides how that replay goes, as a hash."""
        return replay_key(self.agent(version), scenario, number, self.model, self.address or "")


@dataclass(frozen=True, slots=True)
class _Parted:
    """Models, and beside them the agent's own service, which answers for the agent alone."""

    models: Chat
    agent: Chat

    def __call__(self, request: ChatRequest, /) -> ChatReply:
        return (self.agent if request.purpose == PURPOSE else self.models)(request)


def together(models: Chat, address: str | None) -> Chat:
    """Who answers: the models, or where the agent is at an `address` of its own, that for the agent.

    Raises SetupError where none is configured any more.
    """
    if address is None:
        return models
    agent = llm.agent()
    if agent is None:
        raise _no_agent()
    return _Parted(models, agent)


def address_of(policy: RetrainingPolicy) -> str | None:
    """Where the agent's own service is; None where a policy has a model play it here. Raises SetupError where none is configured."""
    if policy.agent is AgentMode.MODEL:
        return None
    access = context.settings().agent
    if access is None:
        raise _no_agent()
    return access.base_url


def _no_agent() -> SetupError:
    message = "the policy's retraining.agent is endpoint, and no address of one is set; set LIFECYCLE_AGENT_BASE_URL, or choose model"
    return SetupError(message)


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
