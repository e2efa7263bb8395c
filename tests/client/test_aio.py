"""The same for asyncio: the loop never waits."""

import asyncio
import time

from lifecycle_client import AsyncClient
from tests.client.servers import scripted


def test_the_loop_goes_on_while_a_server_hangs(tmp_path):
    async def served(url):
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        async with AsyncClient(url, cache_dir=tmp_path, timeout_s=0.3) as client:
            ticking = asyncio.create_task(tick())
            told = await asyncio.gather(*(client.active_prompt("baseline", fallback="Be there.") for _ in range(8)))
            ticking.cancel()
        return ticks, {it.text for it in told}

    with scripted() as server:
        server.hangs_s = 5.0
        ticks, told = asyncio.run(served(server.url))
    assert ticks > 10
    assert told == {"Be there."}


def test_what_is_logged_is_sent_by_the_end(tmp_path):
    async def served(url):
        async with AsyncClient(url, cache_dir=tmp_path) as client:
            prompt = await client.active_prompt("baseline")
            await client.log_conversation({"variant": "baseline", "id": "a"})
            began = time.monotonic()
            for _ in range(1000):
                await client.active_prompt("baseline")
            return prompt.version, time.monotonic() - began

    with scripted() as server:
        version, _ = asyncio.run(served(server.url))
        assert (version, [it["id"] for it in server.posted[0]]) == (1, ["a"])
