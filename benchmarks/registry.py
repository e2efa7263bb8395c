"""The registry beside MLflow's prompt registry, in one run: fetch of the active prompt, and switch, in process and over HTTP.

MLflow is installed by this benchmark in an environment of its own, which is kept in the user's cache or in `--cache FOLDER`. Both
keep their registry in SQLite. Ours over HTTP is one process, as `lifecycle serve` runs it; MLflow's server has one worker.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from benchmarks import _mlflow
from benchmarks._api import Api
from benchmarks._peers import environment
from deployments.supervisor.ports import free_port
from lifecycle_client import Client
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import versions, versions_asked
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.settings import LOOPBACK
from lifecycle_core.store.database import Database

VARIANT: Final = "baseline"
PROMPT: Final = "x" * 3000
STARTS_WITHIN_S: Final = 120.0
ACTIVE: Final = f"/api/lifecycle/versions/active?variantName={VARIANT}"
ACTIVATE: Final = "/api/lifecycle/versions/activate"

Seconds = dict[str, list[float]]


def run(rounds: int = 200, many: int = 10_000, cache: str = "") -> dict[str, object]:
    """Measure `rounds` of each; `many` versions for the growth."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        peer = environment("mlflow", Path(cache) if cache else None)
        theirs = {"in process": _theirs(peer, f"sqlite:///{folder}/mlflow.db", rounds)}
        with _their_server(peer, folder) as uri:
            theirs["over HTTP"] = _theirs(peer, uri, rounds)
        ours, crowded = _ours(folder / "ours", (10, many), rounds)
        staleness = _staleness(folder / "stale")
    print(f"MLflow {theirs['in process']['version']}, SQLite, {rounds} rounds; milliseconds, p50 (p99)")
    print(f"{'':<34}{'MLflow':>18}{'ours, 10 versions':>20}{f'ours, {many:,}':>20}")
    rows = {
        "fetch in process, uncached": (theirs["in process"]["fetch"], "fetch"),
        "fetch in process, by the client": (theirs["in process"]["cached"], "client"),
        "fetch over HTTP": (theirs["over HTTP"]["fetch"], "fetch over HTTP"),
        "fetch over HTTP, not modified": ([], "not modified"),
        "switch in process": (theirs["in process"]["switch"], "switch"),
        "switch over HTTP": (theirs["over HTTP"]["switch"], "switch over HTTP"),
    }
    for name, (peers, own) in rows.items():
        print(f"{name:<34}{_told(peers):>18}{_told(ours[own]):>20}{_told(crowded[own]):>20}")
    measured = {
        "fetch_in_process_speedup": _ratio(theirs["in process"]["fetch"], ours["client"]),
        "fetch_http_speedup": _ratio(theirs["over HTTP"]["fetch"], ours["fetch over HTTP"]),
        "switch_speedup": min(
            _ratio(theirs["in process"]["switch"], ours["switch"]), _ratio(theirs["over HTTP"]["switch"], ours["switch over HTTP"])
        ),
        "max_staleness_s": round(staleness, 2),
        "growth_10_to_10k": round(max(float(np.median(crowded[it]) / np.median(ours[it])) for it in ours), 2),
    }
    growth = {name: round(float(np.median(crowded[name]) / np.median(ours[name])), 2) for name in ours}
    print(f"growth from 10 to {many:,} versions: {', '.join(f'{name} {it}' for name, it in growth.items())}")
    print(f"longest time that an old version was served after a switch: {staleness:.2f} s")
    parts = {
        "fetch_uncached_speedup": _ratio(theirs["in process"]["fetch"], ours["fetch"]),
        "switch_speedup_in_process": _ratio(theirs["in process"]["switch"], ours["switch"]),
        "switch_speedup_http": _ratio(theirs["over HTTP"]["switch"], ours["switch over HTTP"]),
    }
    return {**measured, **parts, "mlflow": theirs["in process"]["version"]}


def _act() -> Provenance:
    return Provenance("benchmark", datetime.now(UTC))


def _told(seconds: list[float]) -> str:
    return "-" if not seconds else f"{1000 * np.percentile(seconds, 50):.3f} ({1000 * np.percentile(seconds, 99):.3f})"


def _ratio(theirs: list[float], ours: list[float]) -> float:
    return round(float(np.median(theirs) / np.median(ours)), 1)


