"""One customer's goal served by an agent, without I/O: a generator says what to ask a model next, and takes the reply.

1. The customer speaks first. The agent answers, or calls tools, which the sandbox answers, until it has words for the customer.
2. It ends when the calendar holds what the customer wanted, when the agent has handed over, when the customer leaves, or at the limits.
3. Whether it was a success is read from the calendar, never asked of a model.
4. A model that cannot be had breaks it, and is no failure of the agent's; an answer that is none is, where the agent's model gave it.
5. An endpoint that serves nobody of the account is no outcome: it stops whoever serves goals.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, Self, cast

from pydantic import JsonValue

from lifecycle_core.chat import Chat, ChatDeniedError, ChatError, ChatMessage, ChatNonsenseError, ChatReply, ChatRequest, ToolCall, ToolSpec
from lifecycle_core.conversations import Conversation, Fault, Message
from lifecycle_core.replay.chance import seed_of
from lifecycle_core.replay.customer import END, customer_request
from lifecycle_core.replay.sandbox import TOOLS, Facts, Sandbox
from lifecycle_core.replay.wants import Want

MOST_TURNS: Final = 8
"""How often a customer writes before it is clear that nothing will come of it."""
MOST_CALLS_A_TURN: Final = 6
MAX_GOAL_CHARACTERS: Final = 2_000
"""A goal stands in every prompt of its customer: what is longer is cut, so that nobody's text is paid for a hundred times over."""
PURPOSE: Final = "replay"

Breaker = Literal["agent", "infrastructure"]


class Prompted(Protocol):
    """What of a version decides how an agent acts."""

    @property
    def system_prompt(self) -> str: ...  # noqa: D102 - as of a version
    @property
    def model(self) -> str | None: ...  # noqa: D102 - as of a version
    @property
    def parameters(self) -> Mapping[str, JsonValue]: ...  # noqa: D102 - as of a version
    @property
    def tools(self) -> Sequence[JsonValue]: ...  # noqa: D102 - as of a version


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as it is served: its prompt, its model, and the tools that it is offered."""

    system_prompt: str
    model: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    tools: tuple[ToolSpec, ...] = TOOLS

    @classmethod
    def of(cls, version: Prompted, default_model: str) -> Self:
        """The agent of a registered version; one that names no model has `default_model`, one without tools the sandbox's."""
        tools = tuple(it for it in map(_tool, version.tools) if it is not None)
        return cls(
            system_prompt=version.system_prompt,
            model=version.model or default_model,
            parameters=version.parameters,
            tools=tools or TOOLS,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One customer's goal, to be served again.

    id : the conversation that it comes from.
    goal : what the customer wants, in words.
    seed : decides what the calendar holds and, with the replay's number, all chance in it.
    ended_at : when that conversation ended; samples are ordered by it.
    """

    id: str
    goal: str
    seed: int
    ended_at: datetime

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """The scenario of a conversation, its goal cut at 2,000 characters; None where none was recorded."""
        if not conversation.goal:
            return None
        seed = seed_of("scenario", conversation.variant, conversation.id)
        return cls(id=conversation.id, goal=conversation.goal[:MAX_GOAL_CHARACTERS], seed=seed, ended_at=conversation.ended_at)

    @property
    def want(self) -> Want:
        """What of the goal a booking is held against."""
        return Want.of(self.goal)

    @property
    def facts(self) -> Facts:
        """What the calendar holds."""
        return Facts.of(self.want, self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How one replay of a scenario went.

    booked : whether the calendar holds what the customer wanted.
    cost_usd : the agent's calls, US dollars; None where one of them has no cost. So are the tokens.
    latency_s : the median of `response_times_s`, seconds; None where the agent never answered.
    broken_by : whose model gave out; "infrastructure" says nothing about the agent.
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
        self.want = scenario.want
        self.sandbox = Sandbox(scenario.facts)
        self.shown = [ChatMessage(role="system", content=agent.system_prompt)]
        self.said: list[Message] = []
        self.replies: list[ChatReply] = []
        self.all_replies: list[ChatReply] = []
        self.agent_asked = False

    @property
    def over(self) -> bool:
        return self.sandbox.escalated or self.sandbox.holds(self.want)

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
                parameters=self.agent.parameters,
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

    def _take(self, reply: ChatReply) -> None:
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
            input_tokens=_whole_sum([it.input_tokens for it in self.replies]),
            output_tokens=_whole_sum([it.output_tokens for it in self.replies]),
            latency_s=sorted(times)[len(times) // 2] if times else None,
            response_times_s=times,
            messages=tuple(self.said),
            actions=tuple(self.sandbox.actions),
            errors=tuple(self.sandbox.errors),
            broken_by=broken_by,
            calls=len(self.all_replies),
            cached=bool(self.all_replies) and all(it.cached for it in self.all_replies),
            simulated=any(it.simulated for it in self.all_replies),
        )


def _written(call: ToolCall) -> JsonValue:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _sum(figures: list[float | None]) -> float | None:
    known = [it for it in figures if it is not None]
    return sum(known) if len(known) == len(figures) > 0 else None


def _whole_sum(figures: list[int | None]) -> int | None:
    known = [it for it in figures if it is not None]
    return sum(known) if len(known) == len(figures) > 0 else None


def _tool(written: JsonValue) -> ToolSpec | None:
    function = written.get("function", written) if isinstance(written, dict) else None
    if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
        return None
    parameters = function.get("parameters")
    return ToolSpec(
        name=name,
        description=str(function.get("description") or ""),
        parameters=parameters if isinstance(parameters, dict) else {"type": "object", "properties": {}},
    )
