"""The whole loop, run after run: what is wrong with a prompt is named, mended and let in, and where nothing is wrong nothing is let in.

Each run is a session through the real flow and tasks, the real `openai` client and the scripted endpoint over
HTTP, which reads conversations, writes the prompts and serves the customers; while its shadow test waits, the clock moves on and more of
the same customers come; where a person is asked, the answer is yes. So many runs at a time as there are lanes, each a process of its own.
Seeds do not overlap: `--runs 6 --seed 2` are six more.

The policy is the default but for the cost: a customer who is served to the end costs more than one who is sent away, or for whom anything
is booked. By the default limit of 10% two of the six defects stay, named and with a candidate that would mend them: `refused_for_cost`
counts such ends, and `--cost 0.10` shows them.

defect : one of six sentences is missing in the prompt, in rotation, and a third of the customers need it. It was *named first* where
the leading issue of the agent's is the defect's, and *mended* where a promoted prompt wins back at least half of the bookings that the
defect cost, on fresh customers whom nobody had seen.
sound : nothing is wrong, and the improver proposes what it finds. neutral : nothing is wrong, and a candidate that is only worded
otherwise is tested to the end. Of these none should be promoted.
"""

import json
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks._defects import DEFECTS
from benchmarks._driven import CHOSEN, START, VARIANT, Driven, forked, load, proposing, scripted, seeded, visits
from lifecycle_core.operations import retraining, spending, versions_asked
from lifecycle_core.policy import Engine, Policy, RetrainingPolicy, ShadowPolicy
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY, Mix

DAYS: Final = 7
PER_DAY: Final = 120.0
FRESH_DAYS: Final = 5
WON_BACK: Final = 0.5
"""Of the bookings that a defect cost, so many must come back for it to count as mended."""
NEUTRAL: Final = f"{prompts.MENDED}\nSign every message with the company's name."


@dataclass(frozen=True, slots=True)
class _Job:
    """One run: what is wrong, if anything, and what is proposed in place of what the improver finds."""

    kind: str
    seed: int
    defect: Code | None = None
    proposed: str | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}{self.seed}"

    @property
    def prompt(self) -> str:
        return prompts.MENDED if self.defect is None else DEFECTS[self.defect].prompt

    @property
    def mix(self) -> Mix:
        return HEALTHY if self.defect is None else DEFECTS[self.defect].mix


@dataclass(frozen=True, slots=True)
class _Stage:
    """How runs are played: each in a folder of `place`, with the models at `base_url`, of which `model` is asked."""

    place: Path
    base_url: str
    model: str
    policy: Policy
    options: Options

    def out(self, job: _Job) -> Path:
        """Where a run tells what it came to."""
        return self.place / f"{job.name}.json"


