"""The application served by this process, and a Chromium that looks at it: for pictures, and for who measures or tests the pages.

The browser needs the packages of `dev`.
"""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from lifecycle_core.settings import LOOPBACK

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""By itself the browser asks nobody for anything."""


@contextmanager
def served(application: Callable[..., Any], *, port: int = 0, log_level: str = "warning") -> Iterator[str]:
    """Serve an application on a thread for as long as this lasts: -> its address. port : 0 for one that is free."""
    with socket.create_server((LOOPBACK, port)) as listener:
        server = uvicorn.Server(uvicorn.Config(application, log_level=log_level, timeout_graceful_shutdown=1))
        serving = threading.Thread(target=server.run, args=([listener],))
        serving.start()
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            serving.join()


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser without a window, closed in the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        it = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        try:
            yield it
        finally:
            it.close()
