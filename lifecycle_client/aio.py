"""`AsyncClient`: the same for asyncio; what has to wait waits in a thread."""

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from lifecycle_client.client import CLOSES_WITHIN_S, DEFAULT_URL, MAX_SPOOL_BYTES, MOST_TTL_S, TIMEOUT_S, Client, Stats
from lifecycle_client.prompts import Prompt

THREADS = 4

V = TypeVar("V")


class AsyncClient:
    """`Client` to be awaited; it takes the same arguments, and never keeps the event loop waiting.

    >>> async def served():
    ...     async with AsyncClient("http://127.0.0.1:9", cache_dir="/tmp/agent-lifecycle-doctest") as client:
    ...         return await client.active_prompt("baseline", fallback="Be kind.")
    >>> asyncio.run(served()).text
    'Be kind.'
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        api_key: str | None = None,
        *,
        cache_dir: str | os.PathLike[str] | None = None,
        ttl_s: float = MOST_TTL_S,
        timeout_s: float = TIMEOUT_S,
        max_spool_bytes: int = MAX_SPOOL_BYTES,
        fsync: bool = False,
    ) -> None:
        self._client = Client(
            base_url, api_key, cache_dir=cache_dir, ttl_s=ttl_s, timeout_s=timeout_s, max_spool_bytes=max_spool_bytes, fsync=fsync
        )
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lifecycle-client")

    async def active_prompt(self, variant: str, fallback: str | None = None) -> Prompt:
        """The active prompt of a variant; one that was asked for just now is served without a thread."""
        found = self._client.recent(variant)
        return found if found is not None else await self._run(partial(self._client.active_prompt, variant, fallback))

    async def log_conversation(self, conversation: Mapping[str, Any]) -> bool:
        """Keep a conversation to be sent: -> whether it is kept."""
        return await self._run(partial(self._client.log_conversation, conversation))

    def stats(self) -> Stats:
        """What became of conversations so far."""
        return self._client.stats()

    async def close(self, within_s: float = CLOSES_WITHIN_S) -> None:
        """Send what can be sent within so long; the rest stays on disk."""
        await self._run(partial(self._client.close, within_s))
        self._threads.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def _run(self, call: Callable[[], V]) -> V:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
