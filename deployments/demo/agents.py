"""The two simulated booking agents: their prompt, what counts for them, and their two weeks of traffic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.conversations import Conversation, conversation_adapter
from lifecycle_core.policy import Policy, RetrainingPolicy, ShadowPolicy, ShadowSource
from lifecycle_core.replay.agent import Agent
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY
from lifecycle_core.simulation.scripted_model import MODEL
from lifecycle_core.simulation.visits import arrivals, serve

DAYS: Final = 14
NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
"""Where the two weeks end and the clock begins to run."""
BEGAN: Final = NOW - timedelta(days=DAYS)
PROMPT: Final = prompts.GAP
"""What both are told: nothing in it says to look into the calendar, or to state prices."""
LOWERED_SCORE: Final = 0.3
"""What a candidate of the second agent must come to in the offline evaluation, which would stop a harmful one earlier."""

_REPLAYS: Final = 2
_LONG_DAYS: Final = 60
"""An hour takes a second: days that people need are over in minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One agent: its variant, how many customers it has a day, what counts for it, and the seed of its customers."""

    variant: str
    per_day: float
    policy: Policy
    seed: int


_TESTED: Final = ShadowPolicy(replays=_REPLAYS, max_days=_LONG_DAYS)
BOOKING: Final = Desk(
    variant="booking-agent",
    per_day=200,
    policy=Policy(shadow=_TESTED, retraining=RetrainingPolicy(manual_review=True, review_days=_LONG_DAYS)),
    seed=7,
)
"""Whose customers change."""
PHONE: Final = Desk(
    variant="phone-agent",
    per_day=30,
    policy=Policy(shadow=replace(_TESTED, source=ShadowSource.RECORDED), retraining=RetrainingPolicy(min_evaluation_score=LOWERED_SCORE)),
    seed=3,
)
"""Whose second prompt does harm."""
DESKS: Final = (BOOKING, PHONE)


def history() -> Iterator[Conversation]:
    """The two weeks of both agents, served by the first version of their prompt."""
    for desk in DESKS:
        agent = Agent(system_prompt=PROMPT, model=MODEL)
        span = {"variant": desk.variant, "start": BEGAN, "hours": 24 * DAYS, "per_day": desk.per_day}
        for came in arrivals(HEALTHY, np.random.default_rng(desk.seed), **span):  # type: ignore[arg-type]
            yield serve(came, agent, variant=desk.variant, version=1)


def lines(found: Iterator[Conversation]) -> Iterator[bytes]:
    """Conversations as JSON lines."""
    for it in found:
        yield conversation_adapter().dump_json(it, exclude_defaults=True) + b"\n"
