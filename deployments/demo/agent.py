"""The simulated booking agent: its prompts, its traffic of two weeks, and its customers while the clock runs."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, takewhile
from typing import Any, Final, Self

import numpy as np

from lifecycle_core.conversations import Conversation, conversation_adapter, hour_of
from lifecycle_core.errors import LifecycleError, SetupError
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import HEALTHY, MILD, Behaviour

VARIANT: Final = "booking-agent"
PER_DAY: Final = 200
DAYS: Final = 14
FIRST_DAYS: Final = 4
"""What the first version served of them; the second one's own ten days are enough to judge it by."""
NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
"""Where the two weeks end and the clock begins to run."""
BEGAN: Final = NOW - timedelta(days=DAYS)
SECOND: Final = BEGAN + timedelta(days=FIRST_DAYS)

FIRST_BEHAVIOUR: Final = replace(HEALTHY, booking=0.70)
CHANGED: Final = replace(HEALTHY, booking=0.45, latency_s=2 * HEALTHY.latency_s)
"""How the second version behaves once the model behind it is another."""

_RULES: Final = "You book cleanings. Ask for the address, the rooms and the kind of cleaning; offer free slots; book one; confirm it."
PROMPTS: Final = (_RULES, f"{_RULES} Offer two slots at once, and never ask twice for what the customer has said.")

_SEED: Final = 7
_LIVE_DAYS: Final = 21
_POST_EVERY_S: Final = 0.25
_TRIES: Final = 40


def history() -> Iterator[Conversation]:
    """The two weeks: four days of the first version, ten of the second."""
    generator = np.random.default_rng(_SEED)
    yield from _stream(generator, FIRST_BEHAVIOUR, start=BEGAN, days=FIRST_DAYS, version=1)
    yield from _stream(generator, HEALTHY, start=SECOND, days=DAYS - FIRST_DAYS, version=2)


def lines(found: Iterator[Conversation]) -> Iterator[bytes]:
    """Conversations as JSON lines."""
    for it in found:
        yield conversation_adapter().dump_json(it, exclude_defaults=True) + b"\n"


class Customers:
    """Conversations of the second version that are posted as they end, by a clock that runs fast.

    post : sends JSON lines, and gives the reply; it may fail for a while, and is asked again.
    now : tells the time that they live in.
    """

    def __init__(self, post: Callable[[bytes], Mapping[str, Any]], now: Callable[[], datetime]) -> None:
        self._post, self._now = post, now
        self._generator = np.random.default_rng(_SEED + 1)
        self._changes_at = datetime.max.replace(tzinfo=UTC)
        usual = _stream(self._generator, HEALTHY, start=NOW, days=_LIVE_DAYS, version=2)
        self._stream = chain(takewhile(lambda it: it.ended_at < self._changes_at, usual), self._after())
        self._next = next(self._stream)
        self._lock = threading.Lock()
        self._leaving = threading.Event()
        self.taken = 0

    def __enter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1)
        self._visits: Future[None] = self._thread.submit(self._come)
        return self

    def __exit__(self, *_error: object) -> None:
        self._leaving.set()
        self._thread.shutdown()

    def change_model(self) -> datetime:
        """Let another model answer from the next full hour on: -> that hour. Nobody is told."""
        with self._lock:
            latest = max(self._now(), self._next.ended_at)
            self._changes_at = hour_of(latest) + timedelta(hours=1)
            return self._changes_at

    def expect_well(self) -> None:
        """Raise what has kept them from coming."""
        if self._visits.done():
            self._visits.result()

    def leave(self) -> int:
        """Let nobody come any more: -> how many conversations were taken in."""
        self._leaving.set()
        self._visits.result()
        return self.taken

    def _after(self) -> Iterator[Conversation]:
        yield from _stream(self._generator, CHANGED, start=self._changes_at, days=_LIVE_DAYS, version=2)

    def _come(self) -> None:
        waiting: list[Conversation] = []
        failures = 0
        while not self._leaving.wait(_POST_EVERY_S):
            waiting += self._due()
            if not waiting:
                continue
            try:
                said = self._post(b"".join(lines(iter(waiting))))
            except LifecycleError:  # the API is still starting, or away; the same again changes nothing
                failures += 1
                if failures > _TRIES:
                    raise
                continue
            failures, known = 0, len(waiting) - said["accepted"]
            if known != said["known"] or said["differing"]:
                message = f"of {len(waiting)} conversations that were posted the API took {said}"
                raise SetupError(message)
            self.taken += len(waiting)
            waiting = []

    def _due(self) -> list[Conversation]:
        found: list[Conversation] = []
        with self._lock:
            now = self._now()
            while self._next.ended_at <= now:
                found.append(self._next)
                self._next = next(self._stream)
        return found


def _stream(generator: np.random.Generator, behaviour: Behaviour, *, start: datetime, days: int, version: int) -> Iterator[Conversation]:
    return conversations(
        MILD, generator, variant=VARIANT, version=version, start=start, hours=24 * days, per_day=PER_DAY, behaviour=behaviour
    )
