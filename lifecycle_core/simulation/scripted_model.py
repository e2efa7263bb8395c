"""The scripted model: one that plays the booking agent, its customers, and the writer of prompts, as its instructions ask.

It is no language model, and says so: every reply's model is `simulated`.
"""

from typing import Final

from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.replay.chance import chance
from lifecycle_core.replay.customer import goal_in
from lifecycle_core.simulation import scripted_agent, scripted_customer, scripted_writer

MODEL: Final = "simulated"
INPUT_USD: Final = 0.15e-6
OUTPUT_USD: Final = 0.60e-6
"""What a token costs, US dollars."""
_CHARACTERS_A_TOKEN: Final = 4
_A_MESSAGE: Final = 4
"""Tokens that a message has beside its words."""
_FIRST_S: Final = 0.5
_A_TOKEN_S: Final = 0.02


def reply(request: ChatRequest, *, forgets: float = scripted_agent.FORGETS, harmful: bool = False) -> ChatReply:
    """What the scripted model replies; the same request has the same reply.

    forgets : the share of its duties that the agent neglects although its prompt gives them.
    harmful : asked to mend a prompt, it takes away what serves customers.
    `seconds` is what such a reply would have taken; nothing waits for it here.

    >>> asked = (ChatMessage(role="system", content="You book cleanings."), ChatMessage(role="user", content="Hello."))
    >>> reply(ChatRequest(purpose="replay", model="any", messages=asked, seed=1)).model
    'simulated'
    """
    words, calls = _said(request, forgets, harmful=harmful)
    read = sum(map(_tokens, request.messages)) + sum(_length(f"{it.name}{it.description}{it.parameters}") for it in request.tools)
    written = _tokens(ChatMessage(role="assistant", content=words, tool_calls=calls))
    spread = 0.6 + 0.8 * chance(request.seed or 0, "seconds", len(request.messages))
    return ChatReply(
        content=words,
        tool_calls=calls,
        model=MODEL,
        input_tokens=read,
        output_tokens=written,
        cost_usd=read * INPUT_USD + written * OUTPUT_USD,
        seconds=round((_FIRST_S + _A_TOKEN_S * written) * spread, 3),
        simulated=True,
    )


def _said(request: ChatRequest, forgets: float, *, harmful: bool) -> scripted_agent.Said:
    if request.schema is not None:
        return scripted_writer.write(request.schema, request.messages, request.seed or 0, harmful=harmful), ()
    instructions = next((it.content or "" for it in request.messages if it.role == "system"), "")
    goal = goal_in(instructions)
    if goal is None:
        return scripted_agent.answer(request, max(forgets, scripted_agent.FORGETS))
    return scripted_customer.say(goal, request.messages[1:], request.seed or 0), ()


def _tokens(message: ChatMessage) -> int:
    calls = "".join(it.name + it.arguments for it in message.tool_calls)
    return _A_MESSAGE + _length(f"{message.content or ''}{calls}")


def _length(text: str) -> int:
    return len(text) // _CHARACTERS_A_TOKEN
