"""The entries of prefect.yaml as deployments that this process's own runner serves."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule

from lifecycle_core.errors import SetupError

FILE = Path(__file__).parents[2] / "prefect.yaml"
KNOWN = {"name", "entrypoint", "description", "tags", "parameters", "schedules", "work_pool"}
HOURLY = "hourly"
_WHERE = {"work_pool"}  # where code runs is this process's own affair


def deployments_of(file: Path = FILE, *, every_seconds: int | None = None) -> list[RunnerDeployment]:
    """The deployments of `file`, in its order.

    every_seconds : replaces the hourly schedule by this interval, for demo and tests.
    Raises SetupError for a file that cannot be read, or that says what this loader does not know.
    """
    return [_deployment(entry, every_seconds) for entry in _entries(file)]


@cache
def names_of(file: Path = FILE) -> tuple[str, ...]:
    """The names of the deployments of `file`; raises SetupError for one that cannot be read."""
    return tuple(str(it["name"]) for it in _entries(file))


def _entries(file: Path) -> list[Mapping[str, Any]]:
    try:
        found: list[Mapping[str, Any]] = yaml.safe_load(file.read_text())["deployments"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        message = f"{file} cannot be read as deployments: {error}"
        raise SetupError(message) from error
    return found


def _deployment(entry: Mapping[str, Any], every_seconds: int | None) -> RunnerDeployment:
    unknown = sorted(set(entry) - KNOWN)
    if unknown:
        known = ", ".join(sorted(KNOWN))
        message = f"the deployment {entry.get('name')!r} of prefect.yaml has {unknown[0]!r}, which would be lost; known are: {known}"
        raise SetupError(message)
    said = {name: value for name, value in entry.items() if name not in _WHERE | {"schedules"}}
    return RunnerDeployment.from_entrypoint(
        **said,
        schedules=[_schedule(it, every_seconds) for it in entry.get("schedules", [])],
    )


def _schedule(said: Mapping[str, Any], every_seconds: int | None) -> Schedule:
    named = {"slug": said["slug"], "timezone": said.get("timezone", "UTC"), "parameters": said.get("parameters", {})}
    return Interval(every_seconds, **named) if every_seconds and said["slug"] == HOURLY else Cron(said["cron"], **named)
