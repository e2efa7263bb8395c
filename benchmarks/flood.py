"""More batches than can be taken in, for minutes: what is answered, how long rollbacks and active prompts take, and whether memory grows.

First the capacity is measured: clients post batches of new conversations as fast as they are answered. Then they post at `times` that
rate, each batch at its own instant whether or not the one before was answered, as a crowd does. Beside them the active prompt is asked
for ten times and a rollback twice a second, and a drift check every second. In the
end every batch that was accepted is looked for row by row; one that was refused must be there whole or not at all.
"""

import asyncio
import json
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
import numpy as np

from benchmarks._api import Api
from benchmarks._databases import places
from lifecycle_core.operations import versions
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database, sqlite_module

VARIANT: Final = "baseline"
PATIENCE_S: Final = 60.0
MEASURED_S: Final = 15.0
"""For how long the capacity is measured."""
EVERY_S: Final = {"active": 0.1, "rollback": 0.5, "detect": 1.0}
SAMPLED_EVERY_S: Final = 1.0
NO_ANSWER: Final = 0
_PROCESSES: Final = 2
_NUMBER: Final = "@number@"
_KEPT: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0)
"""Connections are given up before the server does: a request on one that is being closed would be lost by the wire alone."""


@dataclass(slots=True)
class Seen:
    """What clients saw: the batches by what was answered, the seconds of each answer, and what was answered to urgent questions."""

    accepted: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """Who posts batches: so many a second in all, None for as many as are answered."""

    url: str
    clients: int
    batch: int
    seconds: float
    name: str
    rate: float | None = None


def run(seconds: float = 60.0, clients: int = 8, times: float = 3.0, batch: int = 100, database: str = "sqlite") -> dict[str, object]:
    """Flood the API for `seconds`; batch : conversations of one request."""
    with TemporaryDirectory() as folder, places()[database]() as url, closing(Database(url)) as kept:
        _prepare(kept)
        api = Api(Path(folder), LIFECYCLE_DATABASE_URL=url).start()
        try:
            crowd = _Crowd(url=api.url, clients=clients, batch=batch, seconds=MEASURED_S, name="c")
            capacity = sum(it.statuses[HTTPStatus.OK] for it in _crowd(crowd)) / MEASURED_S
            print(f"capacity: {batch * capacity:,.0f} conversations/s in batches of {batch}; now {times:g} times that for {seconds:.0f} s")
            with _sampled(api.pid) as memory:
                seen = _crowd(replace(crowd, seconds=seconds, name="f", rate=times * capacity))
        finally:
            api.kill()
        told = _told(seen, memory, seconds, batch)
        accepted = [it for one in seen for it in one.accepted]
        found = _batches(url)
        problems = verify(kept).problems
    lost = sum(batch - found.get(it, 0) for it in accepted)
    cut = sum(rows != batch for it, rows in found.items() if it[0] in "cf")
    print(f"accepted rows lost: {lost}; batches in part: {cut}; problems: {len(problems)}")
    return told | {
        "database": database,
        "capacity_rows_per_s": round(batch * capacity),
        "offered_rows_per_s": round(batch * times * capacity),
        "accepted_rows_per_s": round(batch * len(accepted) / seconds),
        "accepted_rows_lost": lost,
        "batches_in_part": cut,
        "problems": len(problems),
    }


