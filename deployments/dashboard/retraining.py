"""A retraining: its ten steps, its evidence as it grows, whether the test itself is sound, and a person's decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Final

from markupsafe import Markup

from deployments.dashboard.charts import figure, growth, interval
from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import ago, minute, rendered
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.fingerprint import SHOWN
from lifecycle_core.retraining.gate_report import Gate
from lifecycle_core.retraining.report.blocks import Mood, Said, Unit
from lifecycle_core.retraining.report.ending import pairs, words
from lifecycle_core.retraining.report.whole import Source, report
from lifecycle_core.retraining.session import Status

MORE: Final = 200
"""Samples more that an undecided test is offered."""
_BESIDE: Final = ("evidence", "verdict", "pairs", "further")
"""Sections that stand on the page in another form."""
_GATES: Final = {
    "success": "success",
    "escalation": "hand-offs",
    "cost": "cost",
    "difference": "broken scenarios",
    "regressions": "severe regressions",
    "offline": "offline score",
}
_PASSED: Final = {True: ("✓", Mood.GOOD, "passes"), False: ("✕", Mood.BAD, "refuses"), None: ("◐", Mood.DOUBT, "cannot judge")}
_ROOM: Final = 1.15


@dataclass(frozen=True, slots=True)
class Step:
    """One of the ten steps: its state (done, now, open, left out), and what it came to."""

    name: str
    state: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One gate: its sign and word, its sentence, and its interval drawn."""

    name: str
    sign: str
    mood: Mood
    word: str
    sentence: str
    drawing: Markup | None


def page(frame: Frame, it: Source, flow_run: str | None) -> str:
    """The page of a retraining. flow_run : where Prefect shows the run that executes it."""
    session, found = it.session, it.analysis
    told = report(it)
    doubts = tuple(_unsound(it))
    return rendered(
        "retraining.html",
        frame=frame,
        title=told.title,
        told=told,
        it=it,
        session=session,
        typed=quote(session.session_id),
        flow_run=flow_run,
        steps=tuple(_steps(it)),
        gates=tuple(_gates(found.gates)) if found else (),
        health=tuple(_health(found)) if found and found.n else (),
        grown=growth(it.grown) if it.grown and it.grown.points else None,
        awaits=session.status is Status.AWAITING_REVIEW,
        testing=session.status is Status.SHADOW_TESTING,
        unsound=doubts,
        hash=it.evidence_hash[:SHOWN],
        left=None if session.review_deadline_at is None else ago(session.review_deadline_at - frame.at),
        undecided=session.status is Status.INCONCLUSIVE,
        more=MORE,
        more_cost=_cost_of_more(it),
        sides=pairs(session, it.pairs),
        arms=tuple(_arms(found)) if found else (),
        sections=[section for section in told.sections if section.key not in _BESIDE],
    )


def _steps(it: Source) -> Iterator[Step]:
    session = it.session
    learnt, mined, improved, graded = session.training_data, session.failure_analysis, session.prompt_improvement, session.evaluation
    found, test = it.analysis, it.progress
    chosen = "no candidate may be used"
    if improved is not None and improved.choice is not None:
        chosen = improved.why or f"candidate {improved.chosen} of {len(improved.candidates)}"
    done: tuple[tuple[str, bool, str], ...] = (
        ("Begun", True, f"{minute(session.started_at)} by {session.opened_by}"),
        ("Triggers checked", True, ", ".join(words(one) for one in session.trigger.triggers) or session.reason or "by hand"),
        ("Conversations collected", learnt is not None, f"{learnt.size:,}, {learnt.failures:,} of them failed" if learnt else ""),
        ("Failures analysed", mined is not None, f"{len(mined.common_issues)} issues in {mined.total_failures} failures" if mined else ""),
        ("Prompt improved", improved is not None, chosen if improved else ""),
        ("Candidate registered", bool(session.version), session.new_variant or ""),
        ("Graded offline", graded is not None, f"{graded.score:.2f} of {graded.needed:.2f} needed" if graded else ""),
        ("Tested in shadow", session.shadow_analysis is not None, _tested(found, test.sentence if test else "")),
        ("Evidence judged", session.shadow_analysis is not None, words(session.shadow_analysis.verdict) if session.shadow_analysis else ""),
        ("Decided", not session.open, words(session.status) if not session.open else ""),
    )
    going_on = next((number for number, (_, ended, _) in enumerate(done) if not ended), len(done))
    for number, (name, ended, said) in enumerate(done):
        open_state = "now" if number == going_on else "open"
        yield Step(name, "done" if ended else open_state if session.open else "left out", said)


