"""What models cost, and how much of it a session may spend."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Self

from lifecycle_core.chat import ChatError, ChatReply, ChatRequest
from lifecycle_core.errors import InvalidInputError, LifecycleError

CHARACTERS_PER_TOKEN: Final = 3
"""Fewer than any common tokenizer takes for English, so that a reservation is never too small for the prompt."""
DEFAULT_OUTPUT_TOKENS: Final = 1024
"""What an answer is taken to need where the request sets no `max_tokens`."""
MOST_ASKED: Final = 4
"""How often a model is asked at most until its answer has the shape that a schema wants: three ways to ask, and one repair."""
REPAIR_TOKENS: Final = 250
"""What a repair adds to the prompt beside the answer that it is about."""
MILLION: Final = 1_000_000
KNOWN_PRICES: Final = "2025-10-01 gpt-4.1=2.00/8.00 gpt-4.1-mini=0.40/1.60 gpt-4.1-nano=0.10/0.40 gpt-4o=2.50/10.00 gpt-4o-mini=0.15/0.60"
"""What a few models cost on a day, where no other table is given; written as `Prices.parse` reads it."""


class BudgetSpentError(LifecycleError):
    """A call that would pass what the session may spend."""

    status = 409
    code = "budget-spent"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, read and written.

    >>> Price(0.15, 0.60).of(1_000_000, 500_000)
    0.45
    """

    input_usd: float
    output_usd: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for so many tokens."""
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """A dated table of prices by model: what fills in where an endpoint tells tokens and no dollars."""

    as_of: date
    by_model: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `DATE MODEL=INPUT/OUTPUT …`, dollars for a million tokens; raises InvalidInputError.

        >>> Prices.parse("2025-10-01 gpt-4o-mini=0.15/0.60").by_model["gpt-4o-mini"]
        Price(input_usd=0.15, output_usd=0.6)
        """
        try:
            day, *entries = text.split()
            named = [entry.rpartition("=") for entry in entries]
            prices = {model: Price(*map(float, both.split("/"))) for model, _, both in named}
            table = cls(date.fromisoformat(day), prices)
        except (ValueError, TypeError):
            table = None
        if table is None or not all(name and _meant(price) for name, price in table.by_model.items()):
            example = "2025-10-01 gpt-4o-mini=0.15/0.60"
            message = f"the prices are {text[:100]!r}; write DATE MODEL=INPUT/OUTPUT …, in dollars for a million tokens, such as {example}"
            raise InvalidInputError(message, field="prices")
        return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What calls took: sums that add.

    >>> Spent(calls=1, tokens=900) + Spent(calls=1, tokens=100, usd=0.02)
    Spent(calls=2, tokens=1000, usd=0.02)
    """

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(calls=self.calls + other.calls, tokens=self.tokens + other.tokens, usd=self.usd + other.usd)

    @classmethod
    def by(cls, reply: ChatReply) -> Self:
        """What `reply` took: a cached one nothing, a count or cost that nobody told nothing."""
        if reply.cached:
            return cls()
        return cls(calls=reply.requests, tokens=(reply.input_tokens or 0) + (reply.output_tokens or 0), usd=reply.cost_usd or 0.0)

    @classmethod
    def lost(cls, error: ChatError) -> "Spent":
        """What a call took that brought nothing of use: the answers that were billed, and one call where there were none."""
        return sum(map(cls.by, error.paid), cls()) if error.paid else cls(calls=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one session may spend on models, in calls, tokens and US dollars; None = without limit."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    def admit(self, spent: Spent, next_call: Spent) -> None:
        """Let a call through that stays within the budget; raises BudgetSpentError for one that would not.

        spent : all that calls before took or have reserved; next_call : what this one reserves.

        >>> Budget(calls=10).admit(Spent(calls=9), Spent(calls=1))
        """
        after = spent + next_call
        for name, limit, used, would in (
            ("calls", self.calls, f"{spent.calls:,}", after.calls),
            ("tokens", self.tokens, f"{spent.tokens:,}", after.tokens),
            ("usd", self.usd, f"${spent.usd:.4f}", after.usd),
        ):
            if limit is not None and would > limit:
                allowed, words = (f"${limit:.4f}", "") if name == "usd" else (f"{limit:,}", f" {name}")
                message = (
                    f"the session has spent {used} of its {allowed}{words}, and the next call may take it past that; "
                    f"raise the policy's budget_{name} and start again"
                )
                raise BudgetSpentError(message, field=f"budget_{name}")


def reserved(request: ChatRequest, price: Price | None = None) -> Spent:
    """What a call may take at the most that can be told before it: its prompt's tokens, and its `max_tokens`.

    One with a schema may be asked several times until an answer has the shape.

    >>> from lifecycle_core.chat import ChatMessage
    >>> said = (ChatMessage(role="user", content="Hello!"),)
    >>> reserved(ChatRequest(purpose="replay", model="m", messages=said, parameters={"max_tokens": 98}), Price(1.0, 10.0))
    Spent(calls=1, tokens=100, usd=0.000982)
    """
    characters = sum(len(it.content or "") + sum(len(call.arguments) for call in it.tool_calls) for it in request.messages)
    characters += sum(len(it.name) + len(it.description) + len(str(it.parameters)) for it in request.tools)
    characters += len(str(request.schema)) if request.schema is not None else 0
    read = math.ceil(characters / CHARACTERS_PER_TOKEN)
    limit = request.parameters.get("max_tokens")
    written = limit if isinstance(limit, int) else DEFAULT_OUTPUT_TOKENS
    times, repair = (MOST_ASKED, written + REPAIR_TOKENS) if request.schema is not None else (1, 0)
    read, written = times * read + repair, times * written
    return Spent(calls=times, tokens=read + written, usd=price.of(read, written) if price else 0.0)


def priced(reply: ChatReply, price: Price | None) -> ChatReply:
    """`reply` with its cost filled in from `price`, where the endpoint told tokens and no dollars."""
    if price is None or reply.cost_usd is not None or reply.input_tokens is None or reply.output_tokens is None:
        return reply
    return replace(reply, cost_usd=price.of(reply.input_tokens, reply.output_tokens))


def _meant(price: Price) -> bool:
    return all(math.isfinite(dollars) and dollars >= 0 for dollars in (price.input_usd, price.output_usd))
