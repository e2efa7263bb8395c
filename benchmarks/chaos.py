"""Everything is killed: sessions at each of their boundaries, and the whole system as real processes; then invariants, then progress.

boundaries : forked processes that end by SIGKILL before and after every commit and every call to a model, most of them taking the
operations' path with values for models, the rest the real flow against the scripted endpoint.
server : PostgreSQL is stopped in the midst of sessions and started again.
tree : `lifecycle serve` with its Prefect server, flow runs and endpoint, each killed by a seeded schedule; between the kills processes
are stopped, the database is locked or read-only, the disk full, the clock jumps, and "Resume" and "Retry" are pressed in Prefect. No
signal to Prefect is ever sent.
After every kill invariants are asked, and again and again all that `lifecycle db verify` looks at: each sentence is a violation.
"""

import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks._databases import MEMORY
from benchmarks._driven import load, scripted
from benchmarks._every_boundary import every_boundary
from benchmarks._killed_lives import Killed, killed
from benchmarks._killed_tree import struck
from benchmarks._lives import by_flow, killed_by_values, start_flow
from benchmarks._restarted import restarted


def run(kills: int = 200, seed: int = 1, real: int = 20, flow: int = 40, restarts: int = 5) -> dict[str, object]:
    """Kill `kills` times in all, `real` of them the tree's processes, and `flow` in real flows; restart PostgreSQL `restarts` times."""
    began, memory = perf_counter(), MEMORY if MEMORY.is_dir() else None
    print("what is killed           kills  boundaries  sessions  unfinished  violations  seconds")
    with TemporaryDirectory(dir=memory) as place:
        root = Path(place)
        values = _told("by operations", killed_by_values(root, kills - real - flow, seed), began)
        load()
        start_flow(root / "flows")
        with scripted() as base_url:
            lived = partial(by_flow, root / "flow", base_url)
            flowed = _told("by the real flow", killed(root / "flows", root / "flow", lived, flow, seed), began)
    again = _told("PostgreSQL", restarted(restarts, seed, memory), began)
    with TemporaryDirectory() as place:
        tree = struck(Path(place), real, seed, lambda line: print(f"  {line}", file=sys.stderr, flush=True))
    strokes = tree.kills.total() + tree.others.total()
    print(
        f"{'the tree of processes':<22}{tree.kills.total():>8}{strokes:>12}{tree.ended.total():>10}{tree.unfinished:>12}"
        f"{len(tree.problems):>12}{perf_counter() - began:>9.0f}"
    )
    visited, every = {*values.kills, *flowed.kills}, every_boundary()
    print(f"boundaries at which something was killed: {len(visited & every)} of {len(every)}")
    problems = [*values.problems, *flowed.problems, *again.problems, *tree.problems]
    for sentence in problems[:20]:
        print(f"  {sentence}")
    return {
        "kills": values.kills.total() + flowed.kills.total() + tree.kills.total(),
        "real_kills": tree.kills.total(),
        "violations": len(problems),
        "unfinished": values.unfinished + flowed.unfinished + again.unfinished + tree.unfinished,
        "worst_progress_s": round(max(tree.progress_s, default=0.0), 1),
        "median_progress_s": round(median(tree.progress_s), 1) if tree.progress_s else 0.0,
        "boundaries": len(every),
        "boundaries_visited": len(visited & every),
        "struck": {**tree.kills, **tree.others},
        "server_restarts": again.kills.total(),
        "left_out": tree.left_out,
        "ended": dict(values.ended + flowed.ended + again.ended + tree.ended),
        "seconds": round(perf_counter() - began, 1),
    }


def _told(what: str, it: Killed, began: float) -> Killed:
    print(
        f"{what:<22}{it.kills.total():>8}{len(it.kills):>12}{it.ended.total():>10}{it.unfinished:>12}{len(it.problems):>12}"
        f"{perf_counter() - began:>9.0f}",
        flush=True,
    )
    return it
