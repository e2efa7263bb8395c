"""`python -m deployments.simulated_endpoint --port N [--script JSON]`."""

import argparse
import sys

from pydantic import ValidationError

from deployments.simulated_endpoint.script import Script
from deployments.simulated_endpoint.server import serve
from lifecycle_core.errors import LifecycleError


def main() -> int:
    """Serve as the command line says: -> the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deployments.simulated_endpoint", description=Script.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--script", default="{}", help="how it behaves, as JSON")
    given = parser.parse_args()
    try:
        serve(given.port, Script.model_validate_json(given.script))
    except (LifecycleError, ValidationError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
