"""The simulated customers while the clock runs: each served by the version that is active then, and posted as a deployed agent would."""

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, takewhile
from typing import Any, Final, Self

import numpy as np

from deployments.demo import agents
from deployments.demo.agents import BOOKING, DESKS, Desk
from lifecycle_core.conversations import Conversation, hour_of
from lifecycle_core.errors import LifecycleError, SetupError
from lifecycle_core.replay.agent import Agent
from lifecycle_core.simulation.customers import DRIFTED, HEALTHY, Mix
from lifecycle_core.simulation.scripted_model import MODEL
from lifecycle_core.simulation.visits import Arrival, arrivals, serve

_LIVE_HOURS: Final = 24 * 365
_POST_EVERY_S: Final = 0.25
_TRIES: Final = 40


@dataclass(frozen=True, slots=True)
class _Active:
    """A version of a variant, from when on it was active."""

    since: datetime
    version: int
    agent: Agent


class Customers:
    """Customers of both agents, by a clock that runs fast.

    post : sends JSON lines, and gives the reply. active : gives a variant's active version, as the API answers it. Both may fail for a
    while, and are asked again. now : tells the time that the customers live in.
    """

    def __init__(
        self, post: Callable[[bytes], Mapping[str, Any]], active: Callable[[str], Mapping[str, Any]], now: Callable[[], datetime]
    ) -> None:
        self._post, self._ask, self._now = post, active, now
        self._changes_at = datetime.max.replace(tzinfo=UTC)
        self._active: dict[str, list[_Active]] = {desk.variant: [] for desk in DESKS}
        self._drawn = agents.NOW
        """When the latest of the first agent's usual customers came that anybody has asked for: the merge looks one ahead."""
        self._stream = heapq.merge(*map(self._visitors, DESKS), key=lambda it: it[1].at)
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

    def change(self) -> datetime:
        """Let the customers of the first agent be others from the next full hour on: -> that hour. Nobody is told."""
        with self._lock:
            latest = max(self._now(), self._drawn)
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

    def _visitors(self, desk: Desk) -> Iterator[tuple[Desk, Arrival]]:
        def come(mix: Mix, start: datetime, seed: int) -> Iterator[Arrival]:
            chosen = np.random.default_rng(seed)
            return arrivals(mix, chosen, variant=desk.variant, start=start, hours=_LIVE_HOURS, per_day=desk.per_day)

        def changed() -> Iterator[Arrival]:
            yield from come(DRIFTED, self._changes_at, desk.seed + 2)

        def unchanged(it: Arrival) -> bool:
            self._drawn = it.at
            return it.at < self._changes_at

        usual = come(HEALTHY, agents.NOW, desk.seed + 1)
        if desk is BOOKING:
            usual = chain(takewhile(unchanged, usual), changed())
        return ((desk, it) for it in usual)

    def _come(self) -> None:
        came: list[tuple[Desk, Arrival]] = []
        ended: list[Conversation] = []
        failures = 0
        while not self._leaving.wait(_POST_EVERY_S):
            came += self._due()
            try:
                ended += self._served(came)
                came = []
                self._send(ended)
            except _MistakenError:
                raise
            except LifecycleError:  # the API is still starting, or away; the same again changes nothing
                failures += 1
                if failures > _TRIES:
                    raise
                continue
            failures, ended = 0, []

    def _served(self, came: list[tuple[Desk, Arrival]]) -> list[Conversation]:
        for variant in {desk.variant for desk, _ in came}:
            self._look_up(variant)
        return [self._serve(desk, it) for desk, it in came]

    def _look_up(self, variant: str) -> None:
        it = self._ask(variant)
        since = datetime.fromisoformat(it["activatedAt"])
        known = self._active[variant]
        if not known or (known[-1].since, known[-1].version) != (since, it["version"]):
            known.append(_Active(since, it["version"], Agent(system_prompt=it["systemPrompt"], model=MODEL)))

    def _serve(self, desk: Desk, it: Arrival) -> Conversation:
        known = self._active[desk.variant]
        then = next((one for one in reversed(known) if one.since <= it.at), known[0])
        return serve(it, then.agent, variant=desk.variant, version=then.version)

    def _send(self, ended: list[Conversation]) -> None:
        if not ended:
            return
        said = self._post(b"".join(agents.lines(iter(ended))))
        if said["accepted"] + said["known"] != len(ended) or said["differing"]:
            message = f"of {len(ended)} conversations that were posted the API took {said}"
            raise _MistakenError(message)
        self.taken += len(ended)

    def _due(self) -> list[tuple[Desk, Arrival]]:
        found: list[tuple[Desk, Arrival]] = []
        with self._lock:
            now = self._now()
            while self._next[1].at <= now:
                found.append(self._next)
                self._next = next(self._stream)
        return found


class _MistakenError(SetupError):
    """What was posted is not what was taken."""
