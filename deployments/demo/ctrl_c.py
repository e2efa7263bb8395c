"""Ctrl-C that is not lost, and is heard once.

Python drops one that it happens to raise inside a finalizer, and one that is
raised while a pool starts its thread leaves a thread that nobody ends: the
process would wait for it for ever. So it is raised at once where that does no
harm, and else by the next wait.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_UNSAFE: Final = {("concurrent.futures.thread", "submit"), ("threading", "start")}


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """While it is open: gives what raises KeyboardInterrupt again once Ctrl-C was pressed, to be called in every wait.

    A second Ctrl-C is not raised: everything is ending by then.
    """
    pressed = threading.Event()

    def press(_number: int, frame: FrameType | None) -> None:
        first = not pressed.is_set()
        pressed.set()
        if first and not _starts_thread(frame):
            raise KeyboardInterrupt

    def heed() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, before)


def _starts_thread(frame: FrameType | None) -> bool:
    """Whether what runs is about to start a thread, and must not be cut off there."""
    while frame is not None:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) in _UNSAFE:
            return True
        frame = frame.f_back
    return False
