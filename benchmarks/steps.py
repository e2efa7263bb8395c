"""Kill -9 in each of the ten steps of a retraining, inside its transaction and just after: run again, it ends as if nothing had been.

The real flow and tasks in a process of its own, the real client, the scripted endpoint over HTTP, a clock that
stands. Each case begins from the same database, is killed once, and is run again to its end; its rows are compared with those of a
session that was never killed. Every call that reaches the client is noted, so that one that was paid for and made again is seen.

Left out of the comparison is what tells of the process and not of the work: times that replies took (`seconds`, `latency_s`, `latency`,
`response_times_s`), since these are measured; the numbers of `chat_calls` (`id`), since calls are made four at a time; the process
that ran it (`flow_process`); how often a call was reserved (`attempts`) and answered again from what was kept (`repeats`). Floats are
compared to nine digits. Where the kill cut calls off, the session's account (`spendings`) is left out too: such a call was made, may
have been billed, and stays counted.
"""

import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks._boundaries import Moment, kill_at
from benchmarks._driven import VARIANT, Driven, SuspendedError, in_a_child, load, noting_calls, scripted, seeded, visits
from lifecycle_core.operations import promotion, retraining
from lifecycle_core.operations.database import verify
from lifecycle_core.policy import DifferenceMode, Engine, EvidenceMode, Policy, RetrainingPolicy, ShadowPolicy, ShadowSource
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer, Session
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED
from lifecycle_core.store.calls import CallState
from lifecycle_core.store.database import Database, sqlite_module

STEPS: Final = (
    "begin",
    "keep_training_data",
    "keep_failures",
    "keep_improvement",
    "register_candidate",
    "keep_evaluation",
    "start_shadow",
    "record_samples",
    "keep_verdict",
    "promote_or_roll_back",
)
"""The transactions of the ten steps, by name, in order."""
MOMENTS: Final = {"inside": Moment.WRITTEN, "after": Moment.KEPT}
QUICK: Final = Policy(
    retraining=RetrainingPolicy(evaluation_cases=4, min_evaluation_score=0.3),
    shadow=ShadowPolicy(
        evidence=EvidenceMode.GATES,
        difference_mode=DifferenceMode.ANY,
        max_difference_rate=1.0,
        review_cost_increase=10.0,
        review_simulator_gap=1.0,
        max_simulator_gap=1.0,
    ),
)
"""Few cases and bare gates: what is tested is the work, not the evidence."""
OPTIONS: Final = Options(seed=1, engine=Engine.BUILTIN, replays=2, max_samples=12, shadow_source=ShadowSource.RECORDED)
MEASURED: Final = frozenset({"seconds", "latency_s", "latency", "response_times_s"})
UNLIKE: Final[Mapping[str, frozenset[str]]] = {
    "chat_calls": frozenset({"id", "attempts", "repeats"}),
    "retraining_sessions": frozenset({"flow_process"}),
}
ACCOUNTS: Final = {"spendings"}
"""What counts a call that a kill cut off; compared where there was none."""
CALLS: Final = "calls.log"

