"""One customer's goal served by an agent, without I/O: a generator says what to ask a model next, and takes the reply.

1. The customer speaks first. The agent answers, or calls tools, which the sandbox answers, until it has words for the customer.
2. It ends when the calendar holds what the customer wanted, when the agent has handed over, when the customer leaves, or at the limits.
3. Whether it was a success is read from the calendar, never asked of a model.
4. A model that cannot be had breaks it, and is no failure of the agent's; an answer that is none is, where the agent's model gave it.
5. An endpoint that serves nobody of the account is no outcome: it stops whoever serves goals.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Self, TypeVar, cast

from pydantic import JsonValue

from lifecycle_core.chat import Chat, ChatDeniedError, ChatError, ChatMessage, ChatNonsenseError, ChatReply, ChatRequest, ToolCall
from lifecycle_core.conversations import Conversation, Fault, Message
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.chance import seed_of
from lifecycle_core.replay.customer import END, customer_request
from lifecycle_core.replay.sandbox import Sandbox
from lifecycle_core.replay.setting import Outcome, Setting, reached
from lifecycle_core.replay.slots import Facts
from lifecycle_core.replay.wants import SERVICES, Want

MOST_TURNS: Final = 8
"""How often a customer writes before it is clear that nothing will come of it."""
MOST_CALLS_A_TURN: Final = 6
MAX_GOAL_CHARACTERS: Final = 2_000
"""A goal stands in every prompt of its customer: what is longer is cut, so that nobody's text is paid for a hundred times over."""
PURPOSE: Final = "replay"

