"""`lifecycle doctor`: whether this machine can serve, and a remedy for each thing that is not as it should be."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.finding import COLOURS, Finding
from deployments.cli.shown import BAD_NEWS, coloured, json_option, print_json, print_table

if TYPE_CHECKING:
    from lifecycle_core.settings import Settings

PYTHONS = ((3, 11), (3, 14))
SQLALCHEMYS = ((2, 0), (2, 1))
SOUND_SQLITE = (3, 51, 3)
"""The first SQLite without a rare fault of the WAL's reset, which can damage a database that several processes write."""
LITTLE_BYTES, NO_BYTES = 2_000_000_000, 100_000_000
CONNECT_WITHIN_S = 0.5
FIRST_YEAR = 2025


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Examine this installation, with a remedy for each fault.

    Exits with 5 where something fails; a warning is no failure.
    """
    from deployments.wire.installation import FindingsWire, FindingWire
    from tasks import context

    found = list(_examine(context.settings()))
    if as_json:
        print_json(FindingsWire(findings=[FindingWire(**it._asdict()) for it in found]))
    else:
        print_table(
            ("what", "state", "found", "remedy"), ((it.name, coloured(it.state, COLOURS[it.state]), it.found, it.remedy) for it in found)
        )
    if any(it.state == "failure" for it in found):
        sys.exit(BAD_NEWS)


def _examine(settings: "Settings") -> Iterator[Finding]:
    from deployments.cli import doctor_store
    from tasks import context

    yield _python()
    yield _package("prefect", None)
    yield _package("sqlalchemy", SQLALCHEMYS)
    yield _sqlite()
    yield from _folder(settings.data_dir)
    yield _port("API port", settings.api_host, settings.api_port, settings.data_dir, "LIFECYCLE_API_PORT")
    yield _port("Prefect port", settings.api_host, settings.prefect_port, settings.data_dir, "LIFECYCLE_PREFECT_PORT")
    yield from doctor_store.examine(settings, context.now())
    yield _models(settings)
    yield _clock(settings)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]:
        return Finding("Python", "ok", found)
    return Finding("Python", "failure", found, "make the environment anew with Python 3.11, 3.12 or 3.13")


def _package(name: str, versions: tuple[tuple[int, ...], tuple[int, ...]] | None) -> Finding:
    """Whether a package can be had, and is of the half-open span `versions`."""
    from importlib import metadata

    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, "failure", "not installed", "make install")
    if versions is None or versions[0] <= _parts(found) < versions[1]:
        return Finding(name, "ok", found)
    first, past = (".".join(map(str, it)) for it in versions)
    return Finding(name, "failure", found, f"make install brings {first} or later, before {past}")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(it) for it in version.split(".") if it.isdecimal())


def _sqlite() -> Finding:
    from lifecycle_core.operations.database import sqlite_version

    found = sqlite_version()
    if _parts(found) >= SOUND_SQLITE:
        return Finding("SQLite", "ok", found)
    sound = ".".join(map(str, SOUND_SQLITE))
    return Finding(
        "SQLite",
        "warning",
        found,
        f"before {sound} a rare fault of its log can damage what several processes write; install pysqlite3, or use PostgreSQL",
    )


def _folder(folder: Path) -> Iterator[Finding]:
    from shutil import disk_usage

    there = next(it for it in (folder, *folder.parents) if it.exists())
    if there.is_dir() and _writable(there):
        yield Finding("data folder", "ok", f"{folder}{'' if there == folder else ', made when it is needed'}")
    else:
        yield Finding(
            "data folder", "failure", f"{there} cannot be written", "give this user the right to, or name another with LIFECYCLE_DATA_DIR"
        )
    free = disk_usage(there).free
    told = f"{free / 1e9:,.1f} GB free"
    if free >= LITTLE_BYTES:
        yield Finding("disk", "ok", told)
    elif free >= NO_BYTES:
        yield Finding("disk", "warning", told, "free some space soon")
    else:
        yield Finding("disk", "failure", told, "free some space, or name another folder with LIFECYCLE_DATA_DIR")


def _writable(folder: Path) -> bool:
    from tempfile import TemporaryFile

    try:
        with TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _port(name: str, host: str, port: int, folder: Path, variable: str) -> Finding:
    from socket import create_connection

    from deployments.supervisor.folder import holder_of

    try:
        create_connection((host, port), CONNECT_WITHIN_S).close()
    except OSError:
        return Finding(name, "ok", f"{port} is free")
    serving = holder_of(folder)
    if serving is not None:
        return Finding(name, "ok", f"{port} is served by process {serving}, which serves this data folder")
    return Finding(name, "warning", f"{port} is taken by another program", f"end that program, or give another port with {variable}")


def _models(settings: "Settings") -> Finding:
    from socket import create_connection
    from urllib.parse import urlsplit

    from deployments.wire.installation import masked

    if settings.models is None:
        return Finding("models", "ok", "no endpoint is set; lifecycle serve starts a simulated one")
    place, told = urlsplit(settings.models.base_url), masked(settings.models.base_url)
    try:
        create_connection((place.hostname or "", place.port or (443 if place.scheme == "https" else 80)), CONNECT_WITHIN_S).close()
    except OSError:
        return Finding("models", "warning", f"{told} cannot be reached", "start it, or name another with LIFECYCLE_OPENAI_BASE_URL")
    return Finding("models", "ok", f"{told} listens; {settings.models.model} is asked")


def _clock(settings: "Settings") -> Finding:
    from tasks import context

    found = f"{context.now():%Y-%m-%dT%H:%M:%SZ}"
    if settings.clock is not None:
        return Finding("clock", "warning", f"{found}, simulated", "unset LIFECYCLE_CLOCK")
    if context.now().year < FIRST_YEAR:
        return Finding("clock", "failure", found, "set this machine's clock")
    return Finding("clock", "ok", found)
