"""Ctrl-C that is not lost, and is heard once: Python drops one that it happens to raise inside a finalizer."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """While it is open: gives what raises KeyboardInterrupt again once Ctrl-C was pressed, to be called in every wait.

    A second Ctrl-C is not raised: everything is ending by then.
    """
    pressed = threading.Event()

    def press(*_args: object) -> None:
        if not pressed.is_set():
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
