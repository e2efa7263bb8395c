"""What goes wrong with the place where a database lies: no room is left, or nothing may be written. Only who may mount can try it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Final

_BLOCK: Final = bytes(64 * 1024)


@contextmanager
def small(folder: Path, mebibytes: int) -> Iterator[bool]:
    """A file system with so much room on `folder`, for as long as this lasts: -> whether this user may mount one."""
    mounted = _mount("-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "tmpfs", str(folder))
    try:
        yield mounted
    finally:
        if mounted:
            _unmount(folder)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No room is left in the file system of `folder` for as long as this lasts."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(_BLOCK)
        except OSError as error:
            if error.errno != ENOSPC:
                raise
    try:
        yield
    finally:
        filling.unlink()


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """Who opens `file` while this lasts may only read it, whoever that is; what is open already goes on writing."""
    subprocess.run(["mount", "--bind", file, file], check=True)  # noqa: S603, S607 - our words, where the system has it
    subprocess.run(["mount", "-o", "remount,bind,ro", file], check=True)  # noqa: S603, S607 - as above
    try:
        yield
    finally:
        _unmount(file)


def _mount(*words: str) -> bool:
    return os.geteuid() == 0 and subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0  # noqa: S603, S607 - our words


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S603, S607 - as above
