"""A process that ends when the one that started it does, however that ends."""

import os
import signal
import threading


def end_with_parent() -> None:
    """End this process as Ctrl-C would, as soon as its standard input closes: a pipe whose other end its parent holds."""
    threading.Thread(target=_wait, daemon=True).start()


def _wait() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
