"""Each of the ten steps is killed inside its transaction and just after it; taken again, the rows are those of a session never killed."""

import os
import shutil
import signal
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from benchmarks._boundaries import IN_TRANSACTIONS, Moment, kill_at
from benchmarks._sessions import STEPS, proved, ready
from lifecycle_core.operations import promotion, retraining, shadow
from lifecycle_core.operations.database import verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES

ACT = Provenance("test", datetime(2025, 10, 7, 12, tzinfo=UTC))
NAME = "retrain_baseline_1759838400000"
TAKEN = (
    ("begin", lambda it, act: retraining.begin(it, act, "baseline", "k")),
    *(
        (name, lambda it, act, step=step: step(it, act, NAME))
        for name, step in zip(
            ("keep_training_data", "keep_failures", "keep_improvement", "register_candidate", "keep_evaluation", "start_shadow"),
            STEPS,
            strict=True,
        )
    ),
    ("record_samples", lambda it, act: shadow.record_samples(it, act, NAME, proved(act))),
    ("keep_verdict", lambda it, act: shadow.keep_verdict(it, act, NAME)),
    ("promote_or_roll_back", lambda it, act: promotion.promote_or_roll_back(it, act, NAME)),
)
"""The ten transactions of a session, by name, in order."""


def rows(database: Database):
    """Everything that the database holds, table by table."""
    with database.read() as tx:
        present = inspect(tx.connection()).get_table_names()
        return {name: tx.execute(select(TABLES[name])).all() for name in sorted(present) if name in TABLES}


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory, sqlite_template):
    """A folder of databases, one as it is before each step and one at the end; and what the last one holds."""
    folder = tmp_path_factory.mktemp("unkilled")
    path = folder / "now.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    ready(database, ACT)
    for number, (_, step) in enumerate(TAKEN):
        keep(database, path, folder / f"before{number}.db")
        step(database, ACT)
    whole = rows(database)
    database.close()
    return folder, whole


def keep(database: Database, path: Path, to: Path):
    """Copy a database that nobody writes to; closing it puts its log back into its file."""
    database.close()
    shutil.copyfile(path, to)


def killed(path: Path, step, moment) -> int:
    """Take a step in a process that ends at the moment; returns the signal that ended it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries do not live on in the child, and it needs none
        child = os.fork()
    if child == 0:
        try:
            kill_at(step[0], moment)
            step[1](Database(f"sqlite:///{path}"), ACT)
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@pytest.mark.slow
@pytest.mark.parametrize("moment", IN_TRANSACTIONS)
@pytest.mark.parametrize("number", range(len(TAKEN)), ids=[name for name, _ in TAKEN])
def test_a_killed_step_is_not_done_or_done_and_taken_again_ends_the_same(tmp_path, unkilled, opened, number, moment):
    folder, whole = unkilled
    path = tmp_path / "lifecycle.db"
    shutil.copyfile(folder / f"before{number}.db", path)
    database = opened(f"sqlite:///{path}")
    before = rows(database)
    database.close()

    assert killed(path, TAKEN[number], moment) == signal.SIGKILL

    left = rows(database)
    assert (left == before) is (moment is not Moment.KEPT)
    for _, step in TAKEN[number:]:
        step(database, ACT)
    assert rows(database) == whole
    assert verify(database).problems == ()
