"""Few processes at a time: by the kernel's locks where the database is a file of this machine, by leases where it serves several machines.

1. A lock of the kernel's ends with its holder, however that ends.
2. A lease is held on to by a thread for as long as its holder lives; when that has died it runs out, within `LASTS`.
"""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from threading import Event, Thread, get_ident
from typing import Final

from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import leases
from lifecycle_core.operations.leases import LASTS
from tasks import context

LOCKS: Final = "locks"
ACTOR: Final = "system:leases"
HELD_ON_EVERY_S: Final = LASTS.total_seconds() / 4

log = logging.getLogger(__name__)


@contextmanager
def alone(work: str, places: int = 1) -> Iterator[bool]:
    """Whether this process has one of the `places` at which `work` is done while the block runs; False where all are taken."""
    taken = _locked if context.database().dialect == "sqlite" else leased
    with ExitStack() as held:
        names = (work if place == 0 else f"{work}, place {place + 1}" for place in range(places))
        yield any(held.enter_context(taken(name)) for name in names)


@contextmanager
def leased(name: str, holder: str = "") -> Iterator[bool]:
    """Whether `holder`, else this thread, has the lease of that name while the block runs."""
    holder, over = holder or f"{socket.gethostname()}/{os.getpid()}/{get_ident()}", Event()
    if not leases.take(context.database(), context.act_outside(ACTOR), name, holder):
        yield False
        return
    holding = Thread(target=_hold_on, args=(name, holder, over), name=f"lease of {name}", daemon=True)
    holding.start()
    try:
        yield True
    finally:
        over.set()
        holding.join()
        leases.release(context.database(), context.act_outside(ACTOR), name, holder)


def held_by_anybody(name: str) -> bool:
    """Whether a process, on whichever machine, has that lease."""
    return leases.holder_of(context.database(), name, context.outside()) is not None


def _hold_on(name: str, holder: str, over: Event) -> None:
    while not over.wait(HELD_ON_EVERY_S):
        try:
            leases.take(context.database(), context.act_outside(ACTOR), name, holder)
        except LifecycleError as error:
            log.warning("%s", error)  # a database that is away comes back; if it does not in time, another takes over


@contextmanager
def _locked(name: str) -> Iterator[bool]:
    folder = context.settings().data_dir / LOCKS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