def _ours(folder: Path, counts: tuple[int, ...], rounds: int) -> list[Seconds]:
    """Timings with so many versions each, measured by turns, so that what else the machine does meets all alike."""
    with ExitStack() as stack:
        calls = [_calls(folder / str(count), count, stack) for count in counts]
        seconds: list[Seconds] = [{name: [] for name in it} for it in calls]
        for number in range(rounds + 1):
            for one, found in zip(calls, seconds, strict=True):
                for name, call in one.items():
                    began = time.perf_counter()
                    call(number)
                    found[name].append(time.perf_counter() - began)
    return [{name: found[1:] for name, found in one.items()} for one in seconds]


def _calls(folder: Path, count: int, stack: ExitStack) -> dict[str, Callable[[int], object]]:
    """What is measured in turn, on a database with so many versions and an API of its own; each switch changes the version."""
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    stack.callback(database.close)
    upgrade(database)
    for number in range(count):
        versions.register(database, _act(), variant=VARIANT, system_prompt=f"{number} {PROMPT}")
    versions.activate(database, _act(), VARIANT, 1)
    api = Api(folder).start()
    stack.callback(api.kill)
    connection = HTTPConnection(LOOPBACK, api.port)
    stack.callback(connection.close)
    client = stack.enter_context(Client(api.url, cache_dir=folder / "cache"))
    return {
        "fetch": lambda _: versions_asked.active(database, VARIANT),
        "client": lambda _: client.active_prompt(VARIANT),
        "fetch over HTTP": lambda _: _ask(connection, "GET", ACTIVE),
        "not modified": lambda _: _ask(connection, "GET", ACTIVE, headers={"If-None-Match": "*"}),
        "switch": lambda _: versions.activate(database, _act(), VARIANT, 2),
        "switch over HTTP": lambda _: _switch(connection, 1),
    }


def _ask(connection: HTTPConnection, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    given = {"Content-Type": "application/json", **(headers or {})}
    connection.request(method, path, None if body is None else json.dumps(body), given)
    reply = connection.getresponse()
    reply.read()
    if reply.status not in {200, 304}:
        message = f"{method} {path} was answered {reply.status}"
        raise SetupError(message)
    return reply.status, reply.headers.get("ETag", "")


def _switch(connection: HTTPConnection, version: int) -> None:
    _ask(connection, "POST", ACTIVATE, {"variantName": VARIANT, "version": version})


def _staleness(folder: Path, switches: int = 10) -> float:
    """The longest time after an acknowledged switch at which the client still served the version before, by a client of the default age."""
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    upgrade(database)
    for number in (1, 2):
        versions.register(database, _act(), variant=VARIANT, system_prompt=f"{number}")
    versions.activate(database, _act(), VARIANT, 1)
    api, longest = Api(folder).start(), 0.0
    with Client(api.url, cache_dir=folder / "cache") as client:
        client.active_prompt(VARIANT)
        for number in range(switches):
            time.sleep(0.37 * number)  # at another moment of the client's age each time
            wanted = 2 - number % 2
            versions.activate(database, _act(), VARIANT, wanted)
            switched = last = time.monotonic()
            while client.active_prompt(VARIANT).version != wanted:
                last = time.monotonic()
                time.sleep(0.001)
            longest = max(longest, last - switched)
    api.kill()
    database.close()
    return longest


def _theirs(python: Path, uri: str, rounds: int) -> dict[str, Any]:
    told = subprocess.run(  # noqa: S603 - a script of ours
        [str(python), _mlflow.__file__, uri, str(rounds)], capture_output=True, text=True, check=False, env=_quiet()
    )
    if told.returncode:
        message = f"MLflow failed: {told.stderr.strip().splitlines()[-1]}"
        raise SetupError(message)
    found: dict[str, Any] = json.loads(told.stdout.strip().splitlines()[-1])
    return found


@contextmanager
def _their_server(python: Path, folder: Path) -> Iterator[str]:
    port = free_port()
    words = ["-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/served.db", "--workers", "1", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - that Python
        [str(python), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_quiet(), cwd=folder, start_new_session=True
    ) as server:
        try:
            _await(port)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            os.killpg(server.pid, 9)


def _await(port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection(LOOPBACK, port, timeout=2)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:  # noqa: PLR2004 - HTTP's
                return
        except (TimeoutError, OSError):
            time.sleep(0.2)
    message = f"MLflow's server has not answered within {STARTS_WITHIN_S:.0f} s"
    raise SetupError(message)


def _quiet() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return {**kept, "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