def _tested(found: ShadowAnalysis | None, how_far: str) -> str:
    return how_far or (f"{found.n:,} samples" if found and found.n else "")


def _gates(found: tuple[Gate, ...]) -> Iterator[GateRow]:
    for it in found:
        sign, mood, word = _PASSED[it.passed]
        drawing = None
        if it.value is not None and it.low is not None and it.high is not None:
            span = _ROOM * max(abs(it.low), abs(it.high), abs(it.limit)) or 1.0
            drawing = interval(it.low, it.value, it.high, it.limit, span)
        yield GateRow(name=_GATES.get(it.name, it.name), sign=sign, mood=mood, word=word, sentence=it.sentence, drawing=drawing)


def _health(it: ShadowAnalysis) -> Iterator[tuple[str, Said]]:
    """Whether the test itself is sound: pairing, the incumbent against itself, the judge, the simulator."""
    lost = it.removed / (it.n + it.removed)
    paired = f"{it.n:,} scenarios served by both; {it.removed:,} lost to the infrastructure, for both"
    yield "Pairing", Said(paired, Mood.GOOD if not it.removed else Mood.DOUBT if lost < _MANY else Mood.BAD)
    floor = "nothing tells it" if it.disagreement_rate is None else f"two replays of the incumbent differ in {it.disagreement_rate:.1%}"
    yield "A/A floor", Said(floor, Mood.DOUBT if it.disagreement_rate is None else Mood.GOOD)
    judged = "preferred the incumbent, beyond chance" if it.judged_worse else "does not prefer the incumbent beyond chance"
    yield "Judge", Said(judged, Mood.DOUBT if it.judged_worse else Mood.GOOD)
    if it.simulator_gap is None or it.simulator_gap_low is None or it.simulator_gap_high is None:
        yield "Simulator's gap", Said("nothing tells it: the test's goals have no live outcome", Mood.DOUBT)
    else:
        gap = f"{100 * it.simulator_gap:+.1f} points ({100 * it.simulator_gap_low:+.1f} to {100 * it.simulator_gap_high:+.1f})"
        yield "Simulator's gap", Said(f"{gap} from production on the same scenarios", Mood.PLAIN)


_MANY: Final = 0.1


def _unsound(it: Source) -> Iterator[str]:
    """What must hold before a person may say yes, and does not."""
    if it.verified is not None and not it.verified.holds:
        yield f"the stored verdict is not what its samples give: {it.verified.differences[0]}"
    if it.analysis is not None and it.analysis.harmful:
        yield "the evidence says that the candidate does harm"


def _cost_of_more(it: Source) -> str:
    found = it.analysis
    if found is None or not found.n or not it.spent.usd:
        return "nothing that is known"
    return f"about ${it.spent.usd / found.n * MORE:.2f}"


def _arms(it: ShadowAnalysis) -> Iterator[tuple[str, str, str]]:
    """What both versions came to, a metric a row."""
    now, then = it.incumbent, it.candidate
    if now is None or then is None:
        return
    yield "simulated success", f"{now.success_rate:.1%}", f"{then.success_rate:.1%}"
    yield "hand-offs", f"{now.escalation_rate:.1%}", f"{then.escalation_rate:.1%}"
    yield "cost of a replay", figure(Unit.DOLLARS, now.cost_usd), figure(Unit.DOLLARS, then.cost_usd)
    yield "response time", figure(Unit.SECONDS, now.latency_s), figure(Unit.SECONDS, then.latency_s)
