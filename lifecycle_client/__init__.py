"""What runs inside your agent: its active prompt, which is always there, and its conversations, which are never lost.

Standard library only. `Client` for threads, `AsyncClient` for asyncio.
"""

from lifecycle_client.aio import AsyncClient
from lifecycle_client.client import Client, Stats
from lifecycle_client.prompts import NoPromptError, Prompt

__all__ = ["AsyncClient", "Client", "NoPromptError", "Prompt", "Stats"]
