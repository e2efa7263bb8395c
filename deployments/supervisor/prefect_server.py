"""The Prefect server: a child process that dies with its parent.

Run as a module this is the child, which hangs on the parent by its standard
input: even kill -9 of the parent leaves no server and no taken port.
"""

import asyncio
import signal
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from deployments.lifeline import end_with_parent
from deployments.supervisor.folder import LOGS, open_log
from lifecycle_core.errors import SetupError
from lifecycle_core.settings import LOOPBACK, Settings

LOG = "prefect-server.log"
READY_WITHIN_S = 180.0
ENDS_WITHIN_S = 10.0
HANGS_AFTER_S = 60.0
"""For so long a server that was ready may give no answer, as on a machine that has too much to do."""
LOCKED_FOR_S = 10.0
"""For so long the server waits for a lock of its own database. By itself it waits for a minute, in which it was seen to answer nobody."""
_ASKED_EVERY_S = 0.25
_WATCHED_EVERY_S = 10.0


class PrefectServer:
    """One life of the server process, started in the environment of `environment_of`."""

    def __init__(self, settings: Settings, process: asyncio.subprocess.Process) -> None:
        self._settings = settings
        self._process = process

    @classmethod
    async def start(cls, settings: Settings) -> "PrefectServer":
        """Start the process; it is not ready yet."""
        with open_log(settings.data_dir, LOG) as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", __name__, "server", "start", "--host", LOOPBACK, "--port", str(settings.prefect_port)),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which ends its children in order
            )
        return cls(settings, process)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def ready(self) -> float:
        """Wait until the server answers: -> seconds waited. Raises SetupError where it ends or hangs instead."""
        began = time.monotonic()
        while not await asyncio.to_thread(self._answers):
            if self._process.returncode is not None or time.monotonic() - began > READY_WITHIN_S:
                ended = "hangs" if self._process.returncode is None else f"ended with {self._process.returncode}"
                message = f"Prefect server {ended} before it was ready; {self._settings.data_dir / LOGS / LOG} says why"
                raise SetupError(message)
            await asyncio.sleep(_ASKED_EVERY_S)
        return time.monotonic() - began

    async def lost(self) -> str:
        """Wait until the process has ended, or has hung for a minute: -> which of them, in words."""
        heard, ended = time.monotonic(), asyncio.create_task(self._process.wait())
        try:
            while time.monotonic() - heard < HANGS_AFTER_S:
                await asyncio.wait([ended], timeout=_WATCHED_EVERY_S)
                if ended.done():
                    return f"ended with {ended.result()}"
                if await asyncio.to_thread(self._answers):
                    heard = time.monotonic()
        finally:
            ended.cancel()
        return f"has not answered for {HANGS_AFTER_S:.0f} s"

    async def stop(self) -> None:
        """End the process: gently within ten seconds, else by force."""
        for number in (signal.SIGINT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN_S):
                    await self._process.wait()
                    return

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self._settings.prefect_url}/api/health", timeout=2) as answer:  # noqa: S310 - http on loopback
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own word for yes
        except (URLError, OSError):
            return False


def wait_less_for_locks() -> None:
    """Let this process's Prefect server give up on a locked database after ten seconds; who asked it is told to ask again, and does."""
    from prefect.server.database.configurations import AioSqliteConfiguration

    prepare = AioSqliteConfiguration.setup_sqlite

    def prepared(self: AioSqliteConfiguration, conn: Any, record: Any) -> None:  # noqa: ANN401 - a driver's own
        prepare(self, conn, record)
        cursor = conn.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {LOCKED_FOR_S * 1000:.0f}")
        cursor.close()

    AioSqliteConfiguration.setup_sqlite = prepared  # type: ignore[method-assign]


if __name__ == "__main__":
    end_with_parent()
    wait_less_for_locks()

    from prefect.cli import app

    app()
