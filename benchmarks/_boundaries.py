"""Kill this process with SIGKILL at a boundary: inside a transaction, before and after its commit, before and after a call to a model.

A step's transaction has the step's name (`Database.write`); another is called by the operation that opens it. Inside it there are
two moments: when its first rows are written and others may not be, and when all are and nothing is kept yet. The third is just after,
when all is kept and nobody was told. A call has two: asked for and not made yet, and answered while nobody has kept the answer. A
transaction that finds its step done already, or not due yet, writes nothing and is passed over.
"""

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

from lifecycle_core.chat import ChatReply, ChatRequest
from lifecycle_core.errors import SetupError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.audit import WriteSession
from lifecycle_core.store.database import Database, Transaction

_OPERATIONS: Final = "lifecycle_core.operations."
_DEEPEST: Final = 30

Passed = Callable[[str, "Moment"], None]
"""Is told of each boundary that is passed: what is done, and where in it."""


class Moment(StrEnum):
    """Where in a transaction, or in a call to a model, the process ends."""

    BEGUN = "begun"
    WRITTEN = "written"
    KEPT = "kept"
    ASKED = "asked"
    ANSWERED = "answered"


IN_TRANSACTIONS: Final = (Moment.BEGUN, Moment.WRITTEN, Moment.KEPT)


def kill_at(step: str, moment: Moment) -> None:
    """From now on this process ends at `moment` of the first transaction called `step` that writes; there is no way back."""
    _watch_transactions(lambda *boundary: _end() if boundary == (step, moment) else None)


def kill_after(boundaries: int, unless_new_to: Collection[str], log: Path) -> Passed:
    """From now on this process ends at the first boundary that is not among the known ones, and else after so many.

    log : where the boundary is noted at which it ends, as "STEP MOMENT". Answers what is to be told of boundaries of calls.
    """
    passed, known, one_at_a_time = count(1), frozenset(unless_new_to), Lock()

    def told(step: str, moment: Moment) -> None:
        name = f"{step} {moment}"
        with one_at_a_time:
            if next(passed) >= boundaries or name not in known:
                log.write_text(name)
                _end()

    _watch_transactions(told)
    return told


def watch_calls(passed: Passed) -> None:
    """From now on `passed` is told of each call that this process makes to a model."""
    from tasks import llm

    chat = llm.chat

    def asking(request: ChatRequest, /) -> ChatReply:
        real = chat()
        if real is None:
            message = "no endpoint is set"
            raise SetupError(message)
        passed(request.purpose, Moment.ASKED)
        reply = real(request)
        passed(request.purpose, Moment.ANSWERED)
        return reply

    llm.chat = lambda: asking  # type: ignore[assignment]


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch_transactions(passed: Passed) -> None:
    write, flush = Database.write, WriteSession.flush

    @contextmanager
    def watched(self: Database, act: Provenance, step: str = "", *, urgent: bool = False) -> Iterator[Transaction]:
        name = step or _operation()
        with write(self, act, step, urgent=urgent) as tx:
            tx.info |= {"changes": _changes(tx), "name": name}
            yield tx
            tx.flush()
            wrote = _wrote(tx)
            if wrote:
                passed(name, Moment.WRITTEN)
        if wrote:
            passed(name, Moment.KEPT)

    def flushed(self: WriteSession, objects: object = None) -> None:
        flush(self, objects)
        if _wrote(self):
            passed(self.info.get("name", ""), Moment.BEGUN)

    Database.write = watched  # type: ignore[method-assign]
    WriteSession.flush = flushed  # type: ignore[method-assign]


def _operation() -> str:
    """The operation that opens a transaction without a name."""
    for depth in range(2, _DEEPEST):
        frame = sys._getframe(depth)  # noqa: SLF001 - what the standard library offers to learn who calls
        module = frame.f_globals.get("__name__", "")
        if module.startswith(_OPERATIONS):
            return f"{module.removeprefix(_OPERATIONS)}.{frame.f_code.co_name}"
    return ""


def _changes(tx: Transaction) -> int | None:
    """The rows that this connection has changed since it was opened, where its driver counts them."""
    return getattr(tx.connection().connection.driver_connection, "total_changes", None)


def _wrote(tx: Transaction) -> bool:
    before, now = tx.info.get("changes"), _changes(tx)
    return before is None or now is None or now > before
