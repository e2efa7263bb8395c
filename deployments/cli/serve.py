"""`lifecycle serve` and `lifecycle down`."""

import sys
from contextlib import suppress

import click

ENDS_WITHIN_S = 60.0

EPILOG = """\b
Each option may also be given in the environment: LIFECYCLE_API_HOST,
LIFECYCLE_API_PORT, LIFECYCLE_PREFECT_PORT, LIFECYCLE_PREFECT_API_URL;
LIFECYCLE_DATA_DIR names the folder.
"""


@click.command(epilog=EPILOG)
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Where the API listens; beyond loopback with a key and LIFECYCLE_API_NAMES alone.  [default: 127.0.0.1]",
)
@click.option("--port", type=click.IntRange(1, 65_535), help="The API's port.  [default: 3001]")
@click.option("--prefect-port", type=click.IntRange(1, 65_535), help="The port of Prefect's pages.  [default: 4200]")
@click.option(
    "--beside-prefect",
    metavar="URL",
    help="The API of a Prefect server of your own, such as http://prefect:4200/api, whose workers run the flows; "
    "the API, alerts and the reconciler are served beside it.",
)
@click.option("--simulated-clock", is_flag=True, hidden=True, help="Play on LIFECYCLE_CLOCK, until standard input closes.")
def serve(*, host: str | None, port: int | None, prefect_port: int | None, beside_prefect: str | None, simulated_clock: bool) -> None:
    """Serve the API, Prefect and the hourly watch, until Ctrl-C."""
    from deployments.supervisor.serve import serve as serve_folder
    from tasks import context

    given: dict[str, str | int | None] = {
        "LIFECYCLE_API_HOST": host,
        "LIFECYCLE_API_PORT": port,
        "LIFECYCLE_PREFECT_PORT": prefect_port,
        "LIFECYCLE_PREFECT_API_URL": beside_prefect,
    }
    context.configure(**{name: str(value) for name, value in given.items() if value is not None})
    out = sys.stdout  # kept: the supervisor turns what others print into its log

    def say(line: str) -> None:
        with suppress(OSError):  # a terminal that was closed must not keep the tree from ending in order
            click.echo(line, file=out)

    serve_folder(context.settings(), say, simulated_clock=simulated_clock)


@click.command()
def down() -> None:
    """End what `lifecycle serve` started on this data folder."""
    from deployments.supervisor.folder import end_holder
    from tasks import context

    folder = context.settings().data_dir
    ended = end_holder(folder, within_s=ENDS_WITHIN_S)
    click.echo(f"Ended process {ended}, which served {folder}" if ended else f"Nothing serves {folder}")
