"""The files of the shared data, and the options by which they are taken in."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lifecycle_core.traffic.mapping import Mapping

SHARED: Final = Path(__file__).parents[2] / "shared" / "data"

COMMANDS: Final = {
    "timeline.jsonl.gz": "",
    "tau2.jsonl.gz": "--map variant=run --map booked=success --zone UTC --map segments.task=task_id "
    "--map segments.prompt=prompt_version --crash-where termination=agent_error",
    "tau.jsonl.gz": "--map variant=run --map booked=success --map started_at= --ended-at 2025-11-30T00:00:00Z "
    "--map segments.task=task_id --crash-where termination=error",
    "promptversions.jsonl.gz": "--map variant=run --map booked=success --map errors=error --ended-at 2026-02-28T00:00:00Z "
    "--map segments.task=task_id --map segments.prompt=prompt_hash",
    "sgd/sgd.jsonl.gz": "--map variant=domain --ended-at 2020-01-01T00:00:00Z --map segments.service=service",
}
"""File -> the options of `lifecycle ingest` that take it in."""


def mapping_of(path: Path, options: str) -> "Mapping":
    """The mapping that the command's own options stand for."""
    from deployments.cli.ingest import ingest
    from lifecycle_core.traffic.mapping import Mapping

    given = ingest.make_context("ingest", [str(path), *shlex.split(options)]).params
    return Mapping.parse(**{name: given[name] for name in ("maps", "variant", "zone", "ended_at", "crash_where")})


def load_suite() -> None:
    """Load Great Expectations, which a command does once."""
    from datetime import UTC, datetime

    from lifecycle_core.conversations import Conversation
    from tasks.quality import check

    noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    check([Conversation(id="c", variant="v", ended_at=noon)], noon)
