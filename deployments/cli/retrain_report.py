"""A retraining session, for people: how far it has come, what its evidence says, and what to do next."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from deployments.cli.shown import NOTHING, coloured, command, minute, number, print_facts, print_table, printable

if TYPE_CHECKING:
    from rich.text import Text

    from lifecycle_core.operations.standing import Standing
    from lifecycle_core.retraining.analysis import ShadowAnalysis
    from lifecycle_core.retraining.evaluation import EvaluationReport
    from lifecycle_core.retraining.improvement import PromptImprovement
    from lifecycle_core.retraining.probations import Probation
    from lifecycle_core.retraining.session import Session

STEPS = ("collecting_data", "analyzing", "improving", "evaluating", "shadow_testing", "awaiting_review")
"""The status words of a session that goes on, in the order of its steps."""
COLOURS = {"promoted": "bold green", "rolled_back": "yellow", "inconclusive": "yellow", "invalid": "red", "failed": "bold red"}


def show(it: "Standing") -> None:
    """Print a session, its evidence, and the command that comes next."""
    session = it.session
    print_facts(_facts(it))
    for line in _mined(session):
        click.echo(line)
    if it.analysis is not None:
        click.echo()
        show_analysis(it.analysis)
    for reason in session.reasons:
        click.echo(f"Because: {printable(reason)}")
    for line in next_of(it):
        click.echo(line)


def progress_of(it: "Standing") -> str:
    """How far a session has come, in words."""
    session = it.session
    words = session.status.value.replace("_", " ")
    if it.progress is not None:
        return f"{words}: {it.progress.sentence}"
    if session.status.value in STEPS[:4]:
        return f"{words}, step {STEPS.index(session.status) + 1} of {len(STEPS)}"
    if session.review_deadline_at is not None and session.open:
        return f"{words} until {minute(session.review_deadline_at)}"
    return words


def evidence_of(it: "Standing") -> str:
    """How far a session has come, and what its evidence says so far, in words."""
    evidence = f", better e = {it.analysis.e_better:,.1f}, worse e = {it.analysis.e_worse:,.1f}" if it.analysis else ""
    return f"{progress_of(it)}{evidence}"


def next_of(it: "Standing") -> Iterator[str]:
    """The command that comes next, and the one that undoes what was done."""
    session = it.session
    name = session.session_id
    if session.status == "awaiting_review":
        yield f"Next: {command('retrain', 'approve', name, '--reason', 'WHY')} (or reject)"
        yield f"See:  {command('retrain', 'review', name)}"
    elif session.status == "shadow_testing":
        in_time = it.analysis is not None and it.analysis.verdict != "collecting"
        yield f"Next: {command('retrain', 'finalize', name) if in_time else command('shadow', 'status')}"
        yield f"Undo: {command('retrain', 'cancel', name)}"
    elif session.open:
        yield f"Next: {command('retrain', 'status', name)}"
        yield f"Undo: {command('retrain', 'cancel', name)}"
    elif session.success:
        yield f"Next: {command('drift', 'check', session.variant)}"
        yield f"Undo: {command('versions', 'rollback', session.variant)}"
    else:
        verified = session.shadow_analysis is not None
        yield f"Next: {command('retrain', 'verify', name) if verified else command('retrain', 'check', session.variant)}"


def show_analysis(it: "ShadowAnalysis") -> None:
    """Print what a shadow test says: its gates, its evidence, its verdict."""
    sides = f": success {it.incumbent.success_rate:.1%} to {it.candidate.success_rate:.1%}" if it.incumbent and it.candidate else ""
    simulated = ", simulated" if it.simulated else ""
    click.echo(f"Shadow test after {number(it.n)} samples{simulated}{sides}")
    if it.gates:
        print_table(("gate", "says", ""), ((gate.name, gate.sentence, _passed(gate.passed)) for gate in it.gates))
    level = f"of {it.level:.0f}"
    click.echo(f"Evidence: better e = {it.e_better:,.1f} {level}; worse e = {it.e_worse:,.1f} {level}; futility e = {it.futility:,.1f}")
    for line in _floors(it):
        click.echo(line)
    click.echo(f"Verdict: {it.verdict.value.replace('_', ' ')}")
    if it.note:
        click.echo(f"Note: {it.note}")


def _floors(it: "ShadowAnalysis") -> Iterator[str]:
    """What the candidate breaks beside what the incumbent would, and how far the simulator is from production."""
    if it.breakage is not None:
        broken = it.breakage
        floor = "nothing tells reliably what" if broken.floor is None else f"{broken.floor:.1%} is what"
        measured = f"; {broken.measured:.1%} of {broken.twice} served twice" if broken.measured is not None else ""
        yield f"Broken: {broken.share:.1%} of scenarios; {floor} the incumbent would break of itself{measured}"
    if it.simulator_gap is not None and it.simulator_gap_low is not None and it.simulator_gap_high is not None:
        interval = f"95%: {100 * it.simulator_gap_low:+.1f} to {100 * it.simulator_gap_high:+.1f}"
        yield f"Simulator: {100 * it.simulator_gap:+.1f} points of success from production on the same scenarios ({interval})"


def show_list(found: "list[Standing] | tuple[Standing, ...]") -> None:
    """Print sessions in a table, each in a row."""
    print_table(
        ("session", "began", "candidate", "in place of", "state", "because"),
        (
            (
                it.session.session_id,
                minute(it.session.started_at),
                it.session.new_variant or NOTHING,
                f"version {it.session.incumbent_version}",
                _state(it),
                "; ".join(it.session.reasons) or it.session.reason or NOTHING,
            )
            for it in found
        ),
    )


def _facts(it: "Standing") -> Iterator[tuple[str, str]]:
    session = it.session
    yield "session", session.session_id
    yield "variant", f"{session.variant}, version {session.incumbent_version} to be improved"
    yield "state", progress_of(it)
    yield "began", f"{minute(session.started_at)} by {session.opened_by}: {session.reason or NOTHING}"
    if session.training_data is not None:
        data = session.training_data
        yield "learnt from", f"{number(data.size)} conversations, {number(data.failures)} of them failed"
    if session.new_variant is not None:
        yield "candidate", f"{session.new_variant}{_simulated(session.prompt_improvement)}"
    if session.evaluation is not None:
        score = session.evaluation
        told = f"{score.score:.2f} over {len(score.cases)} cases, incumbent {score.incumbent_score:.2f}, needs {score.needed:.2f}"
        yield "offline", f"{told}{_simulated(score)}"
    yield "spent", f"{number(it.spent.calls)} calls, {number(it.spent.tokens)} tokens, ${it.spent.usd:.4f}"
    if session.flow_run_id is not None:
        yield "flow run", f"{_run(session)}{f', revived {session.attempts} times' if session.attempts else ''}"
    if session.review is not None:
        yield "reviewed", f"{session.review.answer} by {session.review.by}: {session.review.reason}"
    if session.force is not None:
        yield "forced", f"by {session.force.by}: {session.force.reason}"
    if session.completed_at is not None:
        yield "ended", minute(session.completed_at)
    yield "report", command("report", "retrain", session.session_id, "--output", "report.html")
    if it.probation is not None:
        yield "probation", f"{it.probation.status.value.replace('_', ' ')}, until {minute(it.probation.ends_at)} at the latest"
        yield from _watched(it.probation)


def _run(session: "Session") -> str:
    """Where Prefect shows the run that executes a session."""
    from deployments.wire.sessions import LinksWire
    from tasks import context

    return LinksWire.of(session, context.settings().prefect_url).flow_run or NOTHING


def _watched(it: "Probation") -> Iterator[tuple[str, str]]:
    """What a probation has seen: the comparison that decides, the one shown beside it, and what customers say."""
    seen = it.watched
    if seen is None or seen.booking_rate is None:
        return
    before = f"; before its drift {it.healthy.rate:.1%}" if it.healthy is not None else ""
    yield "live", f"books {seen.booking_rate:.1%} of {number(seen.n)}; version {it.previous_version} {it.bookings.rate:.1%}{before}"
    yield "harm", f"e = {seen.e_harm:,.1f} of {seen.level:.0f}"
    if seen.rating is not None:
        yield "rated", f"{seen.rating:.1f} by {number(seen.rated)} customers"


def _simulated(it: "PromptImprovement | EvaluationReport | None") -> str:
    return ", simulated" if it is not None and it.simulated else ""


def _mined(session: "Session") -> Iterator[str]:
    analysis = session.failure_analysis
    for issue in analysis.common_issues if analysis is not None else ():
        yield f"Issue: {printable(issue.issue)}, {issue.share:.2%} of failures, {issue.lift:.1f} times as often as in successes"
    for improvement in session.prompt_improvement.improvements if session.prompt_improvement is not None else ():
        yield f"Advice: {printable(improvement)}"


def _state(it: "Standing") -> "Text":
    return coloured(progress_of(it), COLOURS.get(it.session.status.value, ""))


def _passed(passed: bool | None) -> "Text":  # noqa: FBT001 - a gate's answer
    words, style = ("a person decides", "yellow") if passed is None else ("passes", "green") if passed else ("refuses", "red")
    return coloured(words, style)
