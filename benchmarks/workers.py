"""Several workers on one pool: a backfill of many files, with one worker, and with more of which one is killed again and again.

PostgreSQL, a Prefect server, `lifecycle serve --beside-prefect` and each
worker are processes of their own. A worker is killed with all that it started,
at once, as a machine that is lost, and another is started in its place. At the
end every row of the files is there once, the sums are what the rows make, and
each file is done.
"""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import _native_files
from benchmarks._databases import places
from benchmarks._pool import Pool, pool, until
from lifecycle_core.operations import backfills
from lifecycle_core.operations.database import verify
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.backfill import FileState

WITHIN_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a backfill came to. seconds : from its start to its end; again : files that more than one worker had."""

    seconds: float
    done: int
    rows: int
    again: int
    kills: int
    problems: int


def run(files: int = 200, rows: int = 3000, workers: int = 3, every_s: float = 20.0, seed: int = 1) -> dict[str, object]:
    """Take `files` files of `rows` conversations in with one worker, then with `workers`, of which one is killed every so many seconds."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "files"
        folder.mkdir()
        lines = _native_files.conversations(files * rows, messages=False)
        for number in range(files):
            with (folder / f"{number:05}.jsonl").open("w") as file:
                file.writelines(f"{json.dumps(it)}\n" for it in islice(lines, rows))
        one = _measured(folder, 1, None, seed)
        _tell("1 worker", one, files * rows)
        many = _measured(folder, workers, None, seed)
        _tell(f"{workers} workers", many, files * rows)
        killed = _measured(folder, workers, every_s, seed)
        _tell(f"{workers} workers, one killed every {every_s:.0f} s", killed, files * rows)
    return {
        "files": files,
        "rows": files * rows,
        "completed_once_each": min(one.done, many.done, killed.done),
        "rows_missing_or_doubled": max(abs(it.rows - files * rows) for it in (one, many, killed)),
        "problems": sum(it.problems for it in (one, many, killed)),
        "kills": killed.kills,
        "files_taken_over": killed.again,
        "seconds_one": round(one.seconds, 1),
        "seconds_many": round(many.seconds, 1),
        "seconds_killed": round(killed.seconds, 1),
        "speedup": round(one.seconds / many.seconds, 2),
        "speedup_killed": round(one.seconds / killed.seconds, 2),
    }


def _measured(folder: Path, workers: int, every_s: float | None, seed: int) -> Measured:
    with TemporaryDirectory() as place, places()["postgresql"]() as url, pool(Path(place), url, deployments=["backfill"]) as it:
        database = Database(url)
        names = [f"worker-{number}" for number in range(workers)]
        for name in names:
            it.start_worker(name)
        began = time.monotonic()
        said = json.loads(it.run("deployments.cli", "backfill", "start", str(folder), "--runs", str(workers), "--json"))
        killing = _killing(it, names, every_s, seed)
        until(lambda: next(killing) is not None and backfills.progress(database, said["id"]).over, WITHIN_S)
        seconds, found, checked = time.monotonic() - began, backfills.progress(database, said["id"]), verify(database)
        database.close()
        return Measured(
            seconds,
            found.count(FileState.DONE),
            checked.conversations,
            sum(one.attempts > 1 for one in found.files),
            next(killing),
            len(checked.problems),
        )


def _killing(it: Pool, names: list[str], every_s: float | None, seed: int) -> Iterator[int]:
    """How many were killed so far; asked often, it kills the next one when its time has come."""
    chance, kills, last = random.Random(seed), 0, time.monotonic()  # noqa: S311 - whom it hits, and no secret
    while True:
        if every_s is not None and time.monotonic() - last >= every_s:
            name = chance.choice(names)
            it.kill(name)
            it.start_worker(name)
            kills, last = kills + 1, time.monotonic()
        yield kills


def _tell(what: str, it: Measured, rows: int) -> None:
    told = f"{it.done:,} files done, {it.rows:,} of {rows:,} rows, {it.problems} problems"
    print(f"{what:<38}{it.seconds:7.1f} s  {told}; {it.kills} kills, {it.again} files taken over", flush=True)
