"""A backup while eight clients write: how long it takes, how long writers wait meanwhile, and whether it holds and what it holds.

Both are backed up by `lifecycle db backup` and put back by `lifecycle db restore`, in processes of their own as a person runs them; for
PostgreSQL the programs of its wheel are on the PATH. What was acknowledged before the backup began must be in it, every batch whole or
not at all, and what was put back must hold by `lifecycle db verify`.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks import _native_files
from benchmarks._databases import places, programs
from deployments.demo.tree import LIFECYCLE, environment_for
from lifecycle_core.conversations import Conversation, conversation_adapter
from lifecycle_core.operations import traffic
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

VARIANT: Final = "backed up"
BATCH: Final = 100
SEEDED_AT_ONCE: Final = 2000
QUIET_S: Final = 5.0
"""For how long writers write before the backup begins."""


@dataclass(slots=True)
class _Written:
    """When each batch was acknowledged, and how long that took."""

    acknowledged: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def run(rows: int = 100_000, writers: int = 8, databases: str = "sqlite,postgresql") -> dict[str, object]:
    """Back up databases that hold `rows` conversations while `writers` write."""
    return {kind: _one(kind, places()[kind], rows, writers) for kind in databases.split(",")}


def _one(kind: str, place: Callable[[], AbstractContextManager[str]], rows: int, writers: int) -> dict[str, object]:
    with TemporaryDirectory() as folder, place() as url, closing(Database(url)) as database:
        seed(database, rows)
        with _loaded(database, writers) as written:
            time.sleep(QUIET_S)
            began = time.monotonic()
            backup = Path(folder) / "backup"
            _lifecycle(Path(folder), url, "backup", str(backup))
            ended = time.monotonic()
        megabytes = backup.stat().st_size / 1e6
        began_putting = time.monotonic()
        _lifecycle(Path(folder), url, "restore", str(backup), "--yes")
        restored_s = time.monotonic() - began_putting
        found = verify(database)
    before, until = (rows + BATCH * sum(at <= it for at in written.acknowledged) for it in (began, ended))
    during = [it for at, it in zip(written.acknowledged, written.seconds, strict=True) if began <= at <= ended]
    quiet = [it for at, it in zip(written.acknowledged, written.seconds, strict=True) if at < began]
    held = found.conversations
    whole = before <= held <= until + BATCH * writers and (held - rows) % BATCH == 0
    print(f"{kind}: {held:,} conversations backed up and verified in {ended - began:.1f} s, put back and verified in {restored_s:.1f} s")
    print(f"  a batch of {BATCH} took p99 {_ms(quiet):.0f} ms before and {_ms(during):.0f} ms meanwhile ({len(during)} batches)")
    print(f"  acknowledged before {before:,}, until its end {until:,}; whole: {whole}; problems: {len(found.problems)}")
    return {
        "rows": held,
        "backup_s": round(ended - began, 2),
        "restore_s": round(restored_s, 2),
        "write_p99_ms_before": round(_ms(quiet), 1),
        "write_p99_ms_meanwhile": round(_ms(during), 1),
        "batches_meanwhile": len(during),
        "acknowledged_missing": max(0, before - held),
        "whole": whole,
        "problems": len(found.problems),
        "megabytes": round(megabytes, 1),
    }


def _ms(seconds: list[float]) -> float:
    return 1000 * float(np.percentile(seconds, 99)) if seconds else 0.0


def seed(database: Database, rows: int) -> list[str]:
    """Give an empty database its schema and `rows` conversations: -> the schema's revisions."""
    act = Provenance("benchmark", datetime.now(UTC))
    revisions = upgrade(database, act)
    told = (conversation_adapter().validate_json(json.dumps(it)) for it in _native_files.conversations(rows, messages=False))
    while batch := list(islice(told, SEEDED_AT_ONCE)):
        traffic.ingest(database, act, batch)
    return revisions


@contextmanager
def _loaded(database: Database, writers: int) -> Iterator[_Written]:
    """As long as this lasts threads write, each a batch as soon as the one before is acknowledged."""
    written, over = _Written(), threading.Event()

    def write(writer: int) -> None:
        for number in count():
            if over.is_set():
                return
            act = Provenance("benchmark", datetime.now(UTC))
            batch = [Conversation(id=f"{writer}:{number}:{it}", variant=VARIANT, ended_at=act.at, booked=True) for it in range(BATCH)]
            began = time.monotonic()
            traffic.ingest(database, act, batch)
            written.seconds.append(time.monotonic() - began)
            written.acknowledged.append(time.monotonic())

    threads = [threading.Thread(target=partial(write, writer)) for writer in range(writers)]
    for it in threads:
        it.start()
    try:
        yield written
    finally:
        over.set()
        for it in threads:
            it.join()


def _lifecycle(folder: Path, url: str, *words: str) -> None:
    path = f"{programs()}:{os.environ['PATH']}"
    environment = environment_for(folder / "data", LIFECYCLE_DATABASE_URL=url, PATH=path)
    subprocess.run([*LIFECYCLE, "db", *words], check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - this program itself
