"""An agent's loop that lives through its server's deaths: `lifecycle_client` while the API is killed and the version switched.

Threads of an agent ask for the active prompt and log a conversation with each answer; beside them the API is killed
again and again, at any instruction, and comes back; and the version is switched, in the database itself, so that a switch never has to
wait for the API. A switch is answered for from the later of two instants: when it was acknowledged, and when the API
answered again. How long after that the old version was still served is its staleness.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks._api import Api
from lifecycle_client import Client, NoPromptError
from lifecycle_core.operations import versions
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import conversations
from lifecycle_core.store.database import Database

VARIANT: Final = "baseline"
THREADS: Final = 4
PAUSE_S: Final = 0.005
"""Between two conversations of a thread."""


@dataclass
class _Seen:
    """What the agent was served: (when, version) of each call, and its seconds."""

    served: list[tuple[float, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    without: int = 0
    logged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    seconds: float
    kills: int
    switches: int


def run(seconds: float = 60.0, kills: int = 20, switches: int = 20) -> dict[str, object]:
    """Let an agent work for `seconds` while its API dies and its version changes."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(database)
        for number in (1, 2):
            versions.register(database, _act(), variant=VARIANT, system_prompt=f"prompt {number}")
        versions.activate(database, _act(), VARIANT, 1)
        api, seen = Api(folder).start(), _Seen()
        with Client(api.url, cache_dir=folder / "cache") as client:
            changes, up = _lived(api, client, database, seen, _Plan(seconds, kills, switches))
            client.close(within_s=30.0)
            stats = client.stats()
        api.kill()
        with database.read() as tx:
            stored = [it.id for it, _ in conversations.iterate(tx, VARIANT, ("id", "variant", "ended_at"))]
        problems = verify(database).problems
        database.close()
    alive, overall = _staleness(seen.served, changes, up)
    times = np.array(seen.seconds) * 1e6
    measured: dict[str, object] = {
        "calls": len(seen.served) + seen.without,
        "calls_without_prompt": seen.without,
        "kills": len(up) - 1,
        "switches": len(changes),
        "max_staleness_s": round(max(alive, default=0.0), 2),
        "max_staleness_with_outage_s": round(max(overall, default=0.0), 2),
        "conversations_logged": len(seen.logged),
        "conversations_lost": len(set(seen.logged) - set(stored)),
        "conversations_doubled": len(stored) - len(set(stored)),
        "failed_attempts": stats.attempts_failed,
        "fetch_p50_us": round(float(np.percentile(times, 50)), 1),
        "fetch_p99_us": round(float(np.percentile(times, 99)), 1),
        "fetch_max_ms": round(float(times.max()) / 1000, 1),
        "problems": len(problems),
    }
    for name, value in measured.items():
        print(f"{name:<28}{value}")
    return measured


def _act() -> Provenance:
    return Provenance("benchmark", datetime.now(UTC))


def _lived(api: Api, client: Client, database: Database, seen: _Seen, plan: _Plan) -> tuple[list[tuple[float, int]], list[float]]:
    """The agent's life: -> the switches (when acknowledged, to which version), and the instants at which the API answered again."""
    over, lock = threading.Event(), threading.Lock()

    def work() -> None:
        while not over.is_set():
            began = time.monotonic()
            try:
                prompt = client.active_prompt(VARIANT)
            except NoPromptError:
                with lock:
                    seen.without += 1
                continue
            ended = time.monotonic()
            with lock:
                seen.served.append((began, prompt.version or 0))
                seen.seconds.append(ended - began)
                name = f"c{len(seen.served)}"
                seen.logged.append(name)
            client.log_conversation({"variant": VARIANT, "id": name, "booked": True})
            over.wait(PAUSE_S)

    agent = [threading.Thread(target=work) for _ in range(THREADS)]
    for it in agent:
        it.start()
    happened = _happenings(api, database, plan)
    over.set()
    for it in agent:
        it.join()
    return happened


def _happenings(api: Api, database: Database, plan: _Plan) -> tuple[list[tuple[float, int]], list[float]]:
    """Kill and switch at random instants, the same in every run."""
    chance = np.random.default_rng(1)
    began = time.monotonic()
    changes: list[tuple[float, int]] = []
    up = [began]
    kinds = [("kill", it) for it in chance.uniform(0.02, 0.95, plan.kills)] + [
        ("switch", it) for it in chance.uniform(0.02, 0.9, plan.switches)
    ]
    for kind, at in sorted(kinds, key=itemgetter(1)):
        time.sleep(max(0.0, began + at * plan.seconds - time.monotonic()))
        if kind == "kill":
            api.kill()
            api.start()
            up.append(time.monotonic())
        else:
            version = 2 - len(changes) % 2
            versions.activate(database, _act(), VARIANT, version)
            changes.append((time.monotonic(), version))
    time.sleep(max(0.0, began + plan.seconds - time.monotonic()))
    return changes, up


def _staleness(served: list[tuple[float, int]], changes: list[tuple[float, int]], up: list[float]) -> tuple[list[float], list[float]]:
    """For each switch how long after it another version was served: counted from when the API answered, and from the switch itself."""
    alive, overall = [], []
    for place, (at, version) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else float("inf")
        late = [began for began, told in served if at < began < until and told != version]
        last = max(late, default=at)
        answered = max([at, *(it for it in up if at < it <= last)])
        alive.append(last - answered)
        overall.append(last - at)
    return alive, overall
