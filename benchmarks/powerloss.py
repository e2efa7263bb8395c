"""Power loss as near as it can be tried: writers are stopped at any instant, and what is on the disk then is opened elsewhere.

Two processes write batches, activate and roll back, in transactions that they acknowledge once they are committed, and the WAL is copied
into the database all the time. At a random instant both are stopped (SIGSTOP); the database and its WAL are copied, without the index of
the WAL, which a power loss takes too. One third of the copies are opened so; of one third the WAL is cut behind any frame that no
checkpoint has begun to copy, and of one third within such a frame, with bytes of chance for what follows, as a disk leaves that wrote
half. Each copy must open, hold by `lifecycle db verify`, and hold every batch whole or not at all; where nothing was cut off, every
acknowledged one.
"""

import multiprocessing
import os
import random
import shutil
import signal
import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks._databases import MEMORY
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic, versions
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database, sqlite_module

VARIANT: Final = "baseline"
BATCH: Final = 10
WRITERS: Final = 2
LIVES: Final = 25
"""How many instants one database is met at, before a new one is begun, so that it stays small."""
MOST_WAIT_S: Final = 0.08
NAME: Final = "lifecycle.db"
KINDS: Final = ("whole", "cut behind a frame", "cut within a frame")
_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class _Wal:
    """Where the WAL stands, as its index tells: the bytes of a page, valid frames, and those that a checkpoint may have begun to copy."""

    page: int
    frames: int
    copied: int

    @classmethod
    def read(cls, index: bytes) -> "_Wal":
        """From the index, as SQLite's file format has it."""
        page = struct.unpack_from("=H", index, 14)[0]
        return cls(65536 if page == 1 else page, struct.unpack_from("=I", index, 16)[0], struct.unpack_from("=I", index, 128)[0])

    def place(self, frame: int) -> int:
        """Where the WAL ends behind so many frames."""
        return _HEADER + frame * (_FRAME_HEADER + self.page)


def run(times: int = 1000, seed: int = 5) -> dict[str, object]:
    """Stop the writers `times` times."""
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    broken: list[str] = []
    opened, lost, cut = Counter[str](), 0, 0
    left: list[int] = []
    began = time.monotonic()
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        while opened.total() < times:
            folder = Path(place) / f"{opened.total()}"
            folder.mkdir()
            with _written(folder / NAME) as writers:
                for _ in range(min(LIVES, times - opened.total())):
                    kind = KINDS[opened.total() % len(KINDS)]
                    time.sleep(chance.uniform(0, MOST_WAIT_S))
                    with _stopped(writers):
                        acknowledged, shortened = _copied(folder, writers, kind, chance)
                        problems, there = _looked_at(folder / "copy" / NAME)
                    broken += [f"{kind}: {it}" for it in problems]
                    broken += [f"{kind}: batch {it} has {rows} of {BATCH} rows" for it, rows in there.items() if rows != BATCH]
                    gone = acknowledged - set(there)
                    if not shortened:
                        lost += len(gone)
                        broken += [f"{kind}: batch {it} was acknowledged, and is gone" for it in sorted(gone)]
                    opened[kind] += 1
                    cut += shortened
                    left.append(len(there))
            shutil.rmtree(folder)
    seconds = time.monotonic() - began
    print(f"{opened.total()} instants in {seconds:.0f} s: {', '.join(f'{n} {it}' for it, n in opened.items())}; {cut} copies lost frames")
    print(f"copies held {min(left):,} to {max(left):,} batches; acknowledged ones lost: {lost}; violations: {len(broken)}")
    for it in broken[:10]:
        print(f"  {it}")
    return {
        "instants": opened.total(),
        **{it.replace(" ", "_"): opened[it] for it in KINDS},
        "lost_frames": cut,
        "acknowledged_lost": lost,
        "violations": len(broken),
        "seconds": round(seconds, 1),
    }


@dataclass(frozen=True, slots=True)
class _Writer:
    process: multiprocessing.Process
    told: Path

    def acknowledged(self) -> set[str]:
        """The batches that it was told are committed."""
        return set(self.told.read_text().split("\n")[:-1])


