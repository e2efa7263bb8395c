"""A retraining as it goes: mined failures, the new prompt, the evaluation, and the evidence of its shadow test, sample by sample."""

from collections.abc import Callable
from typing import Final

from deployments.demo.stage import Stage, expect
from lifecycle_core.operations import shadow, versions_asked
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.session import Session
from tasks import context

STEPPED_WITHIN_S: Final = 240.0
TESTED_WITHIN_S: Final = 300.0
_LINE_EVERY: Final = 10
_SHOWN_CASES: Final = 4
_GOAL_CHARACTERS: Final = 70
_WANT: Final = "You want "
"""Who a customer is stands before it in a goal, masked."""
_QUOTE_CHARACTERS: Final = 44


def tell_failures(stage: Stage, session_id: str) -> None:
    """What sets failures apart from successes."""
    it = _when(stage, session_id, "failures were not analyzed", lambda it: it.failure_analysis is not None)
    found = it.failure_analysis
    if found is None or it.training_data is None:
        return
    expect(bool(found.common_issues), "no issue was mined")
    data = it.training_data
    stage.screen.fact(
        f"Mined: {data.size} conversations of version {it.incumbent_version}, {data.failures} of them failed. What failures show:"
    )
    rows = [
        (
            str(one.issue),
            f"{one.share:.0%}",
            f"{one.lift:.1f}x",
            f"{one.lift_low:.1f} to {one.lift_high:.1f}",
            f"“{one.quotes[0].text[:_QUOTE_CHARACTERS]}”" if one.quotes else "",
        )
        for one in found.common_issues
    ]
    stage.screen.table(("issue", "of failures", "lift", "95%", "for example"), rows)
    stage.screen.fact("Lift: how many times as often in failures as in successes.")


def tell_prompt(stage: Stage, session_id: str) -> None:
    """The new prompt as a diff, and who wrote it."""
    it = _when(stage, session_id, "no candidate was registered", lambda it: it.version > 0)
    improvement = it.prompt_improvement
    if improvement is None:
        return
    usable = sum(one.usable for one in improvement.candidates)
    expect(improvement.simulated, "the scripted writer wrote nothing")
    stage.screen.fact(
        f"Written by the scripted writer, asked through the `openai` client as any model is: {len(improvement.candidates)} candidates,"
    )
    stage.screen.fact(f"of which {usable} passed the gates. Chosen was {improvement.why}. As a diff:")
    stage.screen.diff(versions_asked.diff(context.database(), it.variant, it.incumbent_version, it.version).unified)


def tell_evaluation(stage: Stage, session_id: str) -> None:
    """The offline evaluation: held-out goals, graded by code."""
    it = _when(stage, session_id, "the candidate was not evaluated", lambda it: it.evaluation is not None)
    report = it.evaluation
    if report is None:
        return
    stage.screen.fact(
        f"Offline evaluation on {len(report.cases)} goals held out: {report.score:.2f}, {report.needed:.2f} is needed; "
        f"version {it.incumbent_version} has {report.incumbent_score:.2f}"
    )
    rows = [
        (
            f"{case.goal[max(0, case.goal.find(_WANT)) :][:_GOAL_CHARACTERS]}…",
            case.issue or "",
            f"{case.incumbent_score:.2f}",
            f"{case.score:.2f}",
        )
        for case in report.cases[:_SHOWN_CASES]
    ]
    stage.screen.table(("where they differ most", "issue", f"v{it.incumbent_version}", f"v{it.version}"), rows)
    expect(report.passed, f"the candidate's score is {report.score:.2f}, and {report.needed:.2f} is needed")


def follow_test(stage: Stage, session_id: str) -> ShadowAnalysis:
    """The evidence as it grows: -> the verdict."""
    _when(stage, session_id, "the shadow test has not begun", lambda it: it.shadow_started_at is not None)
    lines = -1

    def grown() -> ShadowAnalysis | None:
        nonlocal lines
        it = stage.session(session_id)
        found = it.shadow_analysis or shadow.analysis(context.database(), session_id, context.now())
        if found.incumbent and found.candidate:
            evidence = f"e = {found.e_better:,.1f} for better, {found.e_worse:,.1f} for worse, of {found.level:.0f}"
            served = f"booked {found.incumbent.success_rate:.0%} → {found.candidate.success_rate:.0%}"
            words = f"{found.n:3} customers served by v{it.incumbent_version} and v{it.version}: {served}; {evidence}"
            worth = found.n // _LINE_EVERY > lines or it.shadow_analysis is not None
            stage.screen.grow(words, worth_a_line=worth)
            lines = found.n // _LINE_EVERY
        expect(it.open or it.shadow_analysis is not None, f"the session ended {it.status}: {'; '.join(it.reasons)}")
        return it.shadow_analysis

    return stage.until(grown, TESTED_WITHIN_S, "the shadow test has no verdict")


def ended(stage: Stage, session_id: str) -> Session:
    """The session, once it has ended."""

    def over() -> Session | None:
        it = stage.session(session_id)
        return None if it.open else it

    return stage.until(over, STEPPED_WITHIN_S, "the session has not ended")


def _when(stage: Stage, session_id: str, otherwise: str, done: Callable[[Session], bool]) -> Session:
    """The session, once a step of it is done; raises SetupError where it ends before."""

    def stepped() -> Session | None:
        it = stage.session(session_id)
        if done(it):
            return it
        expect(it.open, f"the session ended {it.status}: {'; '.join(it.reasons)}")
        return None

    return stage.until(stepped, STEPPED_WITHIN_S, otherwise)
