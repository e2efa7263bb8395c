"""Who writes next: one writer of SQLite at a time anyway, so the threads of a process queue here, in order, and the urgent first.

SQLite's own waiting is a poll with growing pauses: whoever comes just then goes first, and a rollback under load could
wait for a second while thirty batches pass it by.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from itertools import count


class TurnTimeoutError(Exception):
    """Others have written for too long."""


class Turns:
    """A lock that is given to the urgent first, and else in the order of asking.

    >>> turns = Turns(within_s=0.01)
    >>> with turns.taken(), turns.taken():
    ...     pass
    Traceback (most recent call last):
    lifecycle_core.store.turns.TurnTimeoutError: not within 0.01 s
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._changed = threading.Condition()
        self._waiting: list[tuple[bool, int]] = []
        self._tickets = count()
        self._held = False

    @contextmanager
    def taken(self, *, urgent: bool = False) -> Iterator[None]:
        """Hold it; raises TurnTimeoutError after `within_s`."""
        ticket = (not urgent, next(self._tickets))
        with self._changed:
            heappush(self._waiting, ticket)
            if not self._changed.wait_for(lambda: not self._held and self._waiting[0] == ticket, self._within_s):
                self._waiting.remove(ticket)
                heapify(self._waiting)
                self._changed.notify_all()
                message = f"not within {self._within_s:g} s"
                raise TurnTimeoutError(message)
            heappop(self._waiting)
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()
