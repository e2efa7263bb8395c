"""The clock, environment and database of the running process: the one place below `deployments` that asks for them. Knows no Prefect."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from lifecycle_core.provenance import Provenance
from lifecycle_core.settings import Settings

if TYPE_CHECKING:
    from lifecycle_core.store.database import Database

_given: dict[str, str] = {}


def configure(**environment: str) -> None:
    """Let `environment` win over the process's own, for what this process was told on its command line."""
    _given.update(environment)
    settings.cache_clear()
    database.cache_clear()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.read({**os.environ, **_given})


@cache
def database() -> "Database":
    """The database of this process, brought to this program's schema."""
    from lifecycle_core.operations.database import upgrade
    from lifecycle_core.store.database import Database

    opened = Database(settings().database_url)
    upgrade(opened)
    return opened


def now() -> datetime:
    """The instant, in UTC; in a demo or a test a faster clock may tell it."""
    real = datetime.now(UTC)
    clock = settings().clock
    return clock.at(real) if clock else real


def act(by: str, why: str = "", request_id: str | None = None) -> Provenance:
    """The provenance of a change that `by` makes now."""
    return Provenance(by, now(), why, request_id)
