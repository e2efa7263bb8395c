"""What becomes of a candidate: the shadow test's verdict, a person's answer, or a demand to decide now."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.session import Answer, Event, Force, Review, Status
from lifecycle_core.retraining.verdict import Verdict

EVENTS: Final = MappingProxyType(
    {
        Verdict.PROMOTE: (Event.PROMOTE, Status.PROMOTED),
        Verdict.TO_A_PERSON: (Event.REVIEW_ASKED, Status.AWAITING_REVIEW),
        Verdict.HARM: (Event.ROLL_BACK, Status.ROLLED_BACK),
        Verdict.FUTILE: (Event.ROLL_BACK, Status.ROLLED_BACK),
        Verdict.GATES: (Event.ROLL_BACK, Status.ROLLED_BACK),
        Verdict.INCONCLUSIVE: (Event.LEAVE_UNDECIDED, Status.INCONCLUSIVE),
        Verdict.INVALID: (Event.INVALIDATE, Status.INVALID),
        Verdict.COLLECTING: (None, Status.SHADOW_TESTING),
    }
)
"""What each verdict does to a session, and where that leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a candidate.

    event, status : what moves the session, and where to; no event where it stays in its shadow test.
    reasons : why it is not promoted, or a person asked; empty for a promotion.
    """

    event: Event | None
    status: Status
    reasons: tuple[str, ...] = ()

    @property
    def promote(self) -> bool:
        """Whether the candidate becomes the active version."""
        return self.event is Event.PROMOTE


def decide(analysis: ShadowAnalysis, *, review: Review | None = None, force: Force | None = None, fewest: int = 1) -> Decision:
    """What becomes of the candidate of this analysis.

    review : a person's answer; it decides a test whose evidence is in, and nothing else. Harm and an invalid test are beyond it.
    force : a demand to decide now, by the gates as they stand: one that cannot judge counts as passed. It cannot override evidence of harm.
    fewest : samples before which nothing was ever tested for harm; with fewer force decides nothing, and a verdict stands.

    >>> decide(ShadowAnalysis(verdict=Verdict.PROMOTE, n=100, level=20.0)).status.value
    'promoted'
    """
    if analysis.verdict in {Verdict.HARM, Verdict.INVALID}:
        return _by_verdict(analysis, analysis.verdict)
    if analysis.harmful and (review is not None or force is not None):
        return _by_verdict(analysis, Verdict.HARM)
    if review is not None and analysis.verdict in {Verdict.PROMOTE, Verdict.TO_A_PERSON}:
        return _by_review(review)
    if force is not None:
        return _by_force(analysis, fewest)
    return _by_verdict(analysis, analysis.verdict)


def _by_verdict(analysis: ShadowAnalysis, verdict: Verdict) -> Decision:
    event, status = EVENTS[verdict]
    reasons = analysis.reasons
    if verdict is Verdict.HARM and analysis.verdict is not Verdict.HARM:
        worse = max(analysis.e_worse, analysis.e_worse_escalation)
        reasons = (f"Evidence of harm (e = {worse:,.1f} of {analysis.level:.0f}, after {analysis.n} samples)", *analysis.refusals)
    return Decision(event=event, status=status, reasons=reasons)


def _by_review(review: Review) -> Decision:
    if review.answer is Answer.PROMOTE:
        return Decision(event=Event.PROMOTE, status=Status.PROMOTED)
    return Decision(event=Event.ROLL_BACK, status=Status.ROLLED_BACK, reasons=(f"Rejected by {review.by}: {review.reason}",))


def _by_force(analysis: ShadowAnalysis, fewest: int) -> Decision:
    if analysis.n < fewest and analysis.verdict is not Verdict.COLLECTING:
        return _by_verdict(analysis, analysis.verdict)
    if analysis.n < fewest:
        few = f"{analysis.n} samples are in; {fewest} are the fewest that harm is tested by"
        return Decision(event=None, status=Status.SHADOW_TESTING, reasons=(few,))
    if analysis.refusals:
        return Decision(event=Event.ROLL_BACK, status=Status.ROLLED_BACK, reasons=analysis.refusals)
    return Decision(event=Event.PROMOTE, status=Status.PROMOTED)
