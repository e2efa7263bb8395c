"""Kill -9 at random moments of an ingest: what was acknowledged is there, once, and the sums are what the rows make.

A process that has loaded everything forks for each ingest, so that the moment
falls into reading, judging and writing and not into the start of Python. A
database is killed `chain` times and then taken to the end; after every kill and
at the end its rollups are counted anew from its rows.
"""

import os
import random
import signal
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks._real_files import COMMANDS, SHARED, load_suite, mapping_of

if TYPE_CHECKING:
    from lifecycle_core.operations.database import Verification

FILE: Final = "tau2.jsonl.gz"


def run(kills: int = 100, chain: int = 5, batch: int = 50, seed: int = 3) -> dict[str, object]:
    """Kill `kills` times; a batch of so many records is one transaction."""
    load_suite()
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    path, options = SHARED / FILE, COMMANDS[FILE]
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.db"
        seconds = _wait(_start(whole, path, options, batch))
        rows = _look(whole).conversations
        print(f"uninterrupted: {rows:,} rows in {seconds:.1f} s, {-(-rows // batch)} transactions; killing within that time")
        killed = finished = broken = worst = 0
        problems: list[str] = []
        left: list[int] = []
        number = 0
        while killed < kills:
            number += 1
            database = Path(folder) / f"killed{number}.db"
            for _ in range(min(chain, kills - killed)):
                child = _start(database, path, options, batch)
                time.sleep(chance.uniform(0, seconds))
                os.kill(child, signal.SIGKILL)
                _wait(child)
                killed += 1
                found = _look(database)
                left.append(found.conversations)
                broken += bool(found.problems)
                problems += found.problems
            _wait(_start(database, path, options, batch))
            found = _look(database)
            finished += found.conversations == rows
            problems += found.problems
            worst = max(worst, abs(found.conversations - rows))
    print(f"{killed} kills, left with {min(left):,} to {max(left):,} rows; {broken} left rollups that disagree with rows")
    print(f"{finished} of {number} databases then came to all {rows:,} rows; lost or doubled at most {worst}; problems: {len(problems)}")
    return {
        "kills": killed,
        "rows": rows,
        "databases": number,
        "finishedWhole": finished,
        "lostOrDoubled": worst,
        "disagreeingAfterAKill": broken,
        "problems": problems[:10],
        "differentMoments": len(set(left)),
    }


def _start(database: Path, path: Path, options: str, batch: int) -> int:
    """Begin an ingest in a process of its own; returns its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries do not live on in the child, and it needs none
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        _ingest(database, path, options, batch)
        status = 0
    finally:
        os._exit(status)


def _ingest(database: Path, path: Path, options: str, batch: int) -> None:
    from lifecycle_core.traffic.reading import Reading
    from lifecycle_core.traffic.summary import Summary
    from tasks import context, traffic

    context.configure(LIFECYCLE_DATABASE_URL=f"sqlite:///{database}")
    with path.open("rb") as stream:
        reading = Reading(stream, path.name, mapping_of(path, options))
        for _ in traffic.take_in(reading, Summary(), context.act("benchmark"), most=batch):
            pass


def _wait(child: int) -> float:
    """Wait for the end of a process; returns the seconds."""
    start = time.perf_counter()
    os.waitpid(child, 0)
    return time.perf_counter() - start


def _look(database: Path) -> "Verification":
    from lifecycle_core.operations.database import upgrade, verify
    from lifecycle_core.store.database import Database

    it = Database(f"sqlite:///{database}")
    try:
        upgrade(it)
        return verify(it)
    finally:
        it.close()
