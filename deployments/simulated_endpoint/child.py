"""A simulated endpoint as a child of this process, for the demo and for tests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from deployments.simulated_endpoint.server import READY
from lifecycle_core.errors import SetupError

_ROOT: Final = Path(__file__).parents[2]
_ENDS_WITHIN_S: Final = 10.0
_ANSWERS_WITHIN_S: Final = 10.0


@contextmanager
def started(port: int = 0, **script: object) -> Iterator[str]:
    """Start an endpoint that behaves by `script`: -> its base URL; it ends with the block, or with this process.

    Raises SetupError where it does not start.
    """
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [sys.executable, "-m", "deployments.simulated_endpoint", "--port", str(port), "--script", json.dumps(script)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,  # closes with this process, and the endpoint ends
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches this process alone
    )
    with process:
        try:
            first = process.stdout.readline().strip() if process.stdout else ""
            if not first.startswith(READY):
                message = f"the simulated endpoint did not start on port {port}; it says why on standard error"
                raise SetupError(message)
            yield first.removeprefix(READY)
        finally:
            process.terminate()
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def direct(base_url: str, **script: object) -> dict[str, Any]:
    """Let the endpoint at `base_url` behave by `script` from now on: -> the whole of it."""
    asked = Request(  # noqa: S310 - http on loopback
        base_url.removesuffix("/v1") + "/script", json.dumps(script).encode(), {"content-type": "application/json"}, method="PUT"
    )
    with urlopen(asked, timeout=_ANSWERS_WITHIN_S) as answer:  # noqa: S310 - http on loopback
        kept: dict[str, Any] = json.load(answer)
    return kept
