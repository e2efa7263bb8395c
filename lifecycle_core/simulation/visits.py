"""Live traffic of the scripted agent: customers who come by the hour, each served as the agent is prompted then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.chat import Chat
from lifecycle_core.conversations import Conversation, hour_of
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.chance import chance, seed_of
from lifecycle_core.replay.episode import Replay, Scenario, drive, play
from lifecycle_core.simulation.customers import Customer, Mix, customer
from lifecycle_core.simulation.scripted_model import MODEL, reply

LIVE: Final = -1
"""The number of the one time that a customer really came; replays are numbered from 0."""
_THINKING_S: Final = 15.0
_DAY: Final = 24
_BUSIEST: Final = 14
_SWING: Final = 0.75
_RATES: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One customer who comes: `id` becomes the conversation's, `at` is when it will have ended."""

    id: str
    at: datetime
    customer: Customer


def arrivals(mix: Mix, generator: np.random.Generator, *, variant: str, start: datetime, hours: int, per_day: float) -> Iterator[Arrival]:
    """Who comes in the `hours` hours from `start`, floored to the hour, in order.

    per_day : customers a day on average; generator : gives the same customers from the same state.

    An id names the hour and the place in it: two stretches of one variant must not share an hour.
    """
    first, seed = hour_of(start), int(generator.integers(2**53))
    for begins in (first + timedelta(hours=it) for it in range(hours)):
        busy = 1 + _SWING * np.cos(2 * np.pi * (begins.hour - _BUSIEST) / _DAY)
        into = np.sort(generator.random(generator.poisson(per_day / _DAY * busy)))
        for place, share in enumerate(into.tolist()):
            name = f"{variant}-{begins:%Y%m%d%H}-{place:05d}"
            at = begins + timedelta(milliseconds=int(share * 3_600_000))
            yield Arrival(id=name, at=at, customer=customer(mix, seed_of(seed, name)))


def serve(arrival: Arrival, agent: Agent, *, variant: str, version: int | None, chat: Chat = reply) -> Conversation:
    """The conversation that `agent` holds with who comes; replays of its scenario meet the same calendar.

    >>> from datetime import UTC
    >>> from lifecycle_core.simulation import customers, prompts
    >>> start = datetime(2025, 10, 7, tzinfo=UTC)
    >>> came = arrivals(customers.HEALTHY, np.random.default_rng(1), variant="a", start=start, hours=9, per_day=240)
    >>> it = serve(next(came), Agent(system_prompt=prompts.MENDED, model="simulated"), variant="a", version=1)
    >>> it.booked, it.actions, it.cost_source
    (True, ('check_availability', 'book_appointment'), 'billed')
    """
    seed = seed_of("scenario", variant, arrival.id)
    scenario = Scenario(id=arrival.id, goal=arrival.customer.goal, seed=seed, ended_at=arrival.at)
    replay = drive(play(agent, scenario, replay=LIVE, customer_model=MODEL), chat)
    turns = sum(message["role"] == "user" for message in replay.messages)
    unknown = replay.broken_by is not None
    return Conversation(
        id=arrival.id,
        variant=variant,
        version=version,
        started_at=arrival.at - timedelta(seconds=sum(replay.response_times_s) + _THINKING_S * turns),
        ended_at=arrival.at,
        booked=None if unknown else replay.booked,
        escalated=None if unknown else replay.escalated,
        cost_usd=replay.cost_usd,
        cost_source=None if replay.cost_usd is None else "billed",
        input_tokens=replay.input_tokens,
        output_tokens=replay.output_tokens,
        response_times_s=replay.response_times_s,
        actions=replay.actions,
        errors=replay.errors,
        messages=replay.messages,
        customer_id=arrival.customer.id,
        goal=scenario.goal,
        model=MODEL,
        customer_rating=_rating(replay, seed),
    )


def _rating(replay: Replay, seed: int) -> float | None:
    """One to five, from those who care to give it."""
    if chance(seed, "rates") >= _RATES:
        return None
    return (4.0 if replay.booked else 2.0 if replay.escalated else 1.0) + (chance(seed, "rating") < 0.5)  # noqa: PLR2004 - one in two