def _told(seen: list[Seen], memory: list[float], seconds: float, batch: int) -> dict[str, object]:
    statuses, errors, timed = Counter[int](), Counter[str](), dict[str, list[float]]()
    for it in seen:
        statuses += it.statuses
        errors += it.errors
        for kind, found in it.seconds.items():
            timed.setdefault(kind, []).extend(found)
    print(f"batches of {batch} over {seconds:.0f} s by answer: {dict(statuses)}; errors of others: {dict(errors) or 'none'}")
    print(f"{'':<12}{'asked':>8}{'p50 ms':>10}{'p99 ms':>10}{'worst ms':>10}")
    for kind, found in timed.items():
        print(f"{kind:<12}{len(found):>8}" + "".join(f"{1000 * float(np.percentile(found, it)):>10.1f}" for it in (50, 99, 100)))
    half = memory[len(memory) // 2 :]
    growth = float(np.polyfit(np.arange(len(half)) * SAMPLED_EVERY_S / 60, half, 1)[0])
    print(f"memory: {memory[0]:.0f} MB at first, {max(memory):.0f} at most, {memory[-1]:.0f} at last")
    print(f"memory grows by {growth:+.2f} MB a minute in the last half")
    return {
        "batches_by_status": {str(it): n for it, n in sorted(statuses.items())},
        "refused_without_retry_after": sum(it.without_retry_after for it in seen),
        "other_errors": dict(errors),
        **{f"{kind}_p99_ms": round(1000 * float(np.percentile(found, 99)), 1) for kind, found in timed.items()},
        **{f"{kind}_worst_ms": round(1000 * max(found), 1) for kind, found in timed.items()},
        "memory_mb": [round(memory[len(memory) * it // 11]) for it in range(11)],
        "memory_most_mb": round(max(memory)),
        "memory_growth_mb_per_min": round(growth, 2),
        "seconds": seconds,
    }


def _prepare(database: Database) -> None:
    act = Provenance("benchmark", datetime.now(UTC))
    upgrade(database, act)
    for number in (1, 2):
        versions.register(database, act, variant=VARIANT, system_prompt=f"{number} " + "x" * 3000)
        versions.activate(database, act, VARIANT, number)


@contextmanager
def _sampled(pid: int) -> Iterator[list[float]]:
    """The resident megabytes of a process, again and again for as long as this lasts."""
    found: list[float] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLED_EVERY_S):
            status = Path(f"/proc/{pid}/status").read_text()
            found.append(int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield found
    finally:
        over.set()
        sampler.join()


def _crowd(it: _Crowd) -> list[Seen]:
    """Clients in processes of their own, so that none waits for another's interpreter; the urgent ask from one more, under load only."""
    part = replace(it, clients=it.clients // _PROCESSES, rate=it.rate and it.rate / _PROCESSES)
    asked = [partial(_post_all, replace(part, name=f"{it.name}{number}")) for number in range(_PROCESSES)]
    if it.rate is not None:
        asked.append(partial(_ask_urgently, it.url, it.seconds))
    with ProcessPoolExecutor(len(asked), multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(_called, asked))


def _called(it: Callable[[], Seen]) -> Seen:
    return it()


def _post_all(crowd: _Crowd) -> Seen:
    seen = Seen()
    template = _template(crowd.batch)
    numbers = count()

    async def post(client: httpx.AsyncClient) -> None:
        it = f"{crowd.name}{next(numbers):08d}"
        body = template.replace(_NUMBER, it).encode()
        answer = await _answer(client.post("/api/lifecycle/conversations", content=body), seen, "batches")
        seen.statuses[answer.status_code if answer is not None else NO_ANSWER] += 1
        if answer is not None and answer.status_code == HTTPStatus.OK:
            seen.accepted.append(it)
        elif answer is not None and "Retry-After" not in answer.headers:
            seen.without_retry_after += 1

    async def one(number: int) -> None:
        async with _client(crowd.url) as client:
            began = time.perf_counter()
            if crowd.rate is None:
                while time.perf_counter() < began + crowd.seconds:
                    await post(client)
            else:
                await _at_instants(partial(post, client), crowd.clients / crowd.rate, crowd.seconds, number / crowd.rate)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(crowd.clients)))

    asyncio.run(all_of_them())
    return seen


def _ask_urgently(url: str, seconds: float) -> Seen:
    seen = Seen()
    turns = {kind: asyncio.Lock() for kind in EVERY_S}

    async def ask(client: httpx.AsyncClient, kind: str) -> None:
        if turns[kind].locked():  # one that is not answered holds its own instants up, and not the end of the flood
            seen.errors[f"{kind} not asked, for the one before was not answered"] += 1
            return
        async with turns[kind]:
            await ask_next(client, kind)

    async def ask_next(client: httpx.AsyncClient, kind: str) -> None:
        post = partial(client.post, "/api/lifecycle/versions/rollback", json={"variantName": VARIANT})
        get = partial(client.get, {"active": "/api/lifecycle/versions/active", "detect": "/api/lifecycle/drift/detect"}.get(kind, ""))
        asked = post() if kind == "rollback" else get(params={"variantName" if kind == "active" else "variant": VARIANT})
        answer = await _answer(asked, seen, kind)
        if answer is None or answer.status_code != HTTPStatus.OK:
            seen.errors[f"{kind} {answer.status_code if answer is not None else 'not answered'}"] += 1
        elif kind == "rollback":
            await client.post("/api/lifecycle/versions/activate", json={"variantName": VARIANT, "version": 2})

    async def all_of_them() -> None:
        async with _client(url) as client:
            await asyncio.gather(*(_at_instants(partial(ask, client, kind), every, seconds, 0.0) for kind, every in EVERY_S.items()))

    asyncio.run(all_of_them())
    return seen


async def _at_instants(ask: Callable[[], Coroutine[None, None, None]], every_s: float, seconds: float, first_s: float) -> None:
    """Ask at its instants, whether or not what was asked before is answered."""
    began = time.perf_counter() + first_s
    async with asyncio.TaskGroup() as asked:
        for number in range(int(seconds / every_s)):
            await asyncio.sleep(max(0.0, began + number * every_s - time.perf_counter()))
            asked.create_task(ask())


async def _answer(asked: Awaitable[httpx.Response], seen: Seen, kind: str) -> httpx.Response | None:
    began = time.perf_counter()
    try:
        return await asked
    except httpx.HTTPError:
        return None
    finally:
        seen.seconds.setdefault(kind, []).append(time.perf_counter() - began)


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=_KEPT)


def _template(batch: int) -> str:
    rest = {"ended_at": datetime.now(UTC).isoformat(), "booked": True, "escalated": False, "cost_usd": 0.0001, "actions": ["confirm"]}
    row = {"variant": VARIANT, "version": 2, "response_times_s": [1.5, 2.0], **rest}
    return json.dumps([{"id": f"{_NUMBER}:{number:05d}", **row} for number in range(batch)])


def _batches(url: str) -> dict[str, int]:
    """Name of a batch -> how many of its conversations are there."""
    asked = "SELECT substr(id, 1, 10) AS batch, count(*) FROM conversations GROUP BY batch"
    if url.startswith("sqlite"):
        with closing(sqlite_module().connect(url.removeprefix("sqlite:///"))) as connection:
            return dict(connection.execute(asked).fetchall())
    import psycopg

    with psycopg.connect(url) as server:
        return dict(server.execute(asked).fetchall())
