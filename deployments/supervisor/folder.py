"""The data folder while it is served: one server at a time, and its logs."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lifecycle_core.errors import SetupError

LOCK = "serve.lock"
LOGS = "logs"
KEPT_BYTES = 10_000_000
"""A log longer than this is set aside when it is opened; the one set aside before it is dropped."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; raises SetupError, naming the process, where another holds it.

    The lock is the kernel's: it ends with its holder, however that ends.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    except OSError as error:
        message = f"the data folder {folder} cannot be used: {error.strerror}; name another with LIFECYCLE_DATA_DIR"
        raise SetupError(message) from error
    with lock:
        if not _locked(lock):
            message = (
                f"process {_pid(lock)} serves {folder} already; end it with `lifecycle down`, or name another folder: LIFECYCLE_DATA_DIR"
            )
            raise SetupError(message)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder_of(folder: Path) -> int | None:
    """The process that serves `folder`; None where nobody does."""
    path = folder / LOCK
    if not path.exists():
        return None
    with path.open("a+") as lock:
        return None if _locked(lock) else _pid(lock)


def end_holder(folder: Path, *, within_s: float) -> int | None:
    """End the process that serves `folder` as Ctrl-C would: -> its id, or None where nobody does.

    Raises SetupError where it has not ended after `within_s` seconds.
    """
    path = folder / LOCK
    if not path.exists():
        return None
    with path.open("a+") as lock:
        if _locked(lock):
            return None
        holder = _pid(lock)
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + within_s
        while not _locked(lock):
            if time.monotonic() > deadline:
                message = (
                    f"process {holder} has not ended within {within_s:.0f} s; see {folder / LOGS}, or end it by force: kill -9 {holder}"
                )
                raise SetupError(message)
            time.sleep(0.1)
        return holder


def open_log(folder: Path, name: str) -> TextIO:
    """Open the log `name` of `folder` to append to, by line."""
    logs = folder / LOGS
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = logs / name
    if path.exists() and path.stat().st_size > KEPT_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("a", buffering=1, encoding="utf-8")


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(lock: TextIO) -> int:
    lock.seek(0)
    return int(lock.read() or 0)
