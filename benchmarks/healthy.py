"""A manual retrain of a healthy variant: how it ends, seed by seed.

Customers as the agent was made for come to it, and a session is begun by hand, by the default policy: the real flow and tasks, the
real client, the scripted endpoint over HTTP. While its shadow test waits, the clock moves on and more of the same customers come. Where a
person is asked, the answer is yes, so that whatever may be promoted is. Three cases:

sound : a prompt without a gap; what is mined decides whether there is a candidate at all.
neutral : the same, and in place of what would be proposed a candidate that is only worded otherwise, so that each test runs to its end.
gap : a prompt whose gap a few of the healthy customers meet; a candidate that mends it is better, and may well be promoted.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks._driven import START, VARIANT, Driven, in_a_child, load, proposing, scripted, seeded, visits
from lifecycle_core.operations import retraining, spending
from lifecycle_core.policy import Engine
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Session
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import HEALTHY

MOST_PROMOTIONS: Final = 1
"""Of ten sessions of a healthy variant."""
DAYS: Final = 10
PER_DAY: Final = 200.0
NEUTRAL: Final = f"{prompts.MENDED}\nSign every message with the company's name."


@dataclass(frozen=True, slots=True)
class _Case:
    prompt: str
    proposed: str | None = None


CASES: Final[Mapping[str, _Case]] = {
    "sound": _Case(prompts.MENDED),
    "neutral": _Case(prompts.MENDED, NEUTRAL),
    "gap": _Case(prompts.GAP),
}


def run(  # noqa: PLR0917 - options of a command line, given by name
    cases: str = "sound,neutral", seeds: int = 10, first: int = 0, engine: str = "builtin", replays: int = 4, samples: int = 500
) -> dict[str, object]:
    """Retrain by hand in `seeds` seeds of each of `cases`; engine : what writes the candidates; replays, samples : of the shadow test."""
    load()
    measured: dict[str, object] = {"seeds": seeds, "engine": engine, "replays": replays, "samples": samples}
    with TemporaryDirectory() as place, scripted() as base_url:
        for name in cases.split(","):
            print(f"{name}: {seeds} manual retrains; candidates by {engine}, up to {samples} samples of {replays} replays")
            print("seed  ended         verdict          n  offline  incumbent  candidate   calls      $  seconds  why")
            told = []
            for seed in range(first, first + seeds):
                folder = Path(place) / f"{name}{seed}"
                folder.mkdir()
                options = Options(seed=seed, engine=Engine(engine), replays=replays, max_samples=samples)
                told.append(_of(folder, base_url, CASES[name], seed, options))
                print(_line(told[-1]), flush=True)
            measured[name] = _sums(told)
            print(f"promoted {measured[name]['promotions']} of {len(told)} (at most {MOST_PROMOTIONS})")  # type: ignore[index]
    return measured


def _of(folder: Path, base_url: str, case: _Case, seed: int, options: Options) -> dict[str, Any]:
    """One session in a process of its own: how it ended."""
    out = folder / "told.json"
    status = in_a_child(lambda: _retrained(folder, base_url, case, seed, options), out)
    return json.loads(out.read_text()) if status == 0 else {"seed": seed, "ended": "broken", "why": f"its process ended with {status}"}


def _retrained(folder: Path, base_url: str, case: _Case, seed: int, options: Options) -> dict[str, object]:
    come = visits(HEALTHY, case.prompt, seed, per_day=PER_DAY)
    seeded(folder, case.prompt, come, days=DAYS)
    driven, began = Driven(folder, base_url), time.perf_counter()
    if case.proposed is not None:
        proposing(case.proposed)
    begun = retraining.begin(driven.database, driven.act, VARIANT, "benchmark", options)
    it = driven.to_its_end(begun.session_id, come)
    return _told(driven, it, seed, time.perf_counter() - began)


def _told(driven: Driven, it: Session, seed: int, seconds: float) -> dict[str, object]:
    found, spent = it.shadow_analysis, spending.spent(driven.database, it.session_id)
    improvement = it.prompt_improvement
    tested = found is not None and found.incumbent is not None and found.candidate is not None
    return {
        "seed": seed,
        "ended": str(it.status),
        "verdict": str(found.verdict) if found else None,
        "n": found.n if found else 0,
        "offline": it.offline_score,
        "incumbent": found.incumbent.success_rate if tested else None,  # type: ignore[union-attr]
        "candidate": found.candidate.success_rate if tested else None,  # type: ignore[union-attr]
        "calls": spent.calls,
        "usd": round(spent.usd, 4),
        "seconds": round(seconds, 1),
        "hours": (driven.act.at - START) / timedelta(hours=1),
        "why": "; ".join(it.reasons) or (improvement.why if improvement else ""),
    }


def _line(it: Mapping[str, Any]) -> str:
    def shown(name: str, form: str) -> str:
        return format(it[name], form) if it.get(name) is not None else "-"

    figures = f"{shown('offline', '.2f'):>7}{shown('incumbent', '.3f'):>11}{shown('candidate', '.3f'):>11}"
    spent = f"{shown('calls', ','):>8}{shown('usd', '.2f'):>7}{shown('seconds', '.0f'):>9}"
    return f"{it['seed']:>4}  {it['ended']:<14}{it.get('verdict') or '-':<14}{it.get('n', 0):>4}{figures}{spent}  {it['why']}"


def _sums(told: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    ended = Counter(str(it["ended"]) for it in told)
    return {
        "promotions": ended["promoted"],
        "mostPromotions": MOST_PROMOTIONS,
        "endings": dict(ended),
        "verdicts": dict(Counter(str(it["verdict"]) for it in told if it.get("verdict"))),
        "calls": sum(it.get("calls", 0) for it in told),
        "usd": round(sum(it.get("usd", 0.0) for it in told), 4),
        "seconds": round(sum(it.get("seconds", 0.0) for it in told), 1),
        "sessions": list(told),
    }
