"""The scripted model as a child process, for where nobody set an endpoint: the product reaches it as any other, over HTTP."""

import asyncio
import signal
import sys
from contextlib import suppress
from typing import Final

from deployments.supervisor.folder import open_log
from deployments.supervisor.ports import free_port
from lifecycle_core.settings import LOOPBACK, Settings
from lifecycle_core.simulation.scripted_model import MODEL

LOG: Final = "simulated-endpoint.log"
ENDS_WITHIN_S: Final = 5.0


def environment() -> dict[str, str]:
    """What makes the flows ask the scripted model, at an address that is still free."""
    return {"LIFECYCLE_OPENAI_BASE_URL": f"http://{LOOPBACK}:{free_port()}/v1", "LIFECYCLE_MODEL": MODEL}


async def live(settings: Settings, base_url: str) -> str:
    """One life of the process at `base_url`, until it ends or this is cancelled: -> why it ended."""
    port = base_url.removesuffix("/v1").rpartition(":")[2]
    with open_log(settings.data_dir, LOG) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "deployments.simulated_endpoint", "--port", port),
            stdin=asyncio.subprocess.PIPE,  # closes with this process, and the endpoint ends
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches the parent alone, which ends its children in order
        )
    try:
        return f"Simulated endpoint ended with {await process.wait()}"
    finally:
        for number in (signal.SIGINT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                process.send_signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN_S):
                    await process.wait()
                    break
