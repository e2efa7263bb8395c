"""The whole loop, run after run: what is wrong with a prompt is named, mended and let in, and where nothing is wrong nothing is let in.

Each run is a session by the default policy through the real flow and tasks, the real `openai` client and the scripted endpoint over
HTTP; while its shadow test waits, the clock moves on and more of the same customers come; where a person is asked, the answer is yes.
Runs share the cores in lanes.

defect : one of six sentences is missing in the prompt, in rotation, and a third of the customers need it. It was *named first* where
the leading issue of the agent's is the defect's, and *mended* where a promoted prompt wins back at least half of the bookings that the
defect cost, on fresh customers whom nobody had seen.
sound : nothing is wrong, and the improver proposes what it finds. neutral : nothing is wrong, and a candidate that is only worded
otherwise is tested to the end. Of these none should be promoted.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks._defects import DEFECTS
from benchmarks._driven import START, VARIANT, Driven, SuspendedError, in_a_child, load, proposing, scripted, seeded, visits
from lifecycle_core.operations import promotion, retraining, spending, traffic, versions_asked
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY, Mix

DAYS: Final = 7
PER_DAY: Final = 120.0
STEP: Final = timedelta(hours=6)
FRESH_DAYS: Final = 5
WON_BACK: Final = 0.5
"""Of the bookings that a defect cost, so many must come back for it to count as mended."""
NEUTRAL: Final = f"{prompts.MENDED}\nSign every message with the company's name."
LEAST_NAMED, LEAST_MENDED, MOST_NULL_PROMOTED = 0.8, 0.8, 0.05
_LOOK_S: Final = 0.5


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


def run(  # noqa: PLR0917 - options of a command line, given by name
    runs: int = 20, null: int = 20, seed: int = 1, replays: int = 2, samples: int = 200, lanes: int = 2
) -> dict[str, object]:
    """So many runs with a defect, and so many without, half of these sound and half neutral; replays, samples : of the shadow tests."""
    load()
    began = time.perf_counter()
    jobs = [*_with_defects(runs, seed), *_without(null, seed)]
    print(f"{runs} runs with a defect, {null} without; up to {samples} samples of {replays} replays, {lanes} at a time")
    print(
        f"{'run':<12}{'defect':<24}{'named first':<24}{'ended':<14}{'n':>4}{'before':>8}{'after':>8}{'whole':>8}{'calls':>8}{'s':>6}  why"
    )
    options = Options(replays=replays, max_samples=samples)
    with TemporaryDirectory() as place, scripted() as base_url:
        told = []
        for it in _in_lanes(jobs, Path(place), base_url, options, lanes):
            told.append(it)
            print(_line(it), flush=True)
    of = [it for it in told if it["kind"] == "defect"]
    nulls = [it for it in told if it["kind"] != "defect"]
    return {
        "runs": len(of),
        "defect_named_first_rate": _share([it["named"] == it["defect"] for it in of]),
        "mended_rate": _share([it["mended"] for it in of]),
        "promoted_rate": _share([it["ended"] == Status.PROMOTED for it in of]),
        "mended_rate_min": LEAST_MENDED,
        "null_runs": len(nulls),
        "null_promoted_rate": _share([it["ended"] == Status.PROMOTED for it in nulls]),
        "broken": sum(it["ended"] == "broken" for it in told),
        "calls": sum(it["calls"] for it in told),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _with_defects(runs: int, seed: int) -> list[_Job]:
    return [_Job("defect", 1000 * seed + number, code) for number, code in enumerate(islice(cycle(DEFECTS), runs))]


def _without(runs: int, seed: int) -> list[_Job]:
    sound = [_Job("sound", 1000 * seed + number) for number in range(runs - runs // 2)]
    return [*sound, *(_Job("neutral", 1000 * seed + number, proposed=NEUTRAL) for number in range(runs // 2))]


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 3) if found else None


def _in_lanes(jobs: Sequence[_Job], place: Path, base_url: str, options: Options, lanes: int) -> Iterator[Mapping[str, Any]]:
    """What each run came to, as they end; a lane is a process that forks one for each of its runs."""
    children = []
    for lane in range(lanes):
        child = os.fork()
        if not child:
            for job in jobs[lane::lanes]:
                _one(job, place, base_url, options)
            os._exit(0)
        children.append(child)
    awaited = {job.name: job for job in jobs}
    while awaited:
        ended = [name for name in awaited if (place / f"{name}.json").exists()]
        for name in ended:
            yield json.loads((place / f"{name}.json").read_text())
            del awaited[name]
        if not ended:
            time.sleep(_LOOK_S)
    for child in children:
        os.waitpid(child, 0)


def _one(job: _Job, place: Path, base_url: str, options: Options) -> None:
    folder, out = place / job.name, place / f"{job.name}.told"
    folder.mkdir()
    status = in_a_child(lambda: _played(job, folder, base_url, options), out)
    if status:
        out.write_text(json.dumps(_base(job) | {"ended": "broken", "why": f"its process ended with {status}"}))
    out.rename(place / f"{job.name}.json")


def _base(job: _Job) -> dict[str, Any]:
    empty = {"named": None, "mended": False, "n": 0, "before": None, "after": None, "whole": None, "calls": 0, "seconds": 0.0}
    return {"kind": job.kind, "run": job.name, "defect": job.defect and str(job.defect), **empty}


def _played(job: _Job, folder: Path, base_url: str, options: Options) -> dict[str, object]:
    began = time.perf_counter()
    come = visits(job.mix, job.prompt, job.seed, per_day=PER_DAY)
    seeded(folder, job.prompt, come, days=DAYS)
    driven, at = Driven(folder, base_url), START
    if job.proposed is not None:
        proposing(job.proposed)
    it = retraining.begin(driven.database, driven.act, VARIANT, "benchmark", options)
    while it.open:
        try:
            driven.run(it.session_id)
        except SuspendedError as wait:
            if wait.for_a_person:
                promotion.record_decision(driven.database, driven.act, it.session_id, Answer.PROMOTE, "whatever may be promoted is")
            else:
                came = come(at, int(STEP / timedelta(hours=1)))
                at += STEP
                driven.stand_at(at)
                traffic.ingest(driven.database, driven.act, came)
                driven.serve(it.session_id)
        it = retraining.session(driven.database, it.session_id)
    return _base(job) | _told(driven, it, job) | {"seconds": round(time.perf_counter() - began, 1)}


def _told(driven: Driven, it: Session, job: _Job) -> dict[str, object]:
    issues = it.failure_analysis.issues_by(Author.AGENT) if it.failure_analysis else ()
    served = versions_asked.active(driven.database, VARIANT).system_prompt
    before, whole = _booked(job.prompt, job), _booked(prompts.MENDED, job)
    after = _booked(served, job)
    return {
        "named": str(issues[0].issue) if issues else None,
        "ended": str(it.status),
        "n": it.shadow_analysis.n if it.shadow_analysis else 0,
        "before": before,
        "after": after,
        "whole": whole,
        "mended": it.status is Status.PROMOTED and after - before >= WON_BACK * (whole - before) > 0,
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
    return f"{words}{rate('before')}{rate('after')}{rate('whole')}{it['calls']:>8,}{it['seconds']:>6.0f}  {it['why'][:90]}"
