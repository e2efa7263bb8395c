"""A browser, and the pages served to it from a database of a known state."""

import shutil
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn

from benchmarks import _worlds as worlds
from deployments.http.app import create_app
from tasks import context
from tests.chromium import chromium


@dataclass(frozen=True)
class Site:
    """The pages as they are served."""

    url: str

    def session(self, variant):
        """The newest retraining of a variant."""
        from lifecycle_core.operations import retraining

        return retraining.history(context.database(), variant, 1)[0].session_id


@contextmanager
def serving(folder):
    """The pages of a data folder, on a port of their own."""
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as listener:
        patch.setenv("LIFECYCLE_DATA_DIR", str(folder))
        context.configure()
        server = uvicorn.Server(uvicorn.Config(create_app(), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
            context.database().close()
    context.configure()


@pytest.fixture(scope="module")
def browser():
    with chromium() as it:
        yield it


@pytest.fixture(scope="session")
def everything(tmp_path_factory, sqlite_template):
    """A database in which every state is."""
    return worlds.made(tmp_path_factory.mktemp("everything"), sqlite_template, worlds.everything)


@pytest.fixture
def site(everything, tmp_path):
    """The pages of a copy of it."""
    folder = shutil.copytree(everything, tmp_path / "data")
    with serving(folder) as it:
        yield it
