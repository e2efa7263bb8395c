"""One report of a session, from its beginning to where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Final

from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.curve import Curve
from lifecycle_core.retraining.fingerprint import SHOWN
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.retraining.report import ending, steps
from lifecycle_core.retraining.report.blocks import Commands, Facts, Mood, Report, Said, Section
from lifecycle_core.retraining.report.ending import MOODS, minute, words
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.shadow import Progress
from lifecycle_core.retraining.verification import Verification
from lifecycle_core.spending import Spent
from lifecycle_core.versions.version import Version

LEADS: Final = {
    Status.PROMOTED: "the candidate {new} took the place of version {old}",
    Status.AWAITING_REVIEW: "the candidate {new} waits for a person's decision; version {old} is in production",
    Status.SHADOW_TESTING: "the candidate {new} is tested beside version {old}, which is in production",
}
"""What a session came to, where it is more than that the incumbent stays."""
PAST_DOUBT: Final = 10_000
"""An e-value beyond this is told as more than this: it says no more, and millions read as a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that a report of a session tells.

    analysis : its verdict, or the evidence so far. verified : the stored verdict beside what its rows give; None where there is none.
    """

    session: Session
    incumbent: Version
    candidate: Version | None
    pairs: tuple[Pair, ...]
    evidence_hash: str
    analysis: ShadowAnalysis | None
    progress: Progress | None
    grown: Curve | None
    verified: Verification | None
    spent: Spent
    probation: Probation | None


def report(it: Source) -> Report:
    """The report of a session."""
    session = it.session
    found = (
        steps.beginning(session),
        steps.training_data(session),
        steps.failures(session),
        steps.prompt(session, it.incumbent, it.candidate),
        steps.evaluation(session),
        ending.evidence(it.analysis, it.progress, it.grown),
        ending.verdict(session, it.analysis) if it.analysis is not None else None,
        ending.pairs(session, it.pairs),
        ending.decision(session, it.evidence_hash, it.verified),
        ending.probation(it.probation),
        _further(it),
    )
    return Report(
        title=f"Retraining of {session.variant}",
        outcome=Said(words(session.status).capitalize(), MOODS.get(session.status, Mood.PLAIN)),
        lead=_lead(session),
        figures=tuple(_figures(it)),
        facts=Facts(tuple(_facts(it))),
        sections=tuple(one for one in found if one is not None),
    )


def _lead(it: Session) -> str:
    told = LEADS.get(it.status, "version {old} stays" if not it.open else "version {old} is to be improved")
    lead = told.format(new=it.new_variant, old=it.incumbent_version)
    return f"{lead}: {'; '.join(it.reasons)}" if it.reasons else lead


def _figures(it: Source) -> Iterator[tuple[str, str]]:
    found = it.analysis
    if found is not None and found.incumbent is not None and found.candidate is not None:
        yield "simulated success", f"{found.incumbent.success_rate:.1%} → {found.candidate.success_rate:.1%}"
        shown = f"e = {found.e_better:,.1f}" if found.e_better < PAST_DOUBT else f"e > {PAST_DOUBT:,}"
        yield "evidence of better", f"{shown} of {found.level:.0f}"
        yield "samples", f"{found.n:,}"
    if it.session.evaluation is not None:
        yield "offline score", f"{it.session.evaluation.score:.2f} of {it.session.evaluation.needed:.2f}"
    yield "spent", f"${it.spent.usd:.2f}"


def _facts(it: Source) -> Iterator[tuple[str, str]]:
    session = it.session
    yield "session", session.session_id
    yield "in production then", f"version {it.incumbent.version}, {it.incumbent.content_hash[:SHOWN]}"
    if it.candidate is not None:
        yield "candidate", f"{session.new_variant}, {it.candidate.content_hash[:SHOWN]}"
    yield "began", minute(session.started_at)
    if session.completed_at is not None:
        yield "ended", minute(session.completed_at)
    yield "paid for", f"{it.spent.calls:,} calls, {it.spent.tokens:,} tokens, ${it.spent.usd:.4f}"
    if session.flow_run_id:
        yield "flow run", session.flow_run_id
    yield "seed", str(session.seed)


def _further(it: Source) -> Section:
    """What may be typed next."""
    name = quote(it.session.session_id)
    rows = [(f"lifecycle retrain status {name}", "how it stands now")]
    if it.verified is not None:
        rows.append((f"lifecycle retrain verify {name}", "work the verdict out anew from its samples"))
    if it.session.status is Status.AWAITING_REVIEW:
        answer = f"{name} --evidence {it.evidence_hash[:SHOWN]} --reason WHY"
        rows += [
            (f"lifecycle retrain approve {answer}", "promote it"),
            (f"lifecycle retrain reject {answer}", "keep what is in production"),
        ]
    if it.session.failure_analysis is not None:
        rows.append((f"lifecycle failures show {name}", "the failures, and the conversations behind them"))
    if it.session.success:
        rows.append((f"lifecycle versions rollback {quote(it.session.variant)}", "take it back"))
    return Section(key="further", title="To look further", lead="commands of this installation", blocks=(Commands(tuple(rows)),))
