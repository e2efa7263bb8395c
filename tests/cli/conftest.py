"""`lifecycle …` in a folder and a database of its own, and traffic that drifts on its last day."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deployments.cli.main import main
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations.traffic import ingest
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tasks import context
from tests.retrainable import key_kept

END = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAYS, A_DAY = 14, 60

Lifecycle = Callable[..., Result]


@pytest.fixture
def lifecycle(tmp_path, monkeypatch, sqlite_template) -> Iterator[Lifecycle]:
    """What `lifecycle …` says and exits with, on an empty database."""
    yield from _in_folder(tmp_path, monkeypatch, sqlite_template)


@pytest.fixture
def watched(tmp_path, monkeypatch, drifting_template) -> Iterator[Lifecycle]:
    """The same, on a database with two weeks of `baseline`, whose outcome and speed change on the last day."""
    yield from _in_folder(tmp_path, monkeypatch, drifting_template)


@pytest.fixture(scope="session")
def drifting_template(tmp_path_factory, sqlite_template) -> Path:
    """That database, to be copied."""
    path: Path = tmp_path_factory.mktemp("drifting") / "lifecycle.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    ingest(database, Provenance("test", END), list(_conversations()))
    database.close()
    return path


def _conversations() -> Iterator[Conversation]:
    for number in range(DAYS * A_DAY):
        ended_at = END - timedelta(days=DAYS) + timedelta(days=(number + 0.5) / A_DAY)
        changed = ended_at >= END - timedelta(days=1)
        yield Conversation(
            id=f"c{number}",
            variant="baseline",
            ended_at=ended_at,
            booked=number % 10 < (3 if changed else 8),
            escalated=number % 20 == 0,
            cost_usd=0.02 + number % 7 / 1000,
            response_times_s=((5.0 if changed else 2.0) + number % 5 / 10,),
            actions=("look_up", "book"),
        )


def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, template: Path) -> Iterator[Lifecycle]:
    (folder / "data").mkdir()
    key_kept(folder / "data")
    shutil.copyfile(template, folder / "data" / "lifecycle.db")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(folder / "data"))
    with monkeypatch.context() as given:
        given.setattr(context, "_given", {})
        context.configure()
        yield lambda *words, stdin=None: CliRunner().invoke(main, [str(it) for it in words], input=stdin)
        if context.current.cache_info().currsize:
            context.database().close()
    monkeypatch.undo()
    context.configure()


@pytest.fixture
def write(tmp_path):
    """Write records, or lines as they are, to a file of that name."""

    def to(name, *lines: object) -> str:
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return name

    return to