Breaker = Literal["agent", "infrastructure"]
_N = TypeVar("_N", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One customer's goal, to be served again.

    id : the conversation that it comes from.
    goal : what the customer wants, in words.
    seed : decides what the calendar holds and, with the replay's number, all chance in it.
    ended_at : when that conversation ended; samples are ordered by it.
    setting : what it fixes of the calendar; outcome : how it has to end.
    """

    id: str
    goal: str
    seed: int
    ended_at: datetime
    setting: Setting = field(default_factory=Setting)
    outcome: Outcome = Outcome.BOOKED

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """The scenario of a conversation, its goal cut at 2,000 characters; None where none was recorded."""
        if not conversation.goal:
            return None
        seed = seed_of("scenario", conversation.variant, conversation.id)
        return cls(id=conversation.id, goal=conversation.goal[:MAX_GOAL_CHARACTERS], seed=seed, ended_at=conversation.ended_at)

    def wanted(self, services: tuple[str, ...] = SERVICES) -> Want:
        """What of the goal a booking is held against, where these are the services."""
        return Want.of(self.goal, services)

    def facts(self, services: tuple[str, ...] = SERVICES) -> Facts:
        """What the calendar holds."""
        return self.setting.applied_to(Facts.of(self.wanted(services), self.seed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How one replay of a scenario went.

    booked : whether the calendar holds what the customer wanted.
    cost_usd : the agent's calls, US dollars; None where one of them has no cost. So are the tokens.
    latency_s : the median of `response_times_s`, seconds; None where the agent never answered.
    broken_by : whose model gave out; "infrastructure" says nothing about the agent.
    acts : what each of `actions` does, "" for a tool that nothing stands in for; stands : whether an appointment stands in the end.
    cached : no call of it was made anew; simulated : an answer came from a scripted model.
    """

    scenario_id: str
    replay: int
    booked: bool
    escalated: bool
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None
    latency_s: float | None
    response_times_s: tuple[float, ...] = ()
    messages: tuple[Message, ...] = ()
    actions: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    stands: bool = False
    errors: tuple[Fault, ...] = ()
    broken_by: Breaker | None = None
    calls: int = 0
    cached: bool = False
    simulated: bool = False


def play(agent: Agent, scenario: Scenario, *, replay: int, customer_model: str) -> Generator[ChatRequest, ChatReply, Replay]:
    """Serve `scenario` once: yields what to ask next, takes the replies, returns how it went.

    replay : its number; the same number has the same chance, whichever agent serves it.
    customer_model : the model that plays the customer.

    A ChatError that is thrown in where a reply is awaited ends it as broken, but for a ChatDeniedError, which it raises.
    """
    episode = _Episode(agent, scenario, replay, customer_model)
    broken_by: Breaker | None = None
    try:
        yield from episode.turns()
    except ChatDeniedError:
        raise
    except ChatError as error:
        broken_by = "infrastructure" if error.retryable or not episode.agent_asked else "agent"
        episode.sandbox.errors.append({"tool": None, "message": str(error)})
    return episode.told(broken_by)


def drive(episode: Generator[ChatRequest, ChatReply, Replay], chat: Chat) -> Replay:
    """Play an episode to its end, each request asked of `chat` in its turn; raises ChatDeniedError."""
    try:
        request = next(episode)
        while True:
            try:
                reply = chat(request)
            except ChatError as error:
                request = episode.throw(error)
            else:
                request = episode.send(reply)
    except StopIteration as ended:
        replay: Replay = ended.value
        return replay


class _Episode:
    def __init__(self, agent: Agent, scenario: Scenario, replay: int, customer_model: str) -> None:
        self.agent, self.scenario, self.replay, self.customer_model = agent, scenario, replay, customer_model
        self.seed = seed_of(scenario.seed, replay)
        toolbox = agent.toolbox
        self.want = scenario.wanted(toolbox.services)
        self.sandbox = Sandbox(scenario.facts(toolbox.services), toolbox, scenario.ended_at.date())
        self.shown = [ChatMessage(role="system", content=self._instructions())]
        about = {"lifecycle": "replay", "scenario": scenario.id, "replay": str(replay)}
        self.parameters = {**agent.parameters, "metadata": about} if agent.apart else agent.parameters
        self.said: list[Message] = []
        self.replies: list[ChatReply] = []
        self.all_replies: list[ChatReply] = []
        self.agent_asked = False

    @property
    def over(self) -> bool:
        if self.sandbox.escalated:
            return True
        ends = {Outcome.BOOKED, Outcome.CANCELLED}
        return self.scenario.outcome in ends and self._reached

    @property
    def _reached(self) -> bool:
        it = self.sandbox
        return reached(self.scenario.outcome, booked=it.holds(self.want), stands=it.stands, escalated=it.escalated)

    def turns(self) -> Generator[ChatRequest, ChatReply, None]:
        for _turn in range(MOST_TURNS):
            leaves = yield from self._customer()
            if leaves:
                return
            yield from self._agent()
            if self.over:
                return

    def _customer(self) -> Generator[ChatRequest, ChatReply, bool]:
        self.agent_asked = False
        reply = yield customer_request(self.scenario.goal, tuple(self.said), model=self.customer_model, seed=self.seed)
        self.all_replies.append(reply)
        text = (reply.content or "").strip()
        leaves = END in text
        text = text.replace(END, "").strip()
        if text:
            self.shown.append(ChatMessage(role="user", content=text))
            self._say(role="user", content=text)
        return leaves or not text

    def _agent(self) -> Generator[ChatRequest, ChatReply, None]:
        self.agent_asked = True
        for _call in range(MOST_CALLS_A_TURN):
            reply = yield ChatRequest(
                purpose=PURPOSE,
                model=self.agent.model,
                messages=tuple(self.shown),
                tools=self.agent.tools,
                parameters=self.parameters,
                seed=self.seed,
            )
            self.replies.append(reply)
            self.all_replies.append(reply)
            if not reply.tool_calls and not (reply.content or "").strip():
                message = "the agent's model answered with neither words nor a call"
                raise ChatNonsenseError(message)
            self._take(reply)
            if not reply.tool_calls or self.over:
                return

    def _instructions(self) -> str:
        """The prompt, and the day where tools want dates: an agent in service is told it too."""
        today = f"\n\nToday is {self.scenario.ended_at:%A, %Y-%m-%d}." if self.agent.toolbox.dated else ""
        return f"{self.agent.system_prompt}{today}"

    def _take(self, reply: ChatReply) -> None:
        for it in reply.done:
            self.sandbox.note(it)
            made = {"type": "function", "function": {"name": it.name, "arguments": it.arguments}}
            self._say(role="assistant", content=None, tool_calls=[made])
            self._say(role="tool", name=it.name, content=it.answer, **({"error": True} if it.failed else {}))
        self.shown.append(ChatMessage(role="assistant", content=reply.content, tool_calls=reply.tool_calls))
        calls = {"tool_calls": [_written(call) for call in reply.tool_calls]} if reply.tool_calls else {}
        self._say(role="assistant", content=reply.content, **calls)
        for call in reply.tool_calls:
            answer = self.sandbox.call(call)
            self.shown.append(ChatMessage(role="tool", content=answer, tool_call_id=call.id, name=call.name))
            self._say(role="tool", name=call.name, content=answer)

    def _say(self, **message: object) -> None:
        self.said.append(cast("Message", message))

    def told(self, broken_by: Breaker | None) -> Replay:
        times = tuple(it.seconds for it in self.replies)
        return Replay(
            scenario_id=self.scenario.id,
            replay=self.replay,
            booked=self.sandbox.holds(self.want),
            escalated=self.sandbox.escalated,
            cost_usd=_sum([it.cost_usd for it in self.replies]),
            input_tokens=_sum([it.input_tokens for it in self.replies]),
            output_tokens=_sum([it.output_tokens for it in self.replies]),
            latency_s=sorted(times)[len(times) // 2] if times else None,
            response_times_s=times,
            messages=tuple(self.said),
            actions=tuple(self.sandbox.actions),
            acts=tuple(self.sandbox.acts),
            stands=self.sandbox.stands,
            errors=tuple(self.sandbox.errors),
            broken_by=broken_by,
            calls=len(self.all_replies),
            cached=bool(self.all_replies) and all(it.cached for it in self.all_replies),
            simulated=any(it.simulated for it in self.all_replies),
        )


def _written(call: ToolCall) -> JsonValue:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _sum(figures: Sequence[_N | None]) -> _N | None:
    known = [it for it in figures if it is not None]
    return sum(known) if len(known) == len(figures) > 0 else None
