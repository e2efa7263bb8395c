"""`lifecycle serve` under load: eight writers, readers of the active prompt, drift checks, and rollbacks in between; then without Prefect.

Clients are threads of processes of their own, each with one connection that is kept open. Writers post batches of a
hundred new conversations as fast as they are answered. A rollback is asked for every tenth of a second, and what it took back
is activated again.
"""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import numpy as np

from deployments.demo.tree import Tree
from lifecycle_core.operations import traffic, versions
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.settings import LOOPBACK
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import STILL
from lifecycle_core.store.database import Database

VARIANT: Final = "baseline"
BATCH: Final = 100
DAYS: Final = 14
STARTS_WITHIN_S: Final = 240.0
BETWEEN_ROLLBACKS_S: Final = 0.1
PATIENCE_S: Final = 30.0

Seen = dict[str, list[tuple[float, int]]]
"""Of each kind of request: seconds and status; 0 where there was no answer."""


def run(seconds: float = 20.0, writers: int = 8, readers: int = 2) -> dict[str, object]:
    """Load for `seconds` with everything up, and as long with Prefect's server killed again and again."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        _seed(folder)
        tree = Tree(folder)
        try:
            tree.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
            up = _load(tree, seconds, writers, readers)
            over = threading.Event()
            killer = threading.Thread(target=_keep_down, args=(tree.prefect_port, over))
            killer.start()
            down = _load(tree, seconds, writers, readers)
            over.set()
            killer.join()
        finally:
            tree.end()
    print(f"{writers} writers of batches of {BATCH}, {readers} readers, one of checks, one of rollbacks; {seconds:.0f} s each")
    print(f"{'':<16}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'errors':>8}{'p99 ms, Prefect killed':>26}")
    for kind, found in up.items():
        figures = f"{len(found) / seconds:>12.1f}{_ms(found, 50):>10.1f}{_ms(found, 99):>10.1f}{_errors(found):>8}"
        print(f"{kind:<16}{figures}{_ms(down[kind], 99):>26.1f}")
    return {
        "rollback_p99_ms": round(_ms(up["rollback"], 99), 1),
        "rollback_p99_ms_prefect_down": round(_ms(down["rollback"], 99), 1),
        "rollbacks": len(up["rollback"]),
        "active_rps": round(len(up["active"]) / seconds, 1),
        "active_p99_ms": round(_ms(up["active"], 99), 1),
        "detect_p99_ms": round(_ms(up["detect"], 99), 1),
        "conversations_per_s": round(BATCH * len(up["conversations"]) / seconds),
        "conversations_p99_ms": round(_ms(up["conversations"], 99), 1),
        "errors": sum(_errors(found) for seen in (up, down) for found in seen.values()),
    }


def _ms(found: list[tuple[float, int]], percentile: float) -> float:
    return 1000 * float(np.percentile([seconds for seconds, _ in found] or [np.nan], percentile))


def _errors(found: list[tuple[float, int]]) -> int:
    return sum(status != 200 for _, status in found)  # noqa: PLR2004 - HTTP's


def _seed(folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    act = Provenance("benchmark", datetime.now(UTC))
    upgrade(database, act)
    start = act.at - timedelta(days=DAYS)
    came = conversations(
        STILL, np.random.default_rng(1), variant=VARIANT, version=1, messages=False, start=start, hours=24 * DAYS, per_day=200, drift=None
    )
    traffic.ingest(database, act, list(came))
    for number in (1, 2):
        versions.register(database, act, variant=VARIANT, system_prompt=f"{number} " + "x" * 3000)
        versions.activate(database, act, VARIANT, number)
    database.close()


def _load(tree: Tree, seconds: float, writers: int, readers: int) -> Seen:
    """Everything at once, from two processes, so that no client waits for another one's interpreter."""
    context = multiprocessing.get_context("spawn")
    kinds = [["conversations"] * writers, ["active"] * readers + ["detect", "rollback"]]
    with ProcessPoolExecutor(len(kinds), context) as pool:
        parts = list(pool.map(_clients, [tree.api_port] * len(kinds), kinds, [seconds] * len(kinds)))
    seen: Seen = {}
    for part in parts:
        for kind, found in part.items():
            seen.setdefault(kind, []).extend(found)
    return seen


def _clients(port: int, kinds: list[str], seconds: float) -> Seen:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(len(kinds)) as threads:
        found = list(threads.map(lambda kind: _client(port, kind, until), kinds))
    seen: Seen = {}
    for kind, one in zip(kinds, found, strict=True):
        seen.setdefault(kind, []).extend(one)
    return seen


def _client(port: int, kind: str, until: float) -> list[tuple[float, int]]:
    connection = HTTPConnection(LOOPBACK, port, timeout=PATIENCE_S)
    ask = _ASKS[kind]
    found = []
    while time.monotonic() < until:
        began = time.perf_counter()
        try:
            status = ask(connection)
        except (OSError, HTTPException):
            connection.close()
            status = 0
        found.append((time.perf_counter() - began, status))
        if kind == "rollback":
            _post(connection, "versions/activate", {"variantName": VARIANT, "version": 2})
            time.sleep(BETWEEN_ROLLBACKS_S)
    connection.close()
    return found


def _get(connection: HTTPConnection, path: str) -> int:
    connection.request("GET", f"/api/lifecycle/{path}")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _post(connection: HTTPConnection, path: str, body: object) -> int:
    connection.request("POST", f"/api/lifecycle/{path}", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _batch() -> list[dict[str, object]]:
    ended = datetime.now(UTC).isoformat()
    rest = {
        "ended_at": ended,
        "booked": True,
        "escalated": False,
        "cost_usd": 0.0001,
        "response_times_s": [1.5, 2.0],
        "actions": ["confirm"],
    }
    return [{"id": uuid4().hex, "variant": VARIANT, "version": 2, **rest} for _ in range(BATCH)]


_ASKS: Final[dict[str, Callable[[HTTPConnection], int]]] = {
    "conversations": lambda it: _post(it, "conversations", _batch()),
    "active": lambda it: _get(it, f"versions/active?variantName={VARIANT}"),
    "detect": lambda it: _get(it, f"drift/detect?variant={VARIANT}"),
    "rollback": lambda it: _post(it, "versions/rollback", {"variantName": VARIANT}),
}


def _keep_down(port: int, over: threading.Event) -> None:
    """Kill Prefect's server as often as it is brought back."""
    while not over.is_set():
        for place in Path("/proc").iterdir():
            if place.name.isdecimal() and _serves(place, port):
                os.kill(int(place.name), signal.SIGKILL)
        over.wait(0.2)


def _serves(process: Path, port: int) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(b"prefect_server" in it for it in words) and str(port).encode() in words
