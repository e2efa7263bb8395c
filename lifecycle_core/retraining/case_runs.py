"""Cases served by one version: what each came to, and all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.faithfulness import Faithfulness, faithfulness
from lifecycle_core.replay.setting import Outcome
from lifecycle_core.replay.wants import SERVICES
from lifecycle_core.retraining.cases import Case, CaseSource
from lifecycle_core.retraining.evaluation import CONFIDENCE, grade, spread
from lifecycle_core.statistics.intervals import critical, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One case: its mean score, the share of runs that booked what was wanted, and what any run failed. None where it was not served."""

    id: str
    source: CaseSource
    goal: str
    outcome: Outcome
    runs: int
    score: float | None
    booked: float | None
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What the cases came to under one version, the worst first.

    score : the mean over cases that were served, from 0 to 1, with its 95% interval; None where none was.
    spread : how far the runs lie apart over the same cases: what an unchanged prompt moves by; None with one run.
    reused : replays that were served before; lost : those that the infrastructure took. missing_tools : that nothing stands in for.
    """

    variant: str
    version: int
    cases: tuple[CaseRun, ...]
    score: float | None
    low: float | None
    high: float | None
    spread: float | None
    customers: Faithfulness
    reused: int = 0
    lost: int = 0
    missing_tools: tuple[str, ...] = ()
    simulated: bool = False


def run_report(
    cases: Sequence[Case], replays: Mapping[str, Sequence[Replay]], *, variant: str, version: int, services: tuple[str, ...] = SERVICES
) -> RunReport:
    """Grade what a version made of the cases: case -> its replays, of which some may be missing."""
    served = [(it, replays[it.id]) for it in cases if replays.get(it.id)]
    runs = [_run(it, replays.get(it.id, ())) for it in cases]
    scores = [it.score for it in runs if it.score is not None]
    low, high = wilson(sum(scores), len(scores), critical(CONFIDENCE))
    played = [(case.scenario, it) for case, all_of_it in served for it in all_of_it]
    return RunReport(
        variant=variant,
        version=version,
        cases=tuple(sorted(runs, key=lambda it: (2.0 if it.score is None else it.score, it.id))),
        score=fmean(scores) if scores else None,
        low=float(low) if scores else None,
        high=float(high) if scores else None,
        spread=spread(served) if served else None,
        customers=faithfulness(played, services),
        simulated=any(it.simulated for _, it in played),
    )


def _run(case: Case, replays: Sequence[Replay]) -> CaseRun:
    grades = [grade(it, case) for it in replays]
    return CaseRun(
        id=case.id,
        source=case.source,
        goal=case.scenario.goal,
        outcome=case.scenario.outcome,
        runs=len(grades),
        score=fmean(it.score for it in grades) if grades else None,
        booked=fmean(it.booked for it in replays) if replays else None,
        failed=tuple(dict.fromkeys(name for it in grades for name in it.failed)),
    )