@contextmanager
def _written(path: Path) -> Iterator[list[_Writer]]:
    """A database that is written to as long as this lasts."""
    act = Provenance("benchmark", datetime.now(UTC))
    with closing(Database(f"sqlite:///{path}")) as database:
        upgrade(database, act)
        for number in (1, 2):
            versions.register(database, act, variant=VARIANT, system_prompt=f"prompt {number}")
            versions.activate(database, act, VARIANT, number)
    spawn = multiprocessing.get_context("fork")
    writers = []
    for number in range(WRITERS):
        told = path.parent / f"told{number}"
        told.touch()
        writers.append(_Writer(spawn.Process(target=_write, args=(path, told, number)), told))  # type: ignore[arg-type]
    for it in writers:
        it.process.start()
    try:
        while not all(it.told.stat().st_size for it in writers):
            time.sleep(0.01)
        yield writers
    finally:
        for it in writers:
            it.process.kill()
            it.process.join()


def _write(path: Path, told: Path, writer: int) -> None:
    database = Database(f"sqlite:///{path}")
    with told.open("a") as stream:
        for number in count():
            act = Provenance("benchmark", datetime.now(UTC))
            name = f"w{writer}n{number:06d}"
            traffic.ingest(database, act, [_conversation(f"{name}:{it}", act.at) for it in range(BATCH)])
            stream.write(f"{name}\n")
            stream.flush()
            if writer == 0:
                versions.roll_back(database, act, VARIANT)
                versions.activate(database, act, VARIANT, 2)
            elif number % 7 == 0:
                # by the same SQLite as all else: another copy of it in this process would let go of the locks of the first
                with closing(sqlite_module().connect(path)) as connection:
                    connection.execute("PRAGMA wal_checkpoint")


def _conversation(name: str, at: datetime) -> Conversation:
    return Conversation(id=name, variant=VARIANT, version=1, ended_at=at, booked=True, cost_usd=0.001, actions=("confirm",))


@contextmanager
def _stopped(writers: list[_Writer]) -> Iterator[None]:
    """As long as this lasts no writer moves, wherever it is."""
    for it in writers:
        os.kill(_pid(it), signal.SIGSTOP)
    try:
        for it in writers:
            _await_stopped(_pid(it))
        yield
    finally:
        for it in writers:
            os.kill(_pid(it), signal.SIGCONT)


def _copied(folder: Path, writers: list[_Writer], kind: str, chance: random.Random) -> tuple[set[str], bool]:
    """Copy what is on the disk: -> what the writers have acknowledged, and whether frames were cut off."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name in (NAME, f"{NAME}-wal"):
        shutil.copyfile(folder / name, copy / name)
    wal = _Wal.read((folder / f"{NAME}-shm").read_bytes()[:136])
    acknowledged = set[str]().union(*(it.acknowledged() for it in writers))
    if kind == KINDS[0] or wal.frames <= wal.copied:
        return acknowledged, False
    kept = chance.randrange(wal.copied, wal.frames)
    with (copy / f"{NAME}-wal").open("r+b") as stream:
        if kind == KINDS[1]:
            stream.truncate(wal.place(kept))
        else:
            within = chance.randrange(wal.place(kept), wal.place(kept + 1))
            stream.seek(within)
            stream.write(chance.randbytes(wal.place(wal.frames) - within))
    return acknowledged, True


def _pid(it: _Writer) -> int:
    pid = it.process.pid
    if pid is None or it.process.exitcode is not None:
        message = f"a writer has ended with {it.process.exitcode}"
        raise RuntimeError(message)
    return pid


def _await_stopped(pid: int) -> None:
    """Until a process has come to a stop."""
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)


def _looked_at(path: Path) -> tuple[list[str], dict[str, int]]:
    """What does not hold in a copy, and its batches with their rows."""
    with closing(Database(f"sqlite:///{path}")) as database:
        problems = list(verify(database).problems)
    with closing(sqlite_module().connect(path)) as connection:
        found = connection.execute("SELECT substr(id, 1, 9) AS batch, count(*) FROM conversations GROUP BY batch").fetchall()
    return problems, dict(found)
