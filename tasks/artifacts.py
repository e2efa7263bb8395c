"""What a retraining leaves on Prefect's pages: one artifact for each kind, under few fixed keys.

Its description begins with variant, session and result. Customers' words stand as they are, and draw and link nothing.
"""

from typing import Final
from urllib.parse import quote

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from lifecycle_core.operations.arms import Arms
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.shadow import Progress
from lifecycle_core.versions.diff import diff
from tasks import context
from tasks.markdown import cell, literal, literal_cell, table, wrapped_diff

TRAINING_DATA: Final = "training-data"
FAILURES: Final = "failures"
PROMPT_DIFF: Final = "prompt-diff"
EVALUATION: Final = "evaluation"
EVIDENCE: Final = "evidence"
VERDICT: Final = "verdict"
WIDE: Final = 100
MOST_QUOTES: Final = 2
_FOR: Final = {Split.TRAIN: "learn from", Split.SELECT: "choose by", Split.HELD_OUT: "report on"}
SMALL_Q: Final = 0.001


def leave_training_data(it: Session) -> None:
    """What is learnt from: what was asked of it, a row each, and what was found."""
    found = it.training_data
    if found is None:
        return
    splits = ", ".join(f"{count:,} to {_FOR[split]}" for split, count in found.splits.items())
    result = (
        f"{found.size:,} conversations, {found.failures:,} of them failed: {splits}; {found.duplicates:,} doubles and "
        f"{found.left_out:,} over one customer's share were left out"
    )
    rows = [
        {"asked": cell(one.asked), "found": cell(one.found), "result": "holds" if one.holds else "refuses" if one.needed else "is short"}
        for one in found.checks
    ]
    create_table_artifact(key=TRAINING_DATA, table=rows, description=_head(it, result, simulated=found.simulated))


def leave_failures(it: Session) -> None:
    """What sets failures apart: an issue a row."""
    found = it.failure_analysis
    if found is None:
        return
    leading = f"{found.common_issues[0].issue}, in {found.common_issues[0].share:.0%} of failures" if found.common_issues else "no issue"
    rows = [
        {
            "issue": str(one.issue),
            "failures": f"{one.count} ({one.share:.0%})",
            "lift (95%)": f"{one.lift:.1f} ({one.lift_low:.1f} to {one.lift_high:.1f})",
            "q": f"{one.q:.3f}" if one.q >= SMALL_Q else f"< {SMALL_Q}",
            "whose": str(one.author),
            "quotes": cell(" / ".join(f"“{words.text}”" for words in one.quotes[:MOST_QUOTES])),
        }
        for one in found.common_issues
    ]
    rows.append({"issue": "other", "failures": f"{found.other.count} ({found.other.share:.0%})"} | dict.fromkeys(_NO_LIFT, ""))
    result = f"{found.total_failures} failures and {found.total_successes} successes: {leading}"
    create_table_artifact(key=FAILURES, table=rows, description=_head(it, result, simulated=found.simulated))


def leave_prompt_diff(arms: Arms) -> None:
    """How the candidate's prompt differs, and why."""
    it, improvement = arms.session, arms.session.prompt_improvement
    if arms.candidate is None or improvement is None or improvement.choice is None:
        return
    difference = diff(arms.incumbent, arms.candidate)
    edits = [
        [literal_cell(edit.section), edit.action, literal_cell(edit.cites), literal_cell(edit.motive)] for edit in improvement.choice.edits
    ]
    result = f"version {arms.candidate.version}, {difference.length_diff:+,} characters; {literal(improvement.why)}"
    parts = [
        _rest(it, simulated=improvement.simulated),
        wrapped_diff(difference.unified, WIDE),
        table(["section", "edit", "issue", "why"], edits),
    ]
    create_markdown_artifact(key=PROMPT_DIFF, markdown="\n\n".join(parts), description=_first(it, result))


def leave_evaluation(it: Session) -> None:
    """The graded cases, those first in which the versions differ most."""
    report = it.evaluation
    if report is None:
        return
    rows = [
        {
            "case": cell(case.goal[:WIDE]),
            "live": "failed" if case.failed_live else "booked",
            "issue": case.issue or "",
            "candidate": f"{case.score:.2f}",
            "incumbent": f"{case.incumbent_score:.2f}",
            "failed": "; ".join(case.failed),
        }
        for case in report.cases
    ]
    passed = "passed" if report.passed else "not passed"
    result = f"{passed}: {report.score:.2f} of {report.needed:.2f} (incumbent {report.incumbent_score:.2f}) on {len(rows)} cases"
    create_table_artifact(key=EVALUATION, table=rows, description=_head(it, result, simulated=report.simulated))


def leave_evidence(it: Session, so_far: ShadowAnalysis, how_far: Progress) -> None:
    """The evidence as it grows."""
    result = f"{so_far.verdict}: {how_far.sentence}"
    create_markdown_artifact(
        key=EVIDENCE,
        markdown="\n\n".join([_rest(it, simulated=so_far.simulated), evidence_table(so_far), so_far.note]),
        description=_first(it, result),
    )


def leave_verdict(it: Session) -> None:
    """What came of the session, with every gate."""
    found = it.shadow_analysis
    result = f"{it.status.value}: {'; '.join(it.reasons)}" if it.reasons else it.status.value
    parts = [_rest(it, simulated=found is not None and found.simulated)]
    if found is not None:
        parts += [f"Verdict **{found.verdict}** after {found.n} samples", evidence_table(found), gates_table(found), found.note]
    create_markdown_artifact(key=VERDICT, markdown="\n\n".join(parts), description=_first(it, literal(result)))


def evidence_table(found: ShadowAnalysis) -> str:
    """The e-values, and what both versions came to."""
    rows = [
        ["better", f"{found.e_better:,.2f} of {found.level:.0f}"],
        ["worse", f"{found.e_worse:,.2f} of {found.level:.0f}"],
        ["worse in hand-offs", f"{found.e_worse_escalation:,.2f} of {found.level:.0f}"],
        ["futile", f"{found.futility:,.2f}"],
    ]
    if found.incumbent is not None and found.candidate is not None:
        rows.append(["simulated success", f"{found.incumbent.success_rate:.1%} → {found.candidate.success_rate:.1%}"])
        rows.append(["simulated hand-offs", f"{found.incumbent.escalation_rate:.1%} → {found.candidate.escalation_rate:.1%}"])
    return table(["evidence", "e"], rows)


def gates_table(found: ShadowAnalysis) -> str:
    """Each gate, whether it passes, and its sentence."""
    said = {True: "passes", False: "refuses", None: "cannot judge"}
    return table(["gate", ""], [[f"{gate.name}: {said[gate.passed]}", literal_cell(gate.sentence)] for gate in found.gates])


def where(it: Session) -> str:
    """Where to read on."""
    return f"[Session]({context.settings().api_url}/api/lifecycle/retraining/history?variant={quote(it.variant, safe='')})"


def _head(it: Session, result: str, *, simulated: bool) -> str:
    return f"{_first(it, result)}  \n{_rest(it, simulated=simulated)}"


def _rest(it: Session, *, simulated: bool) -> str:
    return where(it) + ("  \nSimulated: a scripted model had a part in this." if simulated else "")


def _first(it: Session, result: str) -> str:
    return f"**{literal(it.variant)}** · {literal(it.session_id)} · {result}"


_NO_LIFT: Final = ("lift (95%)", "q", "whose", "quotes")
