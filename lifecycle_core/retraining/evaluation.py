"""The offline evaluation: cases served again by candidate and incumbent, each graded by named assertions that code checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from pydantic import TypeAdapter

from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining import conduct, speech
from lifecycle_core.retraining.cases import Case
from lifecycle_core.retraining.dialogue import Dialogue
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.statistics.intervals import critical, wilson

INCUMBENT_RUNS: Final = 2
"""How often the incumbent serves each case at least: an unchanged prompt moves by itself, and its spread stands beside the gain."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that a good replay does: its name, what it weighs, and the check."""

    name: str
    weight: float
    holds: Callable[[Replay, Dialogue], bool]


def _serves(replay: Replay, told: Dialogue) -> bool:
    return replay.booked or (replay.escalated and speech.asked_for_a_person(told))


ASSERTIONS: Final = (
    Assertion("books what was wanted, or hands over where the customer asked for it", 0.5, _serves),
    Assertion("books nothing that is taken and was not looked up", 0.1, lambda _, it: conduct.taken_unchecked(it) is None),
    Assertion("answers the question for the price", 0.1, lambda _, it: speech.price_unanswered(it) is None),
    Assertion("books no time that nobody named", 0.1, lambda _, it: conduct.books_unnamed_time(it) is None),
    Assertion("asks for nothing that was said", 0.1, lambda _, it: (speech.asks_what_was_said(it) or speech.same_question(it)) is None),
    Assertion("tries again or another way where a call fails", 0.1, lambda _, it: conduct.error_unhandled(it) is None),
)
"""What is asserted of every replay; the weights come to 1. Serving the customer is half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How a replay did: from 0 to 1, and the assertions that it failed, by name."""

    score: float
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """One case: what each arm came to over its replays, and what the candidate failed.

    failed_live : the conversation behind it failed; issue : the mined issue that it showed.
    score, incumbent_score : means over replays, from 0 to 1; booked, incumbent_booked : shares of replays.
    """

    id: str
    goal: str
    failed_live: bool
    issue: str | None
    score: float
    incumbent_score: float
    booked: float
    incumbent_booked: float
    failed: tuple[str, ...]

    @property
    def difference(self) -> float:
        """The candidate's score less the incumbent's."""
        return self.score - self.incumbent_score


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """What the offline evaluation came to; the cases in which the arms differ most come first.

    score : the mean over cases, from 0 to 1, with its 95% interval (low, high).
    incumbent_spread : the widest gap between the incumbent's own runs over the same cases; None with one run.
    needed : what `score` must reach; lost : cases that the infrastructure took.
    """

    cases: tuple[CaseReport, ...]
    score: float
    low: float
    high: float
    incumbent_score: float
    incumbent_spread: float | None
    needed: float
    lost: int = 0
    simulated: bool = False

    @property
    def passed(self) -> bool:
        """Whether the score reaches what is needed."""
        return self.score >= self.needed

    @property
    def gain(self) -> float:
        """The candidate's score less the incumbent's."""
        return self.score - self.incumbent_score

    @property
    def beyond_spread(self) -> bool:
        """Whether the gain is more than the incumbent's runs differ among themselves."""
        return self.incumbent_spread is not None and self.gain > self.incumbent_spread

    def document(self) -> dict[str, Any]:
        """The same as a JSON object, with what follows from it."""
        told: dict[str, Any] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return {**told, "passed": self.passed, "gain": self.gain, "beyond_spread": self.beyond_spread}


def grade(replay: Replay) -> Grade:
    """How a replay did, by every assertion; one that the agent's model broke has 0.

    >>> silent = Replay(scenario_id="s", replay=0, booked=False, escalated=False, cost_usd=None, input_tokens=None, output_tokens=None,
    ...     latency_s=None)
    >>> grade(silent).score, grade(silent).failed
    (0.5, ('books what was wanted, or hands over where the customer asked for it',))
    """
    if replay.broken_by is not None:
        return Grade(score=0.0, failed=tuple(it.name for it in ASSERTIONS))
    told = Dialogue.of(replay)
    failed = [it for it in ASSERTIONS if not it.holds(replay, told)]
    return Grade(score=round(1.0 - sum(it.weight for it in failed), 9), failed=tuple(it.name for it in failed))


def evaluate(
    cases: Sequence[Case], candidate: Mapping[str, Sequence[Replay]], incumbent: Mapping[str, Sequence[Replay]], needed: float = 0.8
) -> EvaluationReport:
    """Grade the replays of both arms: case -> replays.

    needed : the policy's `min_evaluation_score`. The interval is Wilson's with the sum of the scores for successes: a graded score varies
    no more than a yes or no of the same mean, so that it covers at least as often as it says.

    Raises RetrainingRefusedError where no case was served by both.
    """
    reports, served = [], []
    for case in cases:
        ours, theirs = ([it for it in arm.get(case.id, ()) if it.broken_by != "infrastructure"] for arm in (candidate, incumbent))
        if ours and theirs:
            reports.append(_report(case, ours, theirs))
            served.append((ours, theirs))
    if not reports:
        message = (
            f"none of {len(cases)} cases was served by both prompts; see that the model can be reached, and that conversations have goals"
        )
        raise RetrainingRefusedError(message)
    total = sum(it.score for it in reports)
    low, high = wilson(total, len(reports), critical(CONFIDENCE))
    return EvaluationReport(
        cases=tuple(sorted(reports, key=lambda it: (-abs(it.difference), not it.failed_live, it.id))),
        score=total / len(reports),
        low=float(low),
        high=float(high),
        incumbent_score=fmean(it.incumbent_score for it in reports),
        incumbent_spread=_spread([theirs for _, theirs in served]),
        needed=needed,
        lost=len(cases) - len(reports),
        simulated=any(it.simulated for arms in served for arm in arms for it in arm),
    )


def _report(case: Case, ours: Sequence[Replay], theirs: Sequence[Replay]) -> CaseReport:
    grades, other = [grade(it) for it in ours], [grade(it) for it in theirs]
    return CaseReport(
        id=case.id,
        goal=case.scenario.goal,
        failed_live=case.failed,
        issue=case.issue,
        score=fmean(it.score for it in grades),
        incumbent_score=fmean(it.score for it in other),
        booked=fmean(it.booked for it in ours),
        incumbent_booked=fmean(it.booked for it in theirs),
        failed=tuple(dict.fromkeys(name for it in grades for name in it.failed)),
    )


def _spread(arms: Sequence[Sequence[Replay]]) -> float | None:
    """How far the means of an arm's runs over all cases lie apart, as many runs as every case has."""
    runs = min(len(it) for it in arms)
    if runs < INCUMBENT_RUNS:
        return None
    means = [fmean(grade(it[run]).score for it in arms) for run in range(runs)]
    return max(means) - min(means)
