"""Ctrl-C that is not lost: Python drops one that it happens to raise inside a finalizer."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """While it is open: gives what raises KeyboardInterrupt again once Ctrl-C was pressed, to be called in every wait."""
    pressed = threading.Event()

    def press(*_args: object) -> NoReturn:
        pressed.set()
        raise KeyboardInterrupt

    def heed() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, before)
