"""The steps of a session told up to its shadow test: why it began, what it learnt from, why conversations fail, what was changed."""

from collections.abc import Iterator
from typing import Final

from lifecycle_core.drift.report import MetricReport
from lifecycle_core.drift.vocabulary import Severity, Status
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.evaluation import EvaluationReport
from lifecycle_core.retraining.failures import Issue
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement
from lifecycle_core.retraining.report.blocks import Block, Change, Items, Mood, Said, Section, Table, cut, row
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.training_data import DataCheck
from lifecycle_core.versions.diff import diff
from lifecycle_core.versions.version import Version

GOAL_CHARACTERS: Final = 100
MOST_QUOTES: Final = 2
SMALL_Q: Final = 0.001
_UNKNOWN: Final = "-"
_FOR: Final = {Split.TRAIN: "learn from", Split.SELECT: "choose by", Split.HELD_OUT: "report on"}
_SEVERE: Final = {Severity.HIGH: Mood.BAD, Severity.MEDIUM: Mood.DOUBT}


def beginning(it: Session) -> Section:
    """Why the session began: by hand, or by the drift that a check found."""
    report = it.trigger.report
    lead = f"begun by {it.opened_by}: {it.reason or it.trigger.reason or 'no reason was given'}"
    blocks: list[Block] = []
    if report is not None:
        blocks.append(Table(("metric", "status", "change", "severity"), tuple(_metric(one) for one in report.metrics), ("change",)))
    if it.trigger.advice:
        blocks.append(Items(it.trigger.advice))
    return Section(key="beginning", title="Why it began", lead=lead, blocks=tuple(blocks))


def training_data(it: Session) -> Section | None:
    """What is learnt from: what was asked of it, a row each, and what was found; None before step 3."""
    found = it.training_data
    if found is None:
        return None
    splits = ", ".join(f"{count:,} to {_FOR[split]}" for split, count in found.splits.items())
    doubles = f"{found.duplicates:,} double{'' if found.duplicates == 1 else 's'}"
    lead = (
        f"{found.size:,} conversations, {found.failures:,} of them failed: {splits}; {doubles} and "
        f"{found.left_out:,} over one customer's share were left out"
    )
    table = Table(("asked", "found", "result"), tuple(row(one.asked, one.found, _result(one)) for one in found.checks))
    return Section(
        key="training-data",
        title="What it learnt from",
        lead=lead,
        blocks=(table,) if table.rows else (),
        simulated=found.simulated,
    )


def failures(it: Session) -> Section | None:
    """What sets failures apart, an issue a row; None before step 4."""
    found = it.failure_analysis
    if found is None:
        return None
    leading = f"{found.common_issues[0].issue}, in {found.common_issues[0].share:.0%} of failures" if found.common_issues else "no issue"
    rows = [_issue(one) for one in found.common_issues]
    rows.append(row("other", f"{found.other.count} ({found.other.share:.0%})", *[""] * (len(_ISSUE) - 2)))
    return Section(
        key="failures",
        title="Why conversations fail",
        lead=f"{found.total_failures} failures and {found.total_successes} successes: {leading}",
        blocks=(Table(_ISSUE, tuple(rows), ("failures", "lift (95%)", "q")),),
        simulated=found.simulated,
    )


def prompt(it: Session, incumbent: Version, candidate: Version | None) -> Section | None:
    """How the candidate's prompt differs and why, and what became of the other proposals; None before step 5."""
    found = it.prompt_improvement
    if found is None:
        return None
    blocks: list[Block] = []
    lead = found.why or "no candidate may be used"
    if candidate is not None and found.choice is not None:
        change = diff(incumbent, candidate)
        lead = f"version {candidate.version}, {change.length_diff:+,} characters{f'; {found.why}' if found.why else ''}"
        blocks.append(Change(change))
        edits = tuple(row(edit.section, edit.action, edit.cites, edit.motive) for edit in found.choice.edits)
        if edits:
            blocks.append(Table(("section", "edit", "issue", "why"), edits))
    if len(found.candidates) > 1 or not blocks:
        proposals = tuple(_proposal(one, found) for one in found.candidates)
        blocks += [Table(("candidate", "edits", "score", "what became of it"), proposals, ("score",))] if proposals else []
    return Section(key="prompt-diff", title="How the prompt was changed", lead=lead, blocks=tuple(blocks), simulated=found.simulated)