def run(  # noqa: PLR0917 - options of a command line, given by name
    runs: int = 20,
    null: int = 20,
    seed: int = 1,
    replays: int = 2,
    samples: int = 200,
    cost: float = 0.35,
    lanes: int = 2,
    model: str = CHOSEN,
    engine: str = "builtin",
) -> dict[str, object]:
    """So many runs with a defect, and so many without, half of these sound and half neutral.

    replays, samples : of the shadow tests. cost : how far a mend may raise the cost of a conversation, relative.
    model : whom the endpoint is asked for; by `simulated` no model reads, and rules write.
    engine : of the policy; `gepa` needs the extra of that name.
    """
    load()
    began, used = time.perf_counter(), _used_by_children()
    jobs = [*_with_defects(runs, seed), *_without(null, seed)]
    print(f"{runs} runs with a defect, {null} without, with {model} and the engine {engine}, {lanes} at a time")
    print(f"up to {samples} samples of {replays} replays")
    print(
        f"{'run':<12}{'defect':<24}{'named first':<24}{'ended':<14}{'n':>4}"
        f"{'before':>8}{'after':>8}{'whole':>8}{'calls':>8}{'cpu s':>6}  why"
    )
    with TemporaryDirectory() as place, scripted() as base_url:
        policy = Policy(retraining=RetrainingPolicy(engine=Engine(engine)), shadow=ShadowPolicy(max_cost_increase=cost))
        stage = _Stage(Path(place), base_url, model, policy, Options(replays=replays, max_samples=samples))
        told = []
        for it in _in_lanes(jobs, stage, lanes):
            told.append(it)
            print(_line(it), flush=True)
    of = [it for it in told if it["kind"] == "defect"]
    nulls = [it for it in told if it["kind"] != "defect"]
    return {
        "engine": engine,
        "runs": len(of),
        "defect_named_first_rate": _share([it["named"] == it["defect"] for it in of]),
        "mended_rate": _share([it["mended"] for it in of]),
        "promoted_rate": _share([it["ended"] == Status.PROMOTED for it in of]),
        "refused_for_cost": sum(it["refused_for_cost"] for it in of),
        "null_runs": len(nulls),
        "null_promoted_rate": _share([it["ended"] == Status.PROMOTED for it in nulls]),
        "broken": sum(it["ended"] == "broken" for it in told),
        "calls": sum(it["calls"] for it in told),
        "cpu_seconds": round(_used_by_children() - used, 1),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _with_defects(runs: int, seed: int) -> list[_Job]:
    return [_Job("defect", 1000 * seed + number, code) for number, code in enumerate(islice(cycle(DEFECTS), runs))]


def _without(runs: int, seed: int) -> list[_Job]:
    sound = [_Job("sound", 1000 * seed + number) for number in range(runs - runs // 2)]
    return [*sound, *(_Job("neutral", 1000 * seed + number, proposed=NEUTRAL) for number in range(runs // 2))]


def _used_by_children() -> float:
    """The time of a core that children took, runs and endpoint, of those that have ended."""
    told = os.times()
    return told.children_user + told.children_system


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 3) if found else None


def _in_lanes(jobs: Sequence[_Job], stage: _Stage, lanes: int) -> Iterator[Mapping[str, Any]]:
    """What each run came to, as they end, with the time of a core that it took."""
    waiting, running = deque(jobs), dict[int, _Job]()
    while waiting or running:
        while waiting and len(running) < lanes:
            job = waiting.popleft()
            running[forked(partial(_played, job, stage), stage.out(job))] = job
        child, status, used = os.wait3(0)
        if (ended := running.pop(child, None)) is not None:
            found = {"ended": "broken", "why": f"its process ended with {status}"} if status else json.loads(stage.out(ended).read_text())
            yield _base(ended) | found | {"cpu_s": used.ru_utime + used.ru_stime}


def _base(job: _Job) -> dict[str, Any]:
    empty = {"named": None, "mended": False, "n": 0, "before": None, "after": None, "whole": None, "refused_for_cost": False, "calls": 0}
    return {"kind": job.kind, "run": job.name, "defect": job.defect and str(job.defect), **empty}


def _played(job: _Job, stage: _Stage) -> dict[str, object]:
    come, folder = visits(job.mix, job.prompt, job.seed, per_day=PER_DAY), stage.place / job.name
    folder.mkdir()
    seeded(folder, job.prompt, come, days=DAYS, policy=stage.policy)
    driven = Driven(folder, stage.base_url, stage.model)
    if job.proposed is not None:
        proposing(job.proposed)
    begun = retraining.begin(driven.database, driven.act, VARIANT, "benchmark", stage.options)
    return _told(driven, driven.to_its_end(begun.session_id, come), job)


def _told(driven: Driven, it: Session, job: _Job) -> dict[str, object]:
    issues = it.failure_analysis.issues_by(Author.AGENT) if it.failure_analysis else ()
    served = versions_asked.active(driven.database, VARIANT).system_prompt
    before, whole = _booked(job.prompt, job), _booked(prompts.MENDED, job)
    after = _booked(served, job)
    refusing = [gate.name for gate in it.shadow_analysis.gates if gate.passed is False] if it.shadow_analysis else []
    return {
        "named": str(issues[0].issue) if issues else None,
        "ended": str(it.status),
        "n": it.shadow_analysis.n if it.shadow_analysis else 0,
        "before": before,
        "after": after,
        "whole": whole,
        "mended": it.status is Status.PROMOTED and after - before >= WON_BACK * (whole - before) > 0,
        "refused_for_cost": it.status is Status.ROLLED_BACK and refusing == ["cost"],
        "calls": spending.spent(driven.database, it.session_id).calls,
        "why": "; ".join(it.reasons),
    }


def _booked(prompt: str, job: _Job) -> float:
    """The booking rate of a prompt with customers whom nobody has seen, the same for each prompt."""
    fresh = visits(job.mix, prompt, 500_000 + job.seed, per_day=PER_DAY)(START + timedelta(days=100), 24 * FRESH_DAYS)
    return sum(it.booked is True for it in fresh) / len(fresh)


def _line(it: Mapping[str, Any]) -> str:
    def rate(name: str) -> str:
        return f"{'-' if it[name] is None else format(it[name], '.3f'):>8}"

    words = f"{it['run']:<12}{it['defect'] or '-':<24}{it['named'] or '-':<24}{it['ended']:<14}{it['n']:>4}"
    return f"{words}{rate('before')}{rate('after')}{rate('whole')}{it['calls']:>8,}{it['cpu_s']:>6.0f}  {it['why'][:90]}"
