"""The offline evaluation: cases served again by candidate and incumbent, each graded by named assertions that code checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from pydantic import TypeAdapter

from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.faithfulness import Faithfulness, faithfulness
from lifecycle_core.replay.setting import Outcome, reached
from lifecycle_core.replay.wants import SERVICES
from lifecycle_core.retraining import conduct, speech
from lifecycle_core.retraining.cases import Asserted, Case, CaseSource
from lifecycle_core.retraining.dialogue import AGENT, Dialogue
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.judge import Judgement
from lifecycle_core.statistics.intervals import critical, mean_interval, wilson
from lifecycle_core.statistics.levels import t_of_normal

INCUMBENT_RUNS: Final = 2
"""How often the incumbent serves each case at least: an unchanged prompt moves by itself, and its spread stands beside the gain."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that a good replay does: its name, and the check."""

    name: str
    holds: Callable[[Replay, Dialogue], bool]


SERVING: Final = 0.5
"""What serving the customer weighs; all other assertions share the rest."""
SERVES: Final = {
    Outcome.BOOKED: "books what was wanted, or hands over where the customer asked for it",
    Outcome.HANDED_OVER: "hands over to a person",
    Outcome.CANCELLED: "cancels what stood",
    Outcome.NOTHING: "books nothing and hands nothing over",
}
"""What it is to serve, by how a case has to end."""
CONDUCT: Final = (
    Assertion("books nothing that is taken and was not looked up", lambda _, it: conduct.taken_unchecked(it) is None),
    Assertion("answers the question for the price", lambda _, it: speech.price_unanswered(it) is None),
    Assertion("books no time that nobody named", lambda _, it: conduct.books_unnamed_time(it) is None),
    Assertion("asks for nothing that was said", lambda _, it: (speech.asks_what_was_said(it) or speech.same_question(it)) is None),
    Assertion("tries again or another way where a call fails", lambda _, it: conduct.error_unhandled(it) is None),
)
"""What is asserted of every replay beside serving the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How a replay did: from 0 to 1, and the assertions that it failed, by name."""

    score: float
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """One case: what each arm came to over its replays, and what the candidate failed.

    failed_live : the conversation behind it failed; issue : the mined issue that it showed; source : where it comes from.
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
    source: CaseSource = CaseSource.MINED

    @property
    def difference(self) -> float:
        """The candidate's score less the incumbent's."""
        return self.score - self.incumbent_score


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """What the offline evaluation came to; the cases in which the arms differ most come first.

    score : the mean over cases, from 0 to 1, with its 95% interval (low, high).
    incumbent_spread : the widest gap between the incumbent's own runs over the same cases; None with one run.
    gain_low, gain_high : the 95% interval of the gain, over cases; None with one case.
    needed : what `score` must reach; lost : cases that the infrastructure took; reused : replays that were served before, for nothing.
    customers : how faithful the simulated customers were; judged : what a model that somebody chose prefers; None where nobody did.
    missing_tools : the agent's tools that nothing stands in for.
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
    gain_low: float | None = None
    gain_high: float | None = None
    reused: int = 0
    customers: Faithfulness | None = None
    judged: Judgement | None = None
    missing_tools: tuple[str, ...] = ()

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


def grade(replay: Replay, case: Case | None = None) -> Grade:
    """How a replay did, by what its case asserts and by what is asserted of all; one that the agent's model broke has 0.

    Serving the customer is half of it, and all other assertions share the other half.

    >>> silent = Replay(scenario_id="s", replay=0, booked=False, escalated=False, cost_usd=None, input_tokens=None, output_tokens=None,
    ...     latency_s=None)
    >>> grade(silent).score, grade(silent).failed
    (0.5, ('books what was wanted, or hands over where the customer asked for it',))
    """
    outcome, asserted = (case.scenario.outcome, case.asserted) if case is not None else (Outcome.BOOKED, Asserted())
    others = [*CONDUCT, *_assertions(asserted)]
    if replay.broken_by is not None:
        return Grade(score=0.0, failed=(SERVES[outcome], *(it.name for it in others)))
    told = Dialogue.of(replay)
    failed = [it.name for it in others if not it.holds(replay, told)]
    serves = reached(outcome, booked=replay.booked, stands=replay.stands, escalated=replay.escalated)
    serves |= outcome is Outcome.BOOKED and replay.escalated and speech.asked_for_a_person(told)
    score = SERVING * serves + (1 - SERVING) * (1 - len(failed) / len(others))
    return Grade(score=round(score, 9), failed=tuple(failed) if serves else (SERVES[outcome], *failed))


