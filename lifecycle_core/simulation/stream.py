"""Simulated conversations in full: a stream of records, as an agent's logs would hold them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.conversations import Conversation, Fault, Message, hour_of
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.simulation.dialogues import dialogue
from lifecycle_core.simulation.worlds import ACTIONS, HEALTHY, Behaviour, Drawn, World, draw

MODEL: Final = "simulated"
ESCALATE: Final = "escalate"
_CRASH: Final[Fault] = {"tool": None, "message": "the provider did not answer (simulated)"}
_JITTER: Final = 0.25
_THINKING_S: Final = 20.0
_TOKENS_A_TURN: Final = 70


def conversations(
    world: World,
    generator: np.random.Generator,
    *,
    variant: str,
    version: int,
    start: datetime,
    hours: int,
    per_day: float,
    behaviour: Behaviour = HEALTHY,
    drift: Behaviour | None = None,
    messages: bool = True,
) -> Iterator[Conversation]:
    """The conversations that ended in the `hours` hours from `start`, floored to the hour, in order of their ends.

    world : what traffic does by itself; generator : gives the same stream from the same state.
    per_day : conversations a day on average; behaviour : the agent's; drift : how it behaves instead, all through these hours.
    messages : whether they hold what was said; without, they are ten times as fast to make.

    An id names the hour and the place in it, so that streams of other hours never collide. Days differ within one call: to
    follow a clock, draw the whole stretch and hand it out by `ended_at`.

    >>> from datetime import UTC
    >>> from lifecycle_core.simulation.worlds import MILD
    >>> start = datetime(2025, 9, 23, 12, tzinfo=UTC)
    >>> first = next(conversations(MILD, np.random.default_rng(1), variant="baseline", version=1, start=start, hours=1, per_day=2400))
    >>> first.id, first.model, first.messages[0]["role"]
    ('baseline-1-2025092312-00000', 'simulated', 'user')
    """
    first = epoch_hour(start)
    drawn = draw(world, generator, start=first, hours=hours, per_day=per_day, behaviour=behaviour, drift=drift)
    into = generator.random(len(drawn.hour))
    order = np.lexsort((into, drawn.hour))
    hour_start, shown = hour_of(start), _Columns(drawn, generator)
    last, place = -1, 0
    for it in order.tolist():
        hour = shown.hour[it] - first
        place = place + 1 if hour == last else 0
        last = hour
        begun = hour_start + timedelta(hours=hour)
        ended_at = begun + timedelta(milliseconds=int(into[it] * 3_600_000))
        name = f"{variant}-{version}-{begun:%Y%m%d%H}-{place:05d}"
        yield shown.conversation(it, generator, name=name, variant=variant, version=version, ended_at=ended_at, messages=messages)


class _Columns:
    """Drawn conversations as plain Python values, which are quicker to read one by one."""

    def __init__(self, drawn: Drawn, generator: np.random.Generator) -> None:
        self.hour, self.booked, self.escalated, self.crashed = (
            it.tolist() for it in (drawn.hour, drawn.booked, drawn.escalated, drawn.crashed)
        )
        self.cost = [None if it != it else it for it in drawn.cost_usd.tolist()]  # noqa: PLR0124 - NaN differs from itself
        replies = drawn.calls.sum(axis=1) + drawn.escalated
        self.timed = (~np.isnan(drawn.latency_s)).tolist()
        each = np.repeat(drawn.latency_s, replies) * np.exp(_JITTER * generator.standard_normal(int(replies.sum())))
        self.times, self.first = np.round(each, 3).tolist(), (np.cumsum(replies) - replies).tolist()
        self.calls = drawn.calls.tolist()

    def conversation(
        self, it: int, generator: np.random.Generator, *, name: str, variant: str, version: int, ended_at: datetime, messages: bool
    ) -> Conversation:
        if self.crashed[it]:
            return Conversation(
                id=name, variant=variant, version=version, ended_at=ended_at, booked=False, escalated=False, errors=(_CRASH,), model=MODEL
            )
        booked, escalated = self.booked[it], self.escalated[it]
        actions = [action for action, times in zip(ACTIONS, self.calls[it], strict=True) for _ in range(times)]
        if escalated:
            actions.append(ESCALATE)
        times = tuple(self.times[self.first[it] : self.first[it] + len(actions)]) if self.timed[it] else ()
        tokens = _TOKENS_A_TURN * len(actions) * (len(actions) + 1) // 2
        said: tuple[Message, ...] = dialogue(actions, generator, booked=booked) if messages else ()
        return Conversation(
            id=name,
            variant=variant,
            version=version,
            started_at=ended_at - timedelta(seconds=sum(times) + _THINKING_S * len(actions)),
            ended_at=ended_at,
            booked=booked,
            escalated=escalated,
            cost_usd=self.cost[it],
            cost_source=None if self.cost[it] is None else "billed",
            input_tokens=tokens,
            output_tokens=_TOKENS_A_TURN * len(actions),
            response_times_s=times,
            actions=tuple(actions),
            messages=said,
            model=MODEL,
        )
