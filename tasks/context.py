"""The clock, environment and database of the running process: the one place below `deployments` that asks for them. Knows no Prefect."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from secrets import token_bytes
from typing import TYPE_CHECKING, Final, Literal

from lifecycle_core.access import RANDOM_BYTES, Secret
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.provenance import Provenance
from lifecycle_core.settings import Settings

if TYPE_CHECKING:
    from numpy.random import Generator

    from lifecycle_core.store.database import Database

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(hours=1)
"""What clocks may differ by: an instant further ahead of now was not meant."""
_SEED: Final = 1

_given: dict[str, str] = {}
_rehearsals: list["Database"] = []


def configure(**environment: str) -> None:
    """Let `environment` win over the process's own, for what this process was told on its command line."""
    _given.update(environment)
    settings.cache_clear()
    current.cache_clear()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.read({**os.environ, **_given})


def source(name: str) -> Literal["command line", "environment", "default"]:
    """Where the variable `name` has its value from: "command line", "environment" or "default"."""
    return "command line" if name in _given else "environment" if os.environ.get(name) else "default"


def opened() -> "Database":
    """The database of this process as it is, whatever its schema; the caller closes it."""
    from lifecycle_core.store.database import Database

    return Database(settings().database_url, settings().database_connections)


def database() -> "Database":
    """The database of this process, brought to this program's schema; in a rehearsal, what that has made of it."""
    return _rehearsals[-1] if _rehearsals else current()


@cache
def current() -> "Database":
    """The database of this process, brought to this program's schema."""
    from lifecycle_core.operations.database import upgrade

    found = opened()
    upgrade(found, act("system:upgrade"))
    return found


@contextmanager
def rehearsal() -> Iterator[None]:
    """Let this process change its database for as long as this lasts, and take all of it back."""
    from lifecycle_core.operations.database import rehearsed

    with rehearsed(database()) as trying:
        _rehearsals.append(trying)
        try:
            yield
        finally:
            _rehearsals.pop()


def now() -> datetime:
    """The instant, in UTC; in a demo or a test a faster clock may tell it."""
    real = datetime.now(UTC)
    clock = settings().clock
    return clock.at(real) if clock else real


def outside() -> datetime:
    """The instant that others' clocks tell, in UTC, whatever time a demo plays in: what is sent out is dated by it."""
    return datetime.now(UTC)


def as_of(at: datetime | None) -> datetime:
    """The instant that a question is about, in UTC: `at`, else now.

    Raises InvalidInputError for an `at` without a zone, before the year 2000, or over an hour ahead of now.
    """
    if at is None:
        return now()
    if at.tzinfo is None:
        message = f"at is {at.isoformat()} and has no zone; add Z for UTC ({at.isoformat()}Z), or an offset such as +02:00"
        raise InvalidInputError(message, field="at")
    if not EARLIEST <= at <= now() + AHEAD:
        message = f"at is {at.isoformat()}; give an instant from the year 2000 to now, {now():%Y-%m-%dT%H:%M:%SZ}"
        raise InvalidInputError(message, field="at")
    return at.astimezone(UTC)


def new_secret() -> Secret:
    """The text of a new key to the API, by chance."""
    return Secret.made(token_bytes(RANDOM_BYTES))


def act(by: str, why: str = "", request_id: str | None = None) -> Provenance:
    """The provenance of a change that `by` makes now."""
    return Provenance(by, now(), why, request_id)


def act_outside(by: str) -> Provenance:
    """The provenance of a change that is held against the clocks of other machines: leases, claims, what is sent out."""
    return Provenance(by, outside())


def chance() -> "Generator":
    """The chance that imagined tests are given: it begins anew each time, so that one question has one answer."""
    import numpy as np

    return np.random.default_rng(_SEED)