def _assertions(it: Asserted) -> list[Assertion]:
    """What one case asserts, a name and a check each."""
    calls = [Assertion(f"calls {', then '.join(it.calls)}", lambda replay, _: _in_order(it.calls, replay))] if it.calls else []
    return [*calls, *map(_never_calls, it.never_calls), *map(_says, it.says), *map(_never_says, it.never_says)]


def _never_calls(name: str) -> Assertion:
    return Assertion(f"never calls {name}", lambda replay, _: not _in_order([name], replay))


def _says(text: str) -> Assertion:
    return Assertion(f"says “{text}”", lambda _, told: _said(told, text))


def _never_says(text: str) -> Assertion:
    return Assertion(f"never says “{text}”", lambda _, told: not _said(told, text))


def _in_order(wanted: Sequence[str], replay: Replay) -> bool:
    """Whether these are called in this order, others between them; by the names of tools, or by what they do."""
    made = iter(zip(replay.actions, replay.acts or [""] * len(replay.actions), strict=True))
    return all(any(name in call for call in made) for name in wanted)


def _said(told: Dialogue, text: str) -> bool:
    return any(text.lower() in said.lower() for said in told.said_by(AGENT))


def evaluate(
    cases: Sequence[Case],
    candidate: Mapping[str, Sequence[Replay]],
    incumbent: Mapping[str, Sequence[Replay]],
    needed: float = 0.8,
    services: tuple[str, ...] = SERVICES,
) -> EvaluationReport:
    """Grade the replays of both arms: case -> replays.

    needed : the policy's `min_evaluation_score`; services : what the agent's tools can book. The interval is Wilson's with the sum of the
    scores for successes: a graded score varies no more than a yes or no of the same mean, so that it covers at least as often as it says.
    That of the gain is Student's, over the cases' differences: what a case is hard for both cancels.

    Raises RetrainingRefusedError where no case was served by both.
    """
    reports, served = [], []
    for case in cases:
        ours, theirs = (_whole(arm.get(case.id, ())) for arm in (candidate, incumbent))
        if ours and theirs:
            reports.append(_report(case, ours, theirs))
            served.append((case, ours, theirs))
    if not reports:
        message = (
            f"none of {len(cases)} cases was served by both prompts; see that the model can be reached, and that conversations have goals"
        )
        raise RetrainingRefusedError(message)
    low, high = wilson(sum(it.score for it in reports), len(reports), critical(CONFIDENCE))
    gain_low, gain_high = _gain_interval([it.difference for it in reports])
    return EvaluationReport(
        cases=tuple(sorted(reports, key=lambda it: (-abs(it.difference), not it.failed_live, it.id))),
        score=fmean(it.score for it in reports),
        low=float(low),
        high=float(high),
        incumbent_score=fmean(it.incumbent_score for it in reports),
        incumbent_spread=spread([(case, theirs) for case, _, theirs in served]),
        needed=needed,
        lost=len(cases) - len(reports),
        simulated=any(it.simulated for _, *arms in served for arm in arms for it in arm),
        gain_low=gain_low,
        gain_high=gain_high,
        customers=faithfulness(((case.scenario, it) for case, *arms in served for arm in arms for it in arm), services),
    )


def spread(arm: Sequence[tuple[Case, Sequence[Replay]]]) -> float | None:
    """How far the means of an arm's runs over all cases lie apart, as many runs as every case has; None with one run."""
    runs = min(len(it) for _, it in arm)
    if runs < INCUMBENT_RUNS:
        return None
    means = [fmean(grade(it[run], case).score for case, it in arm) for run in range(runs)]
    return max(means) - min(means)


def _whole(replays: Sequence[Replay]) -> list[Replay]:
    return [it for it in replays if it.broken_by != "infrastructure"]


def _gain_interval(differences: Sequence[float]) -> tuple[float | None, float | None]:
    n = len(differences)
    if n < 2:  # noqa: PLR2004 - one case varies with nothing
        return None, None
    z = t_of_normal(critical(CONFIDENCE), n - 1)
    low, high = mean_interval(n, sum(differences), sum(it * it for it in differences), z)
    return float(low), float(high)


def _report(case: Case, ours: Sequence[Replay], theirs: Sequence[Replay]) -> CaseReport:
    grades, other = [grade(it, case) for it in ours], [grade(it, case) for it in theirs]
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
        source=case.source,
    )
