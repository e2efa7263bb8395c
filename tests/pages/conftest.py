"""A browser, and the pages served to it from a database of a known state."""

import shutil
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from benchmarks import _worlds as worlds
from deployments.demo.browsing import chromium, served
from deployments.http.app import create_app
from tasks import context


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_DATA_DIR", str(folder))
        context.configure()
        with closing(context.database()), served(create_app()) as url:
            yield Site(url)
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