def evaluation(it: Session) -> Section | None:
    """The graded cases, those first in which the versions differ most; None before step 7."""
    found = it.evaluation
    if found is None:
        return None
    lead = (
        f"{'passed' if found.passed else 'not passed'}: {found.score:.2f} of {found.needed:.2f} "
        f"(incumbent {found.incumbent_score:.2f}) on {len(found.cases)} cases"
    )
    rows = tuple(
        row(
            cut(one.goal, GOAL_CHARACTERS),
            "failed" if one.failed_live else "booked",
            one.issue or "",
            f"{one.score:.2f}",
            f"{one.incumbent_score:.2f}",
            "; ".join(one.failed),
        )
        for one in found.cases
    )
    table = Table(("case", "live", "issue", "candidate", "incumbent", "failed"), rows, ("candidate", "incumbent"))
    blocks = (table, Items(tuple(_beside(found)))) if rows else (Items(tuple(_beside(found))),)
    return Section(key="evaluation", title="Cases served offline", lead=lead, blocks=blocks, simulated=found.simulated)


def _beside(found: EvaluationReport) -> Iterator[str]:
    """What stands beside an offline score: its interval, its noise, the judge, and what it rests on."""
    yield f"The score's 95% interval is {found.low:.2f} to {found.high:.2f}"
    if found.gain_low is not None and found.gain_high is not None:
        yield f"The gain is {found.gain:+.2f} (95%: {found.gain_low:+.2f} to {found.gain_high:+.2f})"
    if found.incumbent_spread is not None:
        beyond = "more" if found.beyond_spread else "no more"
        yield f"The incumbent's own runs differ by {found.incumbent_spread:.2f}; the gain is {beyond} than that"
    if (judged := found.judged) is not None:
        preferred = f"the candidate in {judged.wins} cases, the incumbent in {judged.losses}"
        yield f"A judge ({judged.model}) prefers {preferred}; {judged.ties} are ties"
    if (customers := found.customers) is not None:
        yield f"Simulated customers kept to their goals in {customers.faithful} of {customers.replays} replays"
    if found.missing_tools:
        yield f"Nothing stands in for the agent's tools {', '.join(found.missing_tools)}"
    if found.lost:
        yield f"{found.lost} cases were lost to the infrastructure"


def _metric(it: MetricReport) -> tuple[Said, ...]:
    drifting = it.status is Status.DRIFT
    severity = Said(it.severity.value, _SEVERE.get(it.severity, Mood.PLAIN)) if it.severity else Said(_UNKNOWN)
    change = _UNKNOWN if it.relative_change is None else f"{it.relative_change:+.1%}"
    status = Said(it.status.value.replace("_", " "), Mood.BAD if drifting else Mood.PLAIN)
    return row(it.metric.value.replace("_", " "), status, change, severity)


def _result(it: DataCheck) -> Said:
    return Said("holds", Mood.GOOD) if it.holds else Said("refuses", Mood.BAD) if it.needed else Said("is short", Mood.DOUBT)


_ISSUE: Final = ("issue", "failures", "lift (95%)", "q", "whose", "quotes")


def _issue(it: Issue) -> tuple[Said, ...]:
    return row(
        str(it.issue),
        f"{it.count} ({it.share:.0%})",
        f"{it.lift:.1f} ({it.lift_low:.1f} to {it.lift_high:.1f})",
        f"{it.q:.3f}" if it.q >= SMALL_Q else f"< {SMALL_Q}",
        str(it.author),
        " / ".join(f"“{words.text}”" for words in it.quotes[:MOST_QUOTES]),
    )


def _proposal(it: Candidate, found: PromptImprovement) -> tuple[Said, ...]:
    edits = ", ".join(f"{edit.action} {edit.section} ({edit.cites})" for edit in it.edits) or _UNKNOWN
    if it.number == found.chosen:
        fate = Said("went on", Mood.GOOD)
    else:
        fate = Said("; ".join(it.refusals), Mood.BAD) if it.refusals else Said("another one scored better, or came first")
    return row(str(it.number), edits, _UNKNOWN if it.score is None else f"{it.score:.2f}", fate)
