"""One process at a time: a lock of the kernel's, which ends with its holder, however that ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from tasks import context

LOCKS: Final = "locks"


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Whether this process alone does `work` while the block runs; False where another does it already."""
    folder = context.settings().data_dir / LOCKS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{sha256(work.encode()).hexdigest()[:32]}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
