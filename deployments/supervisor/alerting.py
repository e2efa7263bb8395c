"""What delivers alerts, every few seconds, and looks every minute whether the watch stands still; it needs no Prefect."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from lifecycle_core.errors import LifecycleError
from tasks import alerts

EVERY_S: Final = 5.0
WATCH_EVERY_S: Final = 60.0
_LOG: Final = logging.getLogger(__name__)


async def alert_for_ever() -> None:
    """Deliver what is due, again and again; what goes wrong once is logged, and tried again."""
    looked = time.monotonic()  # a watch that was away with this process is given a minute to begin
    while True:
        if time.monotonic() - looked >= WATCH_EVERY_S:
            looked = time.monotonic()
            await asyncio.to_thread(_tried, alerts.judge_watch)
        await asyncio.to_thread(_tried, alerts.deliver)
        await asyncio.sleep(EVERY_S)


def _tried(work: Callable[[], object]) -> None:
    try:
        work()
    except LifecycleError as error:
        _LOG.warning("%s", error)
    except Exception:  # noqa: BLE001 - a database that is away comes back
        _LOG.exception("alerts could not be delivered")
