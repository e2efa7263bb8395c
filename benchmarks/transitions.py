"""Simultaneous finalize, approve, reject and rollback calls from several processes: each session ends once, lawfully, or not at all.

A session waits for a person's decision. As many calls as are asked come at once
from all processes: some finalize, some approve, some reject and conclude, some
roll the variant's active version back. Afterwards the audit log must tell of one
decision and one ending for each session, the ending must be what the decision
says, versions and tags must follow from the trail, and the log must be whole.
"""

import multiprocessing
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.synchronize import Barrier
from time import perf_counter

import numpy as np

from benchmarks._databases import places
from benchmarks._sessions import in_shadow_test, samples
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import promotion, retraining, shadow, versions, versions_asked
from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import TRANSITIONS, Answer, Session, Status
from lifecycle_core.store import audit
from lifecycle_core.store.database import Database
from lifecycle_core.versions.version import Activation

START = datetime(2025, 10, 7, 12, tzinfo=UTC)
CALLS = ("finalize", "approve", "reject", "rollback")
THREADS = 5
"""Callers in each process."""

Move = tuple[Mapping[str, object], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a race.

    moves : changes of a session's status while it raced; unlawful : those among them, decisions and activations that may not be.
    """

    calls: int
    answered: int
    refused: int
    sessions: int
    moves: int
    promoted: int
    rolled_back: int
    back_by_hand: int
    unlawful: tuple[str, ...]
    seconds: float
    p99_ms: float


def run(calls: int = 200, processes: int = 4, rounds: int = 5) -> dict[str, object]:
    """Race on SQLite and on PostgreSQL: `calls` for each of `rounds` sessions."""
    measured: dict[str, object] = {"calls": calls, "processes": processes, "rounds": rounds}
    print(f"{calls} calls at once from {processes} processes, for each of {rounds} sessions")
    print("database    answered  refused  sessions  moves  promoted  rolled back  by hand  unlawful  seconds  p99 ms")
    for name, place in places().items():
        with place() as url:
            it = race(url, calls, processes, rounds)
        print(
            f"{name:<12}{it.answered:>8}{it.refused:>9}{it.sessions:>10}{it.moves:>7}{it.promoted:>10}{it.rolled_back:>13}"
            f"{it.back_by_hand:>9}{len(it.unlawful):>10}{it.seconds:>9.1f}{it.p99_ms:>8.1f}"
        )
        for problem in it.unlawful:
            print(f"  {problem}")
        measured[name] = {
            "transitions": it.moves,
            "unlawful": len(it.unlawful),
            "promoted": it.promoted,
            "rolledBack": it.rolled_back,
            "rolledBackByHand": it.back_by_hand,
            "refused": it.refused,
            "seconds": round(it.seconds, 2),
            "p99_ms": round(it.p99_ms, 1),
        }
    return measured


def race(url: str, calls: int, processes: int, rounds: int) -> Outcome:
    """Let `processes` make `calls` for each of `rounds` sessions on the database at `url`, and look at what is left."""
    database, act = Database(url), Provenance("benchmark", START)
    upgrade(database)
    waiting = [_waiting(database, act, f"variant {number}") for number in range(rounds)]
    before = _moves(database)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # what takes a process seconds is imported once for all of them
    arguments = [(url, [it.session_id for it in waiting], calls // processes, number) for number in range(processes)]
    with ProcessPoolExecutor(processes, context, initializer=_meet_at, initargs=(context.Barrier(processes),)) as pool:
        noted = list(pool.map(_call, arguments))
    moves = _moves(database)[len(before) :]
    ended = [retraining.session(database, it.session_id) for it in waiting]
    trails = {it.variant: versions_asked.history(database, it.variant, 10 * calls).activations for it in ended}
    unlawful = [*_unlawful(moves), *(sentence for it in ended for sentence in _untrue(it, trails[it.variant])), *verify(database).problems]
    database.close()
    seconds = np.array([second for it in noted for second in it[2]])
    return Outcome(
        calls=len(seconds),
        answered=sum(it[0] for it in noted),
        refused=sum(it[1] for it in noted),
        sessions=len(waiting),
        moves=sum("status" in after for _, after in moves),
        promoted=sum(it.status is Status.PROMOTED for it in ended),
        rolled_back=sum(it.status is Status.ROLLED_BACK for it in ended),
        back_by_hand=sum(change.kind == "rollback" for trail in trails.values() for change in trail),
        unlawful=tuple(unlawful),
        seconds=max(it[3] for it in noted),
        p99_ms=float(np.percentile(seconds, 99)) * 1000,
    )


def _waiting(database: Database, act: Provenance, variant: str) -> Session:
    it = in_shadow_test(database, act, variant, manual_review=True)
    shadow.record_samples(database, act, it.session_id, samples(act, 100))
    return shadow.keep_verdict(database, act, it.session_id)


def _moves(database: Database) -> list[Move]:
    """What the audit log says of sessions: (before, after), the oldest first."""
    with database.read() as tx:
        return [(before, after) for _, before, after in audit.changes(tx, "retraining_sessions")]


def _unlawful(moves: Sequence[Move]) -> list[str]:
    lawful = {(str(start), str(end)) for (start, _), end in TRANSITIONS.items()}
    found = [(str(before["status"]), str(after["status"])) for before, after in moves if "status" in after]
    wrong = [f"a session went from {start} to {end}" for start, end in found if (start, end) not in lawful]
    overwritten = sum(before.get("review") is not None for before, after in moves if "review" in after)
    return wrong + [f"{overwritten} decisions were overwritten"] * bool(overwritten)


def _untrue(it: Session, trail: Sequence[Activation]) -> list[str]:
    """What of a session's ending is not what its decision and its variant's trail say."""
    changes = trail[::-1]
    promotions = sum(change.version == it.version and change.kind == "activate" for change in changes)
    said = {Answer.PROMOTE: Status.PROMOTED, Answer.REJECT: Status.ROLLED_BACK}
    wrong = []
    if it.review is None or it.status is not said[it.review.answer]:
        wrong.append(f"{it.session_id} ended {it.status} after the decision {it.review.answer if it.review else None}")
    if promotions != int(it.status is Status.PROMOTED):
        wrong.append(f"{it.session_id} is {it.status} and its candidate was activated {promotions} times")
    if any(one.version != other.previous_version for one, other in pairwise(changes)):
        wrong.append(f"the trail of {it.variant!r} has a change that does not follow")
    return wrong


_barrier: Barrier | None = None


def _meet_at(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603 - a barrier reaches a process as it starts, or never
    _barrier = barrier


def _call(arguments: tuple[str, list[str], int, int]) -> tuple[int, int, list[float], float]:
    """Make the calls of one process: how many were answered, how many refused, the seconds of each, and of all."""
    url, names, calls, process = arguments
    database, chance = Database(url), np.random.default_rng(process)
    upgrade(database)
    told: Counter[bool] = Counter()
    seconds: list[float] = []
    began = perf_counter()
    for name in names:
        kinds = chance.permutation([CALLS[number % len(CALLS)] for number in range(calls)])
        if _barrier is not None:
            _barrier.wait()
        with ThreadPoolExecutor(THREADS) as at_once:
            for answered, took in at_once.map(lambda item, name=name: _one(database, name, *item), enumerate(kinds)):
                told[answered] += 1
                seconds.append(took)
    database.close()
    return told[True], told[False], seconds, perf_counter() - began


def _one(database: Database, name: str, number: int, kind: str) -> tuple[bool, float]:
    act = Provenance(f"caller {number}", START + timedelta(seconds=number), f"call {number}")
    began = perf_counter()
    try:
        if kind == "finalize":
            promotion.finalize(database, act, name)
        elif kind == "rollback":
            versions.roll_back(database, act, retraining.session(database, name).variant)
        else:
            promotion.record_decision(database, act, name, Answer.PROMOTE if kind == "approve" else Answer.REJECT, "seen")
            promotion.promote_or_roll_back(database, replace(act, at=act.at + timedelta(seconds=1)), name)
    except LifecycleError:
        return False, perf_counter() - began
    return True, perf_counter() - began
