"""The file of anchors: only added to, by one process at a time, and each line is on the disk before anybody is told of it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lifecycle_core.errors import SetupError


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """An open file of anchors that nobody else adds to meanwhile."""

    path: Path
    number: int

    def lines(self) -> list[str]:
        """What it has, line by line."""
        return _lines(self.path)

    def append(self, line: str) -> None:
        """Add one line, whole."""
        with _told(self.path):
            os.write(self.number, f"{line}\n".encode())
            os.fsync(self.number)


@contextmanager
def held(path: Path) -> Iterator[AnchorFile]:
    """Hold the file at `path`, made for its owner alone where there is none; raises SetupError where it cannot be written."""
    with _told(path):
        number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with _told(path):
            fcntl.flock(number, fcntl.LOCK_EX)
            _keep_name(path)
        yield AnchorFile(path, number)
    finally:
        os.close(number)


def lines(path: Path) -> list[str]:
    """The lines of the file at `path`, none where there is no such file; raises SetupError where it cannot be read."""
    return _lines(path) if path.exists() else []


def _lines(path: Path) -> list[str]:
    with _told(path):
        return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _keep_name(path: Path) -> None:
    """Have the disk know that the file is there, too."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the anchors of the audit log cannot be kept in {path}: {error.strerror}; name another file: LIFECYCLE_AUDIT_ANCHORS"
        raise SetupError(message) from error
