"""`lifecycle serve`, its Prefect server, flow runs and endpoint as real processes, struck one after the other by a seeded schedule.

Sessions are opened, answered and ended in the database alone, so that every signal to Prefect is lost; what brings them on is the
reconciler. After each stroke the session must come on: a step, a call, a sample or an ending that was not there before. The time to
that is counted from the stroke's end, which for a tree that was killed is when it was started again. The clock that jumps is the tree's
own (LIFECYCLE_CLOCK), on and back by hours; a disk that is full and a file that is read-only need the right to mount.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final

from benchmarks._driven import VARIANT, seeded, visits
from benchmarks._places import full, read_only, small
from benchmarks.steps import OPTIONS, QUICK
from deployments.demo.tree import Tree
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import promotion, retraining, versions, versions_asked
from lifecycle_core.operations.database import verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED
from lifecycle_core.store.database import Database, sqlite_module

STARTS_WITHIN_S: Final = 240.0
COMES_ON_WITHIN_S: Final = 240.0
"""What takes longer is given up, and counts as unfinished."""
HELD_S: Final = 6.0
"""For so long a process is stopped, the database locked or read-only, or the disk full."""
ROOM_MIB: Final = 400
JUMPS_H: Final = (5.0, -3.0)
BETWEEN_S: Final = (1.0, 8.0)
KILLS: Final = ("serve", "prefect", "flow run", "endpoint")
OTHERS: Final = (
    *("prefect stopped", "flow run stopped", "endpoint stopped", "database locked"),
    *("resume pressed", "retry pressed", "clock jumped", "disk full", "database read-only"),
)
_BY_MOUNTING: Final = frozenset({"disk full", "database read-only"})
_POLL_S: Final = 0.25


@dataclass(slots=True)
class Struck:
    """What came of it.

    kills, others : strokes by what they were; left_out : those that this user may not try.
    progress_s : from the end of each stroke to something new.
    """

    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    progress_s: list[float] = field(default_factory=list)
    left_out: tuple[str, ...] = ()
    unfinished: int = 0
    problems: list[str] = field(default_factory=list)


def struck(folder: Path, kills: int, seed: int, tell: Callable[[str], None]) -> Struck:
    """Kill a process of the tree `kills` times, and do something else to it between; then let the last session end."""
    chance, told = random.Random(seed), Struck()  # noqa: S311 - whom it hits, and no secret
    with small(folder, ROOM_MIB) as mounted:
        told.left_out = () if mounted else tuple(sorted(_BY_MOUNTING))
        others = [it for it in OTHERS if it not in told.left_out]
        kinds = [chance.choice(KILLS) if number % 2 == 0 else others[number // 2 % len(others)] for number in range(2 * kills)]
        with staged(folder, told) as stage:
            for kind in kinds:
                time.sleep(chance.uniform(*BETWEEN_S))
                stage.strike(kind)
                took = stage.come_on()
                tell(f"{kind:<18}{took:>8.1f} s  {stage.standing()}")
                stage.look()
            stage.finish()
    return told


@contextmanager
def staged(folder: Path, told: Struck) -> Iterator["Stage"]:
    """The tree of a variant that drifted in `folder`, started, for as long as this lasts."""
    seeded(folder, prompts.GAP, visits(DRIFTED, prompts.GAP, 3, per_day=80), days=4, policy=QUICK, at=datetime.now(UTC))
    stage = Stage(folder, told)
    try:
        stage.start()
        yield stage
    finally:
        stage.tree.end()
        stage.database.close()


class Stage:
    """The tree, the database beside it, and the person who opens and answers sessions."""

    def __init__(self, folder: Path, told: Struck) -> None:
        self.tree, self.folder, self.told = Tree(folder), folder, told
        self.database, self.numbers = Database(f"sqlite:///{folder}/lifecycle.db"), count(1)
        self.ahead, self.jumps = timedelta(), cycle(JUMPS_H)

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "lifecycle.db"

    def start(self) -> None:
        """Start the tree, as what looks after it would."""
        self.tree.said.clear()
        self.tree.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)

    def strike(self, kind: str) -> None:
        """Do what the kind says, as far as there is whom to do it to; every stroke ends before this does."""
        whom = self._processes()
        if kind == "serve":
            self._start_anew()
            self.told.kills[kind] += 1
        elif kind in KILLS:
            if not whom[kind]:
                whom, kind = {"prefect": whom["prefect"]}, "prefect"
            for pid in whom[kind]:
                _signal(pid, signal.SIGKILL)
            self.told.kills[kind] += 1
        else:
            self.told.others[kind] += 1
            if kind.endswith(" stopped"):
                self._hold(whom[kind.removesuffix(" stopped")])
            elif kind == "clock jumped":
                self._jump()
            elif kind.endswith(" pressed"):
                self._press(kind)
            else:
                held = {"database locked": self._locked(), "disk full": full(self.folder), "database read-only": read_only(self.file)}
                with held[kind]:
                    time.sleep(HELD_S)

    def come_on(self) -> float:
        """Wait until something is there that was not: -> seconds; the person opens and answers meanwhile."""
        began, before = time.monotonic(), self.standing()
        while self.standing() == before:
            self._attend()
            if time.monotonic() - began > COMES_ON_WITHIN_S:
                self.told.unfinished += 1
                break
            time.sleep(_POLL_S)
        took = time.monotonic() - began
        self.told.progress_s.append(took)
        return took

    def finish(self) -> None:
        """Let the session that is open come to its end."""
        until = time.monotonic() + COMES_ON_WITHIN_S
        while self._open() is not None and time.monotonic() < until:
            self._attend(anew=False)
            time.sleep(_POLL_S)
        self.told.unfinished += self._open() is not None
        for it in retraining.history(self.database, VARIANT, 100):
            self.told.ended[str(it.status)] += 1
        self.look()

    def look(self) -> None:
        """Hold the whole database against its invariants."""
        self.told.problems += verify(self.database).problems

    def standing(self) -> tuple[object, ...]:
        """How far all sessions have come, in figures that only grow."""
        with sqlite_module().connect(self.file, timeout=30) as connection:
            asked = (
                "SELECT count(*) FROM audit_log WHERE subject LIKE 'retraining_sessions:%' AND by <> 'benchmark'",
                "SELECT count(*) FROM chat_calls WHERE state = 'settled'",
                "SELECT count(*) FROM shadow_samples WHERE recorded_at IS NOT NULL",
                "SELECT count(*) FROM case_results",
            )
            found = tuple(connection.execute(it).fetchone()[0] for it in asked)
        connection.close()
        return found

    def _attend(self, *, anew: bool = True) -> None:
        """Open a session where none is, and answer the one that asks; both in the database alone.

        What was promoted is rolled back before: the new version has no conversations to learn from.
        """
        it, act = self._open(), Provenance("benchmark", datetime.now(UTC))
        with suppress(LifecycleError):
            if it is None and anew:
                if versions_asked.active(self.database, VARIANT).version > 1:
                    versions.roll_back(self.database, act, VARIANT)
                retraining.begin(self.database, act, VARIANT, f"chaos {next(self.numbers)}", OPTIONS)
            elif it is not None and it.status is Status.AWAITING_REVIEW and it.review is None:
                promotion.record_decision(self.database, act, it.session_id, Answer.REJECT, "seen")

    def _open(self) -> Session | None:
        return next((it for it in retraining.open_sessions(self.database) if it.variant == VARIANT), None)

    def _processes(self) -> Mapping[str, list[int]]:
        """The processes of the tree, by what they are."""
        found: dict[str, list[int]] = {it: [] for it in KILLS}
        for pid in _descendants(self.tree.process.pid):
            with suppress(OSError):
                words, environment = (Path(f"/proc/{pid}/{it}").read_bytes() for it in ("cmdline", "environ"))
                if b"PREFECT__FLOW_RUN_ID=" in environment:
                    found["flow run"].append(pid)
                elif b"prefect_server" in words:
                    found["prefect"].append(pid)
                elif b"deployments.simulated_endpoint" in words:
                    found["endpoint"].append(pid)
        return found

    def _hold(self, pids: list[int]) -> None:
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        time.sleep(HELD_S)
        for pid in pids:
            _signal(pid, signal.SIGCONT)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        connection = sqlite_module().connect(self.file, timeout=30, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()

    def _start_anew(self) -> None:
        self.tree.process.kill()
        self.tree.process.wait()
        self.start()

    def _jump(self) -> None:
        """Kill the tree, and let its clock stand some hours ahead, or back, when it starts again."""
        self.ahead += timedelta(hours=next(self.jumps))
        now = datetime.now(UTC)
        self.tree.environment["LIFECYCLE_CLOCK"] = f"{(now + self.ahead).isoformat()}={now.isoformat()}*1"
        self._start_anew()

    def _press(self, kind: str) -> None:
        """Press "Resume" at the newest wait, or "Retry" on the newest run that is over, as a person may on Prefect's pages."""
        with suppress(LifecycleError):
            runs: list[Mapping[str, Any]] = [it for it in self.tree.runs() if it["name"].startswith("retrain-")]
            if kind == "resume pressed":
                waiting = [it["id"] for it in runs if it["state"]["type"] == "PAUSED"]
                for it in waiting[-1:]:
                    self.tree.prefect(f"/flow_runs/{it}/resume", {})
            else:
                over = [it["id"] for it in runs if it["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"}]
                for it in over[-1:]:
                    retried = {"type": "SCHEDULED", "name": "AwaitingRetry"}
                    self.tree.prefect(f"/flow_runs/{it}/set_state", {"state": retried, "force": True})


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _descendants(pid: int) -> Iterator[int]:
    """What a process started, directly or not."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))