Rows = Mapping[str, Counter[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case.

    equal : its rows are those of the session that was never killed. doubles : rows more than that one has.
    paid_twice : calls whose answer was kept, and that were made again. cut_off : calls that were under way at the kill, and made again.
    """

    step: str
    moment: str
    killed: bool
    equal: bool
    differing: tuple[str, ...]
    doubles: int
    paid_twice: int
    cut_off: int
    problems: tuple[str, ...]
    seconds: float


def run(steps: str = ",".join(STEPS), moments: str = ",".join(MOMENTS)) -> dict[str, object]:
    """Kill in each of `steps` at each of `moments`, and compare."""
    load()
    with TemporaryDirectory() as place, scripted() as base_url:
        root = Path(place)
        start = root / "start"
        start.mkdir()
        seeded(start, prompts.GAP, visits(DRIFTED, prompts.GAP, 3, per_day=80), days=4, policy=QUICK)
        began = time.perf_counter()
        whole, ended = _unkilled(root, base_url)
        print(f"never killed: ended {ended} in {time.perf_counter() - began:.0f} s, {sum(map(Counter.total, whole.values())):,} rows")
        print("step                   killed  moment  equal  doubles  paid twice  cut off  seconds  what differs")
        told = []
        for step in steps.split(","):
            for moment in moments.split(","):
                told.append(_case(root, base_url, step, moment, whole))
                print(_line(told[-1]), flush=True)
    equal = sum(it.killed and it.equal for it in told)
    print(
        f"killed and run again: {equal} of {len(told)} equal, doubles {sum(it.doubles for it in told)}, "
        f"paid twice {sum(it.paid_twice for it in told)}"
    )
    return {
        "cases": len(told),
        "killed": sum(it.killed for it in told),
        "equal": equal,
        "doubles": sum(it.doubles for it in told),
        "paidTwice": sum(it.paid_twice for it in told),
        "cutOff": sum(it.cut_off for it in told),
        "problems": [problem for it in told for problem in it.problems],
        "differing": {f"{it.step} {it.moment}": it.differing for it in told if not it.equal},
        "ended": ended,
        "leftOut": {
            "measured": sorted(MEASURED),
            **{table: sorted(columns) for table, columns in UNLIKE.items()},
            "whereCallsWereCutOff": sorted(ACCOUNTS),
        },
    }


def _unkilled(root: Path, base_url: str) -> tuple[Rows, str]:
    folder = root / "whole"
    shutil.copytree(root / "start", folder)
    if status := in_a_child(lambda: _run(folder, base_url), root / "whole.json"):
        message = f"the session that nobody kills ended with {status}"
        raise RuntimeError(message)
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    ended = retraining.history(database, VARIANT, 1)[0].status
    database.close()
    return _rows(folder), str(ended)


def _case(root: Path, base_url: str, step: str, moment: str, whole: Rows) -> Outcome:
    folder, began = root / f"{step} {moment}", time.perf_counter()
    shutil.copytree(root / "start", folder)

    def killed() -> Mapping[str, object]:
        kill_at(step, MOMENTS[moment])
        return _run(folder, base_url)

    first = in_a_child(killed, folder / "first.json")
    kept, made = _kept(folder), _noted(folder)
    second = in_a_child(lambda: _run(folder, base_url), folder / "second.json")
    again = Counter(_noted(folder))
    again.subtract(made)
    asked_again = {name for name, count in again.items() if count > 0}
    found = _rows(folder)
    cut_off = (asked_again & set(made)) - kept
    compared = sorted({*whole, *found} - (ACCOUNTS if cut_off else set()))
    differing = tuple(name for name in compared if whole.get(name) != found.get(name))
    outcome = Outcome(
        step=step,
        moment=moment,
        killed=os.WIFSIGNALED(first) and os.WTERMSIG(first) == signal.SIGKILL and second == 0,
        equal=not differing,
        differing=differing,
        doubles=sum(max(0, found[name].total() - whole[name].total()) for name in found),
        paid_twice=len(asked_again & kept),
        cut_off=len(cut_off),
        problems=_problems(folder),
        seconds=time.perf_counter() - began,
    )
    shutil.rmtree(folder)
    return outcome


def _run(folder: Path, base_url: str) -> Mapping[str, object]:
    """A session from where it stands to its end, as the API begins it, Prefect runs it and the watch serves it."""
    driven = Driven(folder, base_url)
    noting_calls(folder / CALLS)
    it: Session = retraining.begin(driven.database, driven.act, VARIANT, "benchmark", OPTIONS)
    while True:
        try:
            return {"ended": driven.run(it.session_id)}
        except SuspendedError as wait:
            if wait.for_a_person:
                promotion.record_decision(driven.database, driven.act, it.session_id, Answer.PROMOTE, "seen")
            else:
                driven.serve(it.session_id)


def _noted(folder: Path) -> list[str]:
    path = folder / CALLS
    return path.read_text().split() if path.exists() else []


def _kept(folder: Path) -> set[str]:
    """The calls whose answers the database holds."""
    return {str(it["content_hash"]) for it in _read(folder)["chat_calls"] if it["state"] == CallState.SETTLED}


def _problems(folder: Path) -> tuple[str, ...]:
    database = Database(f"sqlite:///{folder}/lifecycle.db")
    found = verify(database).problems
    database.close()
    return tuple(found)


def _rows(folder: Path) -> Rows:
    """Table -> its rows as text, each as often as it is there, without what may differ."""
    return {name: Counter(_text(row, UNLIKE.get(name, frozenset())) for row in rows) for name, rows in _read(folder).items()}


def _read(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Table -> its rows as the file holds them."""
    connection = sqlite_module().connect(folder / "lifecycle.db")
    found = {}
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        asked = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - a name from the schema
        columns = [it[0] for it in asked.description]
        found[name] = [dict(zip(columns, row, strict=True)) for row in asked]
    connection.close()
    return found


def _text(row: Mapping[str, object], without: frozenset[str]) -> str:
    return repr(sorted((name, repr(_plain(_document(it)))) for name, it in row.items() if name not in without | MEASURED))


def _document(it: object) -> object:
    """What a column of JSON holds; another value as it is."""
    return json.loads(it) if isinstance(it, str) and it[:1] in {"{", "["} else it


def _plain(it: object) -> object:
    """A value without what was measured in it; sums of floats to nine digits, since threads add in any order."""
    if isinstance(it, float):
        return float(f"{it:.9g}")
    if isinstance(it, Mapping):
        return {name: _plain(part) for name, part in sorted(it.items()) if name not in MEASURED}
    if isinstance(it, Sequence) and not isinstance(it, str | bytes):
        return [_plain(part) for part in it]
    return it


def _line(it: Outcome) -> str:
    said = ", ".join(it.differing) or "; ".join(it.problems) or "-"
    return (
        f"{it.step:<23}{'yes' if it.killed else 'NO':>6}  {it.moment:<8}{'yes' if it.equal else 'NO':>5}{it.doubles:>9}"
        f"{it.paid_twice:>12}{it.cut_off:>9}{it.seconds:>9.0f}  {said}"
    )
