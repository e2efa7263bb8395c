"""Everything as one process tree: the API in this process, Prefect's server as a child, and a runner whose children are flow runs.

1. What cannot be served is refused before anything starts.
2. The API comes first and needs no Prefect: checks, versions and rollback work while Prefect starts, and when it is down.
3. A Prefect server that dies, hangs or never becomes ready is started again, and so is a runner that gave up waiting for it.
4. Sessions and their runs are brought together again every twenty seconds, by what the database says; the audit log is anchored every hour.
   Alerts are delivered every few seconds, whether or not Prefect answers, and tell it when the watch stands still.
5. Where no model endpoint is set, a scripted one is a child too, and what it touches says "simulated".
6. Beside a Prefect server and workers of one's own (LIFECYCLE_PREFECT_API_URL) the tree is the API, alerts, anchors and the reconciler.
7. The end comes in order: API, runner, reconciler, server, endpoint; after Ctrl-C no process is left.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NoReturn

from deployments import logs
from deployments.lifeline import end_with_parent
from deployments.supervisor import endpoint
from deployments.supervisor.environment import environment_of
from deployments.supervisor.folder import LOGS, held, open_log
from deployments.supervisor.ports import listen
from lifecycle_core.errors import InvalidInputError, LifecycleError, SetupError
from lifecycle_core.settings import Settings
from tasks import context

LOG = "serve.log"
PAUSES_S = (1.0, 2.0, 5.0, 10.0)
"""How long to wait before each new life of a part that keeps dying."""
LIVED_S = 60.0
"""A life longer than this was a good one: the next death counts as the first again."""

_LOG = logging.getLogger(__name__)

Say = Callable[[str], None]


def serve(settings: Settings, say: Say, *, simulated_clock: bool = False) -> None:
    """Serve `settings.data_dir` until SIGINT, SIGTERM or SIGHUP ends it.

    say : prints a line of progress.
    simulated_clock : lets the demo and the tests run a fast clock and a fast watch; the tree then ends with who started it.

    Raises LifecycleError for what cannot be served, before anything has started.
    """
    if simulated_clock:
        end_with_parent()
    else:
        _refuse_simulated_time(settings)
    with held(settings.data_dir), listen(settings) as listener:
        os.environ.update(environment_of(settings, os.environ))
        simulated = endpoint.environment() if settings.models is None and settings.prefect_api is None else {}
        os.environ.update(simulated)
        context.configure()
        context.database()  # brought to this program's schema once, before its readers start
        say(f"Serving {settings.data_dir}; Ctrl-C ends it, its logs are in {settings.data_dir / LOGS}")
        with open_log(settings.data_dir, LOG) as log, redirect_stdout(log), redirect_stderr(log):
            logs.configure(log, settings.log_level)
            asyncio.run(_Tree(settings, say, simulated.get("LIFECYCLE_OPENAI_BASE_URL")).live(listener))
    say("Ended; no process is left")


def _refuse_simulated_time(settings: Settings) -> None:
    for name, value in (("LIFECYCLE_CLOCK", settings.clock), ("LIFECYCLE_WATCH_SECONDS", settings.watch_seconds)):
        if value is not None:
            message = f"{name} is set, and what is served keeps real time; unset it (only the demo plays on a fast clock)"
            raise InvalidInputError(message, field=name)


@dataclass
class _Tree:
    settings: Settings
    say: Say
    simulated_models: str | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    prefect_is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    flows_are_served: asyncio.Event = field(default_factory=asyncio.Event)
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def live(self, listener: socket.socket) -> None:
        self._end_on_signals()
        if self.settings.prefect_api is not None:
            self.say(f"Prefect  {self.settings.prefect_url}  and its workers are served elsewhere")
            self.flows_are_served.set()
        lives = [
            self._one_reconciler,
            self._anchoring,
            self._alerting,
            *([self._one_runner, self._one_server] if self.settings.prefect_api is None else []),
            *([self._one_endpoint] if self.simulated_models else []),
        ]
        parts = [asyncio.create_task(part) for part in (self._serve_api(listener), *(_again(life, self.say) for life in lives))]
        await asyncio.wait([asyncio.create_task(self.stop.wait()), *parts], return_when=asyncio.FIRST_COMPLETED)
        self.say("Ending the API, the runner and the Prefect server")
        ended = [await _ended(part) for part in parts]
        for error in ended:
            if error is not None:
                raise error

    async def _serve_api(self, listener: socket.socket) -> None:
        began = time.monotonic()
        from deployments.http.app import create_app
        from deployments.supervisor.web import Web

        web = Web(
            create_app(), on_ready=lambda: self.say(f"API      {self.settings.api_url}/docs  ready in {time.monotonic() - began:.1f} s")
        )
        serving = asyncio.create_task(web.serve(sockets=[listener]))
        try:
            await asyncio.wait([serving])
        finally:
            web.should_exit = True
            await serving
        message = f"the API ended by itself; {self.settings.data_dir / LOGS / LOG} says why"
        raise SetupError(message)

    async def _one_server(self) -> str:
        from deployments.supervisor.prefect_server import PrefectServer

        self.say(f"Prefect  {self.settings.prefect_url}  starting, 5 to 30 s")
        server = await PrefectServer.start(self.settings)
        try:
            took = await server.ready()
            self.say(f"Prefect  {self.settings.prefect_url}  ready in {took:.1f} s")
            self.prefect_is_ready.set()
            return f"Prefect server {await server.lost()}"
        except SetupError as error:
            return str(error)
        finally:
            self.prefect_is_ready.clear()
            await server.stop()

    async def _one_runner(self) -> str:
        flow_runner = await self._loaded("flow_runner")
        await self.prefect_is_ready.wait()
        try:
            await flow_runner.run_flows(self.settings, self._runner_started)
        except LifecycleError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever ended the runner, the next one is started
            _LOG.exception("the runner ended")
            return f"Runner ended: {error}"
        finally:
            self.flows_are_served.clear()
        return "Runner ended by itself"

    async def _one_reconciler(self) -> str:
        reconciler = await self._loaded("reconciler")
        await self.flows_are_served.wait()  # by now what the last process left has ended
        try:
            await reconciler.reconcile_for_ever()
        except Exception as error:  # noqa: BLE001 - a database that is away comes back
            _LOG.exception("the reconciler ended")
            return f"Reconciler ended: {error}"
        return "Reconciler ended by itself"

    async def _anchoring(self) -> str:
        anchoring = await self._loaded("anchoring")
        await anchoring.anchor_for_ever()
        return "Anchoring ended by itself"

    async def _alerting(self) -> str:
        alerting = await self._loaded("alerting")
        await alerting.alert_for_ever()
        return "Alerting ended by itself"

    async def _one_endpoint(self) -> str:
        self.say(f"Models   {self.simulated_models}  simulated: no endpoint is set (LIFECYCLE_OPENAI_BASE_URL)")
        return await endpoint.live(self.settings, self.simulated_models or "")

    async def _loaded(self, part: str) -> Any:  # noqa: ANN401 - a module
        """Import a part, which takes seconds in which the API answers; one after the other, for threads that import Prefect deadlock."""
        async with self.loading:
            return await asyncio.to_thread(import_module, f"deployments.supervisor.{part}")

    def _runner_started(self, deployments: list[str]) -> None:
        self.flows_are_served.set()
        self._end_on_signals()
        self.say(f"Watch    {', '.join(deployments)}  on schedule, a first check is on its way")

    def _end_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.stop.set)


async def _again(one_life: Callable[[], Awaitable[str]], say: Say) -> NoReturn:
    """Live one life after the other; each tells why it ended."""
    deaths = 0
    while True:
        began = time.monotonic()
        why = await one_life()
        deaths = 0 if time.monotonic() - began > LIVED_S else deaths + 1
        pause = PAUSES_S[min(deaths, len(PAUSES_S) - 1)]
        say(f"{why}; starting it again in {pause:.0f} s")
        await asyncio.sleep(pause)


async def _ended(part: "asyncio.Task[None]") -> BaseException | None:
    """End `part`: -> what had ended it before, if anything had."""
    if part.done():
        return part.exception()
    part.cancel()
    await asyncio.wait([part])
    return None
