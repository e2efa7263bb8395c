"""Few processes at a time: locks of the kernel's, which end with their holder, however that ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from tasks import context

LOCKS: Final = "locks"


@contextmanager
def alone(work: str, places: int = 1) -> Iterator[bool]:
    """Whether this process has one of the `places` at which `work` is done while the block runs; False where all are taken."""
    folder = context.settings().data_dir / LOCKS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in range(places):
        name = work if place == 0 else f"{work}, place {place + 1}"
        with (folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield True
            return
    yield False
